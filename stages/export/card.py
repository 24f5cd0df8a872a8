"""The dataset card: what is in the folder, for people and for the Hugging Face hub. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import yaml

from stages.export.summary import Summary

_HUB_LICENCES = {
    "apache-2.0", "bsd-3-clause", "cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "mit",
}  # fmt: skip
"""Ids of the hub that a declared licence is recognised as, when it is spelled like one."""

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)

_FIELDS = (
    ("key", "id of the sample; the members of a sample are KEY.mp4, .json, .txt, .jpg"),
    ("source", "the video it was cut from: uri, SHA-256, title, licence, the caller's own columns"),
    (
        "span",
        "start_s and end_s in the source; frames and PTS of the shot, with their time base; "
        "scale (0: a shot) and parent_id, the key of the longer clip that contains it",
    ),
    (
        "video",
        "width, height, n_frames, hidden_frames, duration_s, fps (average), has_audio, mode, "
        "SHA-256; crop_px: "
        "black border that was cut off, left, right, top, bottom",
    ),
    ("caption", "the chosen caption, who wrote it (teacher, model), why it was chosen"),
    ("texts", "language → text, status (original, auto, flagged, edited), model, score, is_demo"),
    ("candidates", "every caption of every teacher, with its outcome and reason"),
    ("filters", "what each rule measured on the clip, its limit, and whether it passed"),
    ("dedup", "shots of the run that show the same footage, this one among them"),
)


def dataset_card(
    name: str, summary: Summary, languages: Sequence[str], shards: Sequence[str]
) -> str:
    """The README.md of the dataset folder."""
    parts = [
        _front_matter(name, summary, languages, shards),
        f"# {_inline(name)}",
        _opening(summary, len(shards)),
        *([_demo_note(summary)] if summary.demo_models else []),
        *([_hiding_note(summary)] if summary.n_hiding else []),
        "## Texts",
        _table(
            ("language", "samples with a text", "flagged", "by a demo model"),
            (
                (tag, summary.texts[tag], summary.flagged[tag], summary.demo[tag])
                for tag in languages
            ),
        ),
        "## Who wrote the chosen captions",
        _table(("teacher", "samples"), sorted(summary.teachers.items())),
        "## Licences, as the sources declare them",
        _table(
            ("licence", "samples"),
            ((text or "none declared", n) for text, n in sorted(summary.licences.items())),
        ),
        "## Files",
        _FILES,
        "## Fields of KEY.json",
        _table(("field", "content"), _FIELDS),
        'Every sample has every field with the same type. What is not known is `""`, `0` or '
        "`false`; `manifest.parquet` has null there.",
        *(["## Loading", _loading(shards)] if shards else []),
    ]
    return "\n\n".join(parts) + "\n"


def hub_licence(licences: Iterable[str]) -> str:
    """The hub's id of the one licence that all sources declare; otherwise "other"."""
    ids = {"-".join(text.lower().replace("_", " ").split()) for text in licences}
    (only,) = ids if len(ids) == 1 else ("other",)
    return only if only in _HUB_LICENCES else "other"


def _front_matter(
    name: str, summary: Summary, languages: Sequence[str], shards: Sequence[str]
) -> str:
    size = next((label for most, label in _SIZES if summary.n_samples < most), "100M<n<1B")
    meta: dict[str, object] = {
        "pretty_name": name,
        "language": [tag for tag in languages if summary.texts[tag] and tag != "und"],
        "license": hub_licence(summary.licences),
        "size_categories": [size],
        "task_categories": ["text-to-video", "video-text-to-text"],
        "tags": ["webdataset", "video", "multilingual", "polyreel"],
    }
    if shards:
        files = {"split": "train", "path": "shard-*.tar"}
        meta["configs"] = [{"config_name": "default", "data_files": [files]}]
    text = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{text}---"


def _opening(summary: Summary, n_shards: int) -> str:
    if not summary.n_samples:
        return (
            "This dataset is empty: no clip passed every stage. The run's report says why "
            "(`report/index.html`, or `polyreel inspect`)."
        )
    return (
        f"{summary.n_samples} video clips ({summary.duration_s / 60:.1f} minutes, "
        f"{summary.size_bytes / 1e6:.1f} MB in {n_shards} shard{'s' * (n_shards != 1)}) from "
        f"{len(summary.source_ids)} source videos, with texts in "
        f"{sum(1 for n in summary.texts.values() if n)} languages. Made with Polyreel."
    )


def _hiding_note(summary: Summary) -> str:
    return (
        f"> **Edit lists.** {summary.n_hiding} of the clips are packets of their source as they "
        "are, and an edit list says which of their frames are shown: `n_frames`. Read them with "
        "something that follows edit lists, such as FFmpeg, PyAV or OpenCV. Other readers see "
        "`hidden_frames` more, before and after, and another shot may be in them."
    )


def _demo_note(summary: Summary) -> str:
    models = ", ".join(f"`{_inline(model)}`" for model in sorted(summary.demo_models))
    return (
        "> **Demonstration texts.** Some texts were written by demonstration models "
        f"({models}), which show how the pipeline works and are not good enough to train on. "
        "They are marked `is_demo` in every row and every JSON."
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_inline(cell) for cell in line) + " |" for line in lines)


def _inline(value: object) -> str:
    """Text from outside, made harmless inside a Markdown line or table cell."""
    text = " ".join(str(value).split())
    for mark in "\\|`<>*[]":
        text = text.replace(mark, "\\" + mark)
    return text


def _loading(shards: Sequence[str]) -> str:
    """How to read the folder, with the shards that are there."""
    numbers = [name.removeprefix("shard-").removesuffix(".tar") for name in shards]
    urls = f"shard-{{{numbers[0]}..{numbers[-1]}}}.tar" if len(numbers) > 1 else "shard-000000.tar"
    return _LOADING.replace("SHARDS", urls)


_FILES = """\
- `shard-NNNNNN.tar`: the samples, in shuffled order (WebDataset).
- `shard-NNNNNN.parquet`: one row per sample of that tar; `mp4_offset` and `mp4_size_bytes` say
  where the video lies in the tar, so that one sample can be read with a single range request.
- `manifest.parquet`: the rows of all shards.
- `wids.json`: index for random access with the `wids` package, with checksums of the shards.
- `croissant.json`: description of the manifest in MLCommons Croissant."""

_LOADING = """\
```python
import webdataset
dataset = webdataset.WebDataset("SHARDS", shardshuffle=False)
for sample in dataset.decode():
    sample["mp4"], sample["json"]["texts"], sample["txt"]
```

```python
from datasets import Video, load_dataset
dataset = load_dataset("webdataset", data_files={"train": "shard-*.tar"}, split="train")
dataset = dataset.cast_column("mp4", Video(decode=False))  # bytes; decoding needs torchcodec
```

```python
import duckdb
duckdb.sql("SELECT key, text, languages FROM 'manifest.parquet' WHERE duration_s > 3")
```"""
