"""What the dataset says of one sample: the JSON member of the tar and its manifest row. Pure.

The JSON has the same fields with the same types in every sample and never a null: readers such
as Hugging Face `datasets` take the types of the whole dataset from its first five samples, and a
field that is null or an empty list there cannot hold anything else later. What is not known is
"", 0 or false; `manifest.parquet` and the run's tables keep it apart as null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from schemas.clips import SAMPLES, text_column
from schemas.outcomes import TextScope
from schemas.table import Row, rounded

_DIGITS = 6
_SCORES = ("consensus", "specificity", "alignment", "total")


@dataclass(frozen=True)
class Tables:
    """The rows of one unit that a sample is made of, found by their ids."""

    sources: Mapping[str, Row]
    shots: Mapping[str, Row]
    clips: Sequence[Row]
    captions: Mapping[str, Sequence[Row]]
    """Candidates of each shot, as `with_choices` joins them."""
    selections: Mapping[str, Row]
    translations: Mapping[str, Sequence[Row]]
    """Translations of each shot."""
    verdicts: Mapping[str, Sequence[Row]]
    """Verdicts of each shot, the clip's own and its texts'."""
    kept_texts: Set[str]
    """Ids of the texts that the filter and the balance kept."""
    dedup: Mapping[str, Row]


def sample_languages(tables: Tables, shot_id: str) -> set[str]:
    """Every language in which a shot has or was to have a text."""
    spoken = {row["language"] for row in _chosen(tables, shot_id)}
    return spoken | {row["language"] for row in tables.translations.get(shot_id, ())}


def kept_texts(tables: Tables, shot_id: str) -> dict[str, dict[str, Any]]:
    """Language -> text that passed its own verdict; a caption goes before its translations. Of
    several chosen ones the first to show gives all its texts, and the next only languages that are
    still missing, so that a sample's texts say the same as far as they can."""
    kept = _kept_by_caption(tables, shot_id)
    texts: dict[str, dict[str, Any]] = {}
    for row in _to_show(_chosen(tables, shot_id), kept):
        texts = kept[row["caption_id"]] | texts
    return texts


def _kept_by_caption(tables: Tables, shot_id: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Chosen caption_id -> language -> kept text of that caption, as the verdict says that it is
    to be used, first chosen first."""
    passed = {
        verdict["text_id"]: verdict["text"]
        for verdict in tables.verdicts.get(shot_id, ())
        if verdict["scope"] == TextScope.TEXT and verdict["text_id"] in tables.kept_texts
    }
    translations = sorted(
        tables.translations.get(shot_id, ()), key=lambda row: str(row["translation_id"])
    )
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for chosen in _chosen(tables, shot_id):
        caption_id = chosen["caption_id"]
        texts: dict[str, dict[str, Any]] = {}
        for row in translations:
            of_it = row["caption_id"] == caption_id and row["translation_id"] in passed
            if of_it and row["text"]:
                used = row | {"text": passed[row["translation_id"]] or row["text"]}
                texts.setdefault(row["language"], _text(used, row["status"], row["score"]))
        if caption_id in passed and chosen["text"]:
            used = chosen | {"text": passed[caption_id] or chosen["text"]}
            texts[chosen["language"]] = _text(used, "original", None)
        kept[caption_id] = texts
    return kept


def sample_json(
    tables: Tables, clip: Row, languages: Sequence[str], cluster: Sequence[str]
) -> dict[str, Any]:
    """The content of KEY.json. `languages`: all of the dataset; `cluster`: ids of the shots that
    show the same, this one among them."""
    shot_id = clip["shot_id"]
    source = tables.sources[clip["source_id"]]
    texts = kept_texts(tables, shot_id)
    no_text = _text({}, "", None)
    record = {
        "key": shot_id,
        "schema_version": SAMPLES.version,
        "source": {
            "id": source["source_id"],
            "uri": source["uri"],
            "key": source["key"],
            "sha256": source["content_sha256"] or "",
            "title": source["title"] or "",
            "licence": source["licence"] or "",
            "extra_json": source["extra_json"] or "",
        },
        "span": _span(tables.shots[shot_id], clip),
        "video": {
            "width": clip["width"],
            "height": clip["height"],
            "crop_px": list(clip["crop_px"] or (0, 0, 0, 0)),
            "n_frames": clip["n_frames"],
            "hidden_frames": clip["hidden_frames"] or 0,
            "duration_s": float(clip["duration_s"]),
            "fps": _fps(clip),
            "has_audio": clip["has_audio"],
            "mode": clip["mode"],
            "sha256": clip["sha256"],
        },
        "caption": _caption(tables, shot_id),
        "captions": _captions(tables, shot_id, languages),
        "texts": {language: texts.get(language, no_text) for language in languages},
        "candidates": [_candidate(row) for row in tables.captions.get(shot_id, ())],
        "filters": _filters(tables, shot_id),
        "dedup": {"cluster_size": len(cluster), "shot_ids": list(cluster)},
    }
    clean: dict[str, Any] = rounded(record, _DIGITS)
    return clean


def to_bytes(record: Mapping[str, Any]) -> bytes:
    """JSON that is the same on every machine: sorted, compact, UTF-8."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode()


def plain_text(record: Mapping[str, Any]) -> str:
    """The content of KEY.txt: the chosen caption, or the first kept text where it was dropped."""
    caption: str = record["caption"]["text"]
    if caption:
        return caption
    kept = (text["text"] for _, text in sorted(record["texts"].items()) if text["text"])
    return next(kept, "")


def manifest_row(record: Mapping[str, Any]) -> Row:
    """The sample's manifest row, but for its place in the shard."""
    texts = {tag: text["text"] for tag, text in record["texts"].items()}
    caption, video, span, source = (record[n] for n in ("caption", "video", "span", "source"))
    return {
        "key": record["key"],
        "sha256": video["sha256"],
        "source_id": source["id"],
        "uri": source["uri"],
        "title": source["title"] or None,
        "licence": source["licence"] or None,
        "start_s": span["start_s"],
        "end_s": span["end_s"],
        "scale": span["scale"],
        "parent_id": span["parent_id"] or None,
        "duration_s": video["duration_s"],
        "width": video["width"],
        "height": video["height"],
        "crop_px": video["crop_px"] if any(video["crop_px"]) else None,
        "n_frames": video["n_frames"],
        "hidden_frames": video["hidden_frames"],
        "has_audio": video["has_audio"],
        "teacher": caption["teacher"],
        "language": caption["language"],
        "text": caption["text"] or None,
        "is_demo": any(text["is_demo"] for text in record["texts"].values()),
        "languages": [tag for tag, text in texts.items() if text],
        "n_captions": sum(any(each["texts"].values()) for each in record["captions"]),
        **{text_column(tag): text or None for tag, text in texts.items()},
    }


def _chosen(tables: Tables, shot_id: str) -> list[Row]:
    """The chosen captions, first the one that the selection names, the others by their rank."""
    selection = tables.selections.get(shot_id)
    if selection is None:
        return []
    first = selection["caption_id"]
    rows = [
        row
        for row in tables.captions.get(shot_id, ())
        if row["selected"] or row["caption_id"] == first
    ]
    return sorted(rows, key=lambda row: (row["caption_id"] != first, row["rank"] or 0))


def _caption(tables: Tables, shot_id: str) -> dict[str, Any]:
    """The first chosen caption that passed its own verdict. Where none did it is the first one,
    with the text ""."""
    kept = _kept_by_caption(tables, shot_id)
    shown: Row = next(iter(_to_show(_chosen(tables, shot_id), kept)), {})
    selection = tables.selections.get(shot_id, {})
    return {
        "text": _own_text(shown, kept),
        "language": shown.get("language", ""),
        "teacher": shown.get("teacher", ""),
        "style": shown.get("style", ""),
        "model": shown.get("model") or "",
        "is_demo": bool(shown.get("is_demo")),
        "policy": selection.get("policy", ""),
        "why": selection.get("why", ""),
    }


def _captions(tables: Tables, shot_id: str, languages: Sequence[str]) -> list[dict[str, Any]]:
    """Every chosen caption, first chosen first, each with its own kept texts in all languages
    of the dataset; more than one only where the policy keeps several."""
    kept = _kept_by_caption(tables, shot_id)
    return [
        {
            "teacher": row["teacher"],
            "style": row["style"],
            "language": row["language"],
            "text": _own_text(row, kept),
            "is_demo": bool(row["is_demo"]),
            "texts": {
                tag: kept[row["caption_id"]].get(tag, {}).get("text", "") for tag in languages
            },
        }
        for row in _chosen(tables, shot_id)
    ]


def _to_show(chosen: Sequence[Row], kept: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Captions that passed their own verdicts before those that did not."""
    return sorted(chosen, key=lambda row: not _own_text(row, kept))


def _own_text(caption: Row, kept: Mapping[str, Mapping[str, Any]]) -> str:
    """A caption in its own language; "" when its verdict dropped it."""
    own = kept.get(caption.get("caption_id", ""), {}).get(caption.get("language", ""), {})
    return str(own["text"]) if own.get("status") == "original" else ""


def _text(row: Mapping[str, Any], status: str | None, score: float | None) -> dict[str, Any]:
    return {
        "text": row.get("text") or "",
        "status": status or "",
        "model": row.get("model") or "",
        "score": float(score or 0.0),
        "is_demo": bool(row.get("is_demo")),
    }


def _candidate(row: Row) -> dict[str, Any]:
    scores = row["caption_scores"] or {}
    return {
        "teacher": row["teacher"],
        "style": row["style"],
        "language": row["language"] or "",
        "text": row["text"] or "",
        "model": row["model"] or "",
        "confidence": float(row["confidence"] or 0.0),
        "is_demo": row["is_demo"],
        "selected": row["selected"],
        "rank": row["rank"] or 0,
        "scores": {name: float(scores.get(name) or 0.0) for name in _SCORES},
        "flags": " ".join(row["flags"] or ()),
        "outcome": row["outcome"],
        "reason": row["reason"] or "",
    }


def _filters(tables: Tables, shot_id: str) -> list[dict[str, Any]]:
    """Every rule that measured the clip itself, in rule order."""
    return [
        {
            "rule": score["rule"],
            "value": float(score["value"]),
            "limit": float(score["limit"] or 0.0),
            "enabled": score["limit"] is not None,
            "passed": bool(score["passed"]),
        }
        for verdict in tables.verdicts.get(shot_id, ())
        if verdict["scope"] == TextScope.CLIP
        for score in verdict["scores"] or ()
        if score["value"] is not None
    ]


def _span(shot: Row, clip: Row) -> dict[str, Any]:
    return {
        "start_s": float(clip["start_s"]),
        "end_s": float(clip["end_s"]),
        "shot_start_frame": shot["start_frame"],
        "shot_end_frame": shot["end_frame"],
        "shot_start_pts": shot["start_pts"],
        "shot_end_pts": shot["end_pts"],
        "time_base": shot["time_base"],
        "scale": shot["scale"],
        "parent_id": shot["parent_id"] or "",
    }


def _fps(clip: Row) -> float:
    """Frames per second on average."""
    return float(clip["n_frames"] / clip["duration_s"]) if clip["duration_s"] > 0 else 0.0
