"""One unit of three shots, as the stages before captioning leave it behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.commits import Commit, Commits, TableCommit, column_digests, count_endings
from pipeline.testing import local_worker
from pipeline.worker import part_path
from schemas.tables import TABLES
from stages.base import kept

SHOTS = ("h1", "h2", "h3")


def hand_made(root: Path, title: str = "A dog") -> None:
    """What ingest, split and dedup leave behind: unit u1 in a run at `root`."""
    worker = local_worker(root)
    measured: dict[str, Any] = {"motion": 6.0, "saturation": 90.0, "sharpness": 300.0}
    measured |= {"pan_x": 0.0, "pan_y": 0.0, "zoom": 0.0, "shake": 0.0, "colours": ["green"]}
    shots = [
        dict.fromkeys(TABLES["shots"].column_names)
        | {c.name: 0 if "int" in str(c.type) else 0.0 if "double" in str(c.type) else "x"
           for c in TABLES["shots"].columns if c.required}
        | {"shot_id": name, "source_id": "s1", "start_frame": i * 50, "end_frame": i * 50 + 50,
           "start_s": 2.0 * i, "end_s": 2.0 * i + 2, "keyframes": [],
           "brightness": (20.0, 120.0, 200.0)[i]}
        | measured | kept()
        for i, name in enumerate(SHOTS)
    ]  # fmt: skip
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {
        "ingest": {
            "sources": [{"source_id": "s1", "uri": "u", "key": "k", "title": title} | kept()],
            "cues": [],
        },
        "split": {"splits": [{"source_id": "s1", "detector": "content"} | kept()], "shots": shots},
        "dedup": {
            "dedup": [
                {"source_id": "s1", "shot_id": name, "cluster_id": name, "relation": "unique",
                 "representative_id": name, "cluster_size": 1} | kept()
                for name in SHOTS
            ]
        },
    }  # fmt: skip
    for stage, tables in rows.items():
        commit = Commit("made by hand")
        for name, found in tables.items():
            table, path = TABLES[name].to_arrow(found), part_path(name, "u1")
            worker.storage.write_table(path, table)
            commit.tables[name] = TableCommit(
                path, table.num_rows, column_digests(table), count_endings(table)
            )
        Commits(worker.storage).write(stage, "u1", commit)
    worker.close()
