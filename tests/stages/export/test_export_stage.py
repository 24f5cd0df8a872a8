"""The exported folder: what it holds, who can read it, and that it is the same each time."""

from __future__ import annotations

import importlib.util
import json
import sys
import tarfile
import types
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow.parquet as pq
import pytest
import yaml
from export_rows import LANGUAGES, TEXTS, FakeRun, make_clip

from pipeline.testing import run_corpus_stage
from stages.export.card import dataset_card, hub_licence
from stages.export.config import ExportConfig
from stages.export.stage import ExportStage
from stages.export.summary import Summary

T = TypeVar("T")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clip"))


def export(root: Path, clip: bytes, units: dict[str, int], **options: Any) -> Path:
    fake = FakeRun(root, clip)
    for unit_id, n_clips in units.items():
        fake.unit(unit_id, n_clips, bare=(0, 2, 4, 6, 8, 10))
    run_corpus_stage(ExportStage(ExportConfig(**options)), root, fake.units)
    return root / "dataset"


@pytest.fixture(scope="module")
def dataset(clip: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """27 samples in several shards; the first ones of the source order lack what can lack."""
    root = tmp_path_factory.mktemp("run")
    return export(root, clip, {"u0": 14, "u1": 13}, max_samples_per_shard=8)


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_folder_holds_shards_manifests_index_and_card(dataset: Path) -> None:
    shards = [f"shard-{i:06d}" for i in range(4)]
    assert sorted(read_all(dataset)) == sorted(
        ["README.md", "croissant.json", "manifest.parquet", "wids.json"]
        + [f"{name}.{ending}" for name in shards for ending in ("parquet", "tar")]
    )
    assert not list((dataset.parent / "state" / "export-staging").iterdir())


def test_an_export_that_ends_half_way_leaves_no_manifest_of_the_one_before(
    clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = {"u0": 4}
    assert (export(tmp_path, clip, units) / "manifest.parquet").exists()

    def die(worker: object, spec: object) -> None:
        raise InterruptedError("the power went")

    monkeypatch.setattr("stages.export.stage.write_shard", die)
    with pytest.raises(InterruptedError, match="the power went"):
        export(tmp_path, clip, units, shuffle_seed=7)
    assert not (tmp_path / "dataset" / "manifest.parquet").exists()


def test_manifest_rows_point_at_the_bytes_of_the_videos(dataset: Path, clip: bytes) -> None:
    import hashlib

    rows = pq.read_table(dataset / "manifest.parquet").to_pylist()
    assert len({row["key"] for row in rows}) == len(rows) == 27
    for row in rows:
        data = (dataset / row["shard"]).read_bytes()
        mp4 = data[row["mp4_offset"] : row["mp4_offset"] + row["mp4_size_bytes"]]
        assert mp4.startswith(clip)
        assert hashlib.sha256(mp4).hexdigest() == row["sha256"]


def test_shard_manifests_together_are_the_manifest_in_the_order_of_the_tars(dataset: Path) -> None:
    rows: list[dict[str, Any]] = []
    for path in sorted(dataset.glob("shard-*.parquet")):
        part = pq.read_table(path).to_pylist()
        with tarfile.open(path.with_suffix(".tar")) as tar:
            names = [member.name for member in tar]
        assert names[2::4] == [f"{row['key']}.mp4" for row in part]
        assert [row["index"] for row in part] == list(range(len(part)))
        rows += part
    assert rows == pq.read_table(dataset / "manifest.parquet").to_pylist()


def test_headers_of_the_tars_say_nothing_of_the_machine(dataset: Path) -> None:
    with tarfile.open(dataset / "shard-000000.tar") as tar:
        for member in tar:
            about = (member.mtime, member.uid, member.gid, member.uname, member.gname, member.mode)
            assert about == (0, 0, 0, "", "", 0o644)


def test_texts_are_the_ones_whose_verdicts_kept_them(dataset: Path) -> None:
    rows = {row["key"]: row for row in pq.read_table(dataset / "manifest.parquet").to_pylist()}
    full = rows["u0-shot001"]
    assert full["text"] == full["text_en"] == "A man rides a horse"
    assert full["text_ar"] is None
    assert full["text_zh_hant"] == TEXTS["zh-Hant"]
    assert full["languages"] == ["en", "es", "zh-Hant"]
    assert full["is_demo"]
    bare = rows["u0-shot000"]
    assert (bare["text"], bare["title"], bare["licence"]) == (None, None, None)
    assert bare["languages"] == []
    assert not bare["is_demo"]


def test_webdataset_reads_it(dataset: Path) -> None:
    import webdataset

    shards = [str(path) for path in sorted(dataset.glob("*.tar"))]
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode())
    assert len(samples) == 27
    full = next(sample for sample in samples if sample["__key__"] == "u1-shot003")
    assert full["txt"] == "A man rides a horse"
    assert full["json"]["texts"]["es"]["text"] == TEXTS["es"]
    assert full["json"]["candidates"][0]["reason"] == "no_speech"
    assert full["jpg"][:2] == b"\xff\xd8"


@pytest.mark.parametrize("streaming", [True, False])
def test_hugging_face_datasets_reads_it_offline(
    dataset: Path, streaming: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(
        "webdataset",
        data_files={"train": str(dataset / "shard-*.tar")},
        split="train",
        streaming=streaming,
        cache_dir=str(tmp_path),
    )
    features = {name: kind for name, kind in loaded.features.items() if name in ("mp4", "jpg")}
    assert [type(kind).__name__ for kind in features.values()] == ["Image", "Video"]
    rows = list(loaded.cast_column("mp4", datasets.Video(decode=False)))
    assert len(rows) == 27
    full = next(row for row in rows if row["__key__"] == "u0-shot001")
    assert full["mp4"]["bytes"][4:8] == b"ftyp"
    assert full["json"]["source"]["title"] == "A ride | at dusk"
    assert full["json"]["texts"]["zh-Hant"]["text"] == TEXTS["zh-Hant"]


@pytest.fixture
def wids(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The package. It imports torch for its base classes and for distributed training only, so
    without torch two empty classes will do."""
    if importlib.util.find_spec("torch") is None:
        names = ("torch", "torch.distributed", "torch.utils", "torch.utils.data")
        stubs = {name: types.ModuleType(name) for name in names}
        stubs["torch"].distributed = stubs["torch.distributed"]  # type: ignore[attr-defined]
        for base in ("Dataset", "Sampler"):
            kind = types.new_class(base, (Generic[T],))
            setattr(stubs["torch.utils.data"], base, kind)
        for name, stub in stubs.items():
            monkeypatch.setitem(sys.modules, name, stub)
    yield pytest.importorskip("wids")
    for name in [name for name in sys.modules if name == "wids" or name.startswith("wids.")]:
        del sys.modules[name]


def test_wids_reads_it_by_number(dataset: Path, wids: types.ModuleType, tmp_path: Path) -> None:
    loaded = wids.ShardListDataset(
        str(dataset / "wids.json"), cache_dir=str(tmp_path), transformations=[], keep=True
    )
    rows = pq.read_table(dataset / "manifest.parquet").to_pylist()
    assert len(loaded) == 27
    for number in (0, 9, 26):
        sample = loaded[number]
        assert sample["__key__"] == rows[number]["key"]
        assert json.loads(sample[".json"].read())["key"] == rows[number]["key"]


def test_the_index_states_the_shards_as_they_are(dataset: Path) -> None:
    import hashlib

    index = json.loads((dataset / "wids.json").read_bytes())
    assert index["wids_version"] == 1
    for shard in index["shardlist"]:
        data = (dataset / shard["url"]).read_bytes()
        assert shard["filesize"] == len(data)
        assert shard["md5sum"] == hashlib.md5(data).hexdigest()
    described = json.loads((dataset / "croissant.json").read_bytes())
    files = {file["name"]: file["sha256"] for file in described["distribution"]}
    for name, sha256 in files.items():
        assert hashlib.sha256((dataset / name).read_bytes()).hexdigest() == sha256


def test_every_json_has_the_same_fields_of_the_same_types(dataset: Path) -> None:
    shapes = set()
    for path in dataset.glob("*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".json"):
                    file = tar.extractfile(member)
                    assert file is not None
                    data = file.read()
                    assert b"null" not in data
                    shapes.add(shape(json.loads(data)))
    assert len(shapes) == 1


def shape(value: Any) -> str:
    """Names and types of a JSON value; an empty list has none."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{shape(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        (only,) = {shape(item) for item in value}
        return f"[{only}]"
    return type(value).__name__


def test_two_exports_have_the_same_bytes(dataset: Path, clip: bytes, tmp_path: Path) -> None:
    again = export(tmp_path, clip, {"u0": 14, "u1": 13}, max_samples_per_shard=8)
    assert read_all(again) == read_all(dataset)


def test_a_smaller_export_leaves_nothing_of_the_larger_one(clip: bytes, tmp_path: Path) -> None:
    export(tmp_path, clip, {"u0": 5}, max_samples_per_shard=1)
    again = export(tmp_path, clip, {"u0": 5}, max_samples_per_shard=3)
    assert [path.name for path in sorted(again.glob("*.tar"))] == [
        "shard-000000.tar",
        "shard-000001.tar",
    ]


def test_no_sample_gives_a_valid_empty_dataset(clip: bytes, tmp_path: Path) -> None:
    folder = export(tmp_path, clip, {"u0": 0})
    assert pq.read_table(folder / "manifest.parquet").num_rows == 0
    assert "key" in pq.read_schema(folder / "manifest.parquet").names
    assert json.loads((folder / "wids.json").read_bytes())["shardlist"] == []
    card = (folder / "README.md").read_text()
    assert "This dataset is empty" in card
    assert "configs" not in yaml.safe_load(card.split("---")[1])


def test_the_card_tells_counts_licences_and_demo_models(dataset: Path) -> None:
    card = (dataset / "README.md").read_text()
    meta = yaml.safe_load(card.split("---")[1])
    assert meta["language"] == ["en", "es", "zh-Hant"]
    assert meta["size_categories"] == ["n<1K"]
    assert set(LANGUAGES) > set(meta["language"]) - {"en"}
    assert "| es | 15 | 0 | 15 |" in card
    assert "demo-mt" in card
    assert "| CC BY 4.0 |" in card
    assert "Edit lists" not in card


def test_the_card_tells_that_files_hold_frames_that_they_do_not_show() -> None:
    summary = Summary()
    for n_hidden in (0, 4, 7):
        record = defaultdict(str, texts={}, caption={"teacher": "visual"})
        record["source"] = {"id": "s", "licence": ""}
        record["video"] = {"duration_s": 1.0, "hidden_frames": n_hidden}
        summary.add(record, 1000)
    assert "**Edit lists.** 2 of the clips" in dataset_card("x", summary, [], [])


@pytest.mark.parametrize(
    ("declared", "hub"),
    [
        ({"CC BY 4.0"}, "cc-by-4.0"),
        ({"cc0-1.0"}, "cc0-1.0"),
        ({"CC BY 4.0", ""}, "other"),
        ({"All rights reserved"}, "other"),
        (set(), "other"),
    ],
)
def test_the_hub_is_told_a_licence_only_when_all_declare_it(declared: set[str], hub: str) -> None:
    assert hub_licence(declared) == hub
