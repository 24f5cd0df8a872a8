"""What earlier runs decided, so that a run with more sources leaves it as it is.

A file of the index holds a number for every shot that was decided on, made of its id and its
signature, and the rows of those that another shot stands for. A shot whose signature changed, or
whose representative is gone, is new again; so is every shot when the options change, or with
`dedup.reconsider`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from schemas.outcomes import Outcome
from schemas.table import Row
from stages.base import Corpus
from stages.dedup.config import DedupConfig
from stages.dedup.search import GONE, NEW, STANDS
from stages.dedup.store import SliceFile, write_slices

_FILE = "decided"


class Memory:
    """Decisions of earlier runs, and those of this one."""

    def __init__(self, options: str, seen: set[int], gone: dict[str, Row]) -> None:
        self._options = options
        self._seen = seen
        self._gone = gone
        self.followers = Counter(
            row["cluster_id"] for row in gone.values() if row["cluster_id"] != row["shot_id"]
        )
        """Per cluster, how many earlier shots are in it beside the best one."""
        self.standing = {row["representative_id"] for row in gone.values()}
        self._numbers: list[int] = []
        self._rows: list[Row] = []
        self._by_id: dict[str, int] = {}

    @classmethod
    def load(cls, corpus: Corpus, config: DedupConfig) -> Memory:
        """What the run folder holds; nothing, where it is not to be used."""
        fields = config.semantic()
        reconsider = fields.pop("reconsider")
        for name in ("concepts", "concept_seed", "semantic_copies", "semantic_similarity"):
            del fields[name]  # concepts are made anew in every run
        options = json.dumps(fields, sort_keys=True)
        if reconsider:
            return cls(options, set(), {})
        try:
            file = SliceFile(corpus, _FILE)
        except FileNotFoundError:
            return cls(options, set(), {})
        if file.read(0, 1).decode() != options:
            return cls(options, set(), {})
        seen = set(np.frombuffer(file.read(1, 2), "<u8").tolist())
        rows = json.loads(file.read(2, 3))
        present = set(_present(corpus, seen))
        gone = {row["shot_id"]: row for row in rows if row["representative_id"] in present}
        seen -= {row["number"] for row in rows if row["shot_id"] not in gone}
        return cls(options, seen, gone)

    @property
    def gone(self) -> set[str]:
        """Ids of the shots that another one stood for in an earlier run."""
        return set(self._gone)

    def state(self, shot_id: str, signature: bytes | None) -> int:
        """What was decided on a shot (see `search.STANDS`)."""
        number = _number(shot_id, signature)
        self._by_id[shot_id] = number
        if number not in self._seen:
            return NEW
        return GONE if shot_id in self._gone else STANDS

    def is_kept(self, row: Row) -> bool:
        return self.state(row["shot_id"], row["signature"]) == STANDS

    def earlier(self, row: Row, result: Row) -> Row:
        """A shot's row: the earlier one, where another shot stood for it."""
        if self.state(row["shot_id"], row["signature"]) != GONE:
            return result
        before = dict(self._gone[row["shot_id"]])
        del before["number"]
        return before

    def note(self, rows: Sequence[Row]) -> None:
        """Remember the rows of this run."""
        for row in rows:
            number = self._by_id[row["shot_id"]]
            self._numbers.append(number)
            if row["representative_id"] != row["shot_id"]:
                self._rows.append(row | {"number": number})

    def store(self, corpus: Corpus) -> list[str]:
        """Write the file; gives its name."""
        slices = [
            self._options.encode(),
            np.array(sorted(self._numbers), "<u8").tobytes(),
            json.dumps(self._rows, sort_keys=True).encode(),
        ]
        write_slices(corpus, _FILE, slices)
        return [_FILE]


def _present(corpus: Corpus, seen: set[int]) -> list[str]:
    return [
        row["shot_id"]
        for unit_id in corpus.units
        for row in corpus.unit(unit_id).rows("shots", Outcome.KEPT)
        if _number(row["shot_id"], row["signature"]) in seen
    ]


def _number(shot_id: str, signature: bytes | None) -> int:
    digest = blake2b(shot_id.encode() + b"\0" + (signature or b""), digest_size=8).digest()
    return int.from_bytes(digest, "little")
