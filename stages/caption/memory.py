"""What the teachers said of a unit the last time, so that none is asked the same thing twice.

A unit is done again when a server was away, a budget was spent or a teacher was added. Each row of
`captions` therefore holds the hash of everything that decided it: the teacher with its settings
and models, what the stage reads of the unit, and what the teacher heard of others. A teacher whose
hash is still the same is not asked again, unless one of its candidates failed.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from schemas.outcomes import RESUMABLE, Outcome
from schemas.table import Row
from stages.base import Worker
from stages.caption.teacher import Candidate, Clip, Teacher


class Memory:
    """Earlier candidates of one unit, by teacher and hash."""

    def __init__(
        self, version: int, inputs_sha256: str, named_by: str | None, before: Iterable[Row]
    ) -> None:
        """`version`: the stage's; `inputs_sha256`: of all that it reads of the unit; `named_by`:
        hash of the model that names languages; `before`: the rows of `captions` that it wrote of
        the unit the last time."""
        self._facts = {"stage": version, "inputs": inputs_sha256, "languages": named_by}
        self._said: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
        for row in before:
            self._said[row["teacher"], row["made_from"] or ""].append(Candidate.of_row(row))

    def key(self, teacher: Teacher[Any], clips: Sequence[Clip], worker: Worker) -> str:
        """The hash of what decides a teacher's candidates. `clips`: as it is shown them."""
        facts = self._facts | {
            "teacher": [teacher.name, teacher.version, list(teacher.styles)],
            "config": teacher.config.model_dump(mode="json"),
            "models": {name: worker.model_sha256(name) for name in teacher.models()},
            "heard": [_told(candidate) for clip in clips for candidate in clip.heard],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def of(self, teacher: Teacher[Any], key: str) -> list[Candidate] | None:
        """What a teacher said under this hash; None when it has to be asked."""
        said = self._said.get((teacher.name, key))
        if not said or any(map(_is_open, said)):
            return None
        return said


def _is_open(candidate: Candidate) -> bool:
    return candidate.outcome == Outcome.FAILED or candidate.reason in RESUMABLE


def _told(candidate: Candidate) -> list[str | None]:
    """What one teacher may know of another's candidate, in a form for hashing."""
    return [candidate.caption_id, candidate.text, candidate.outcome, candidate.reason]
