"""What counts as an input of a stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.commits import Commit, Commits, TableCommit, column_digests
from pipeline.models.cache import ModelCache
from pipeline.runner import Fingerprints
from pipeline.storage import Storage
from schemas.table import Row
from schemas.tables import TABLES
from stages.base import Stage
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.cut.config import CutConfig
from stages.cut.stage import CutStage
from stages.split.config import SplitConfig
from stages.split.stage import SplitStage

SHOT = {
    "shot_id": "h", "source_id": "s", "cluster_id": "h", "representative_id": "h",
    "relation": "unique", "cluster_size": 1,
}  # fmt: skip

SOURCE = {"source_id": "s", "uri": "v.mp4", "key": "v.mp4", "outcome": "kept"}


def fingerprint(root: Path, dedup: Row) -> str | None:
    """Of a stage that reads the kept rows of `dedup`, and declares their ids alone."""
    commits = Commits(Storage(str(root)))
    made = {"ingest": ("sources", "cues"), "split": ("splits", "shots"), "dedup": ("dedup",)}
    for stage, names in made.items():
        tables = {}
        for name in names:
            table = TABLES[name].to_arrow([dedup] if name == "dedup" else [])
            tables[name] = TableCommit(name, table.num_rows, column_digests(table), {})
        commits.write(stage, "u", Commit("made", tables))
    caption = CaptionStage(CaptionConfig(teachers=["metadata"]))
    return Fingerprints(commits, ModelCache(root)).of_unit(caption, "u")


def of_sources(root: Path, stage: Stage[Any], source: Row) -> str | None:
    """Fingerprint of a stage over one source."""
    commits = Commits(Storage(str(root)))
    made = {"ingest": "sources", "split": "shots", "balance": "balance"}
    for maker, name in made.items():
        table = TABLES[name].to_arrow([SOURCE | source] if name == "sources" else [])
        tables = {name: TableCommit(name, table.num_rows, column_digests(table), {})}
        commits.write(maker, "u", Commit("made", tables))
    return Fingerprints(commits, ModelCache(root)).of_unit(stage, "u")


def test_how_the_rows_ended_always_counts(tmp_path: Path) -> None:
    """A stage may ask for the rows that were kept without declaring the column."""
    before = fingerprint(tmp_path, SHOT | {"outcome": "kept"})
    dropped = fingerprint(tmp_path, SHOT | {"outcome": "dropped", "reason": "contained"})
    assert None not in (before, dropped)
    assert before != dropped
    assert fingerprint(tmp_path, SHOT | {"outcome": "kept", "detail": "why"}) == before


def test_where_a_file_lies_does_not_count(tmp_path: Path) -> None:
    """An input that was moved is no other input: ids stand for what is in the files."""
    for stage in (SplitStage(SplitConfig()), CutStage(CutConfig())):
        assert of_sources(tmp_path, stage, {"uri": "a/x.mp4"}) is not None
        assert of_sources(tmp_path, stage, {"uri": "a/x.mp4"}) == of_sources(
            tmp_path, stage, {"uri": "s3://b/x.mp4"}
        )
        assert of_sources(tmp_path, stage, {"uri": "a/x.mp4"}) != of_sources(
            tmp_path, stage, {"uri": "a/x.mp4", "source_id": "other"}
        )
