"""At most so many clips of one source, drawn by weight so that repeated looks count once.

InternVid's diverse set draws clips with a weight of one over the number of clips beside them.
Here the number is that of the source's clips that look alike: mean pictures that correlate above
`ALIKE` with the first of their group. The draw is that of Efraimidis and Spirakis (2006): the
clips with the largest u ** (1 / w) go on, u uniform in 0..1 made from the seed and the shot's id,
so that the choice depends on no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import dropped
from stages.split.signature import unpack

ALIKE = 0.9


def drawn(
    rows: Sequence[Row], signatures: Mapping[str, bytes | None], most: int, seed: int
) -> list[Row]:
    """The rows, those that are not drawn with a dropped ending. `most` 0: no limit. A clip that is
    joined from shots counts as one more; it has no signature, so nothing looks like it."""
    if most == 0:
        return list(rows)
    out: dict[str, Row] = {}
    for source in sorted({row["source_id"] for row in rows}):
        going = [
            row for row in rows if row["source_id"] == source and row["outcome"] == Outcome.KEPT
        ]
        if len(going) <= most:
            continue
        weights = _weights([signatures.get(row["shot_id"]) for row in going])
        luck = [
            _uniform(row["shot_id"], seed) ** (1 / w) for row, w in zip(going, weights, strict=True)
        ]
        order = sorted(range(len(going)), key=lambda i: (-luck[i], going[i]["shot_id"]))
        detail = (
            f"{len(going)} clips of this source are left, and dedup.max_clips_per_source is {most}"
        )
        for index in order[most:]:
            row = going[index]
            out[row["shot_id"]] = row | dropped(Reason.SOURCE_FULL, detail)
    return [out.get(row["shot_id"], row) for row in rows]


def _weights(signatures: Sequence[bytes | None]) -> list[float]:
    groups: list[NDArray[np.float64]] = []
    of: list[int] = []
    for data in signatures:
        if data is None:
            of.append(-len(of) - 1)
            continue
        mean = unpack(data).film.mean(axis=0).astype(np.float64).ravel()
        mean[0] = 0.0
        mean /= np.sqrt(mean @ mean) + 1e-9
        like = next((i for i, first in enumerate(groups) if float(first @ mean) > ALIKE), None)
        if like is None:
            like = len(groups)
            groups.append(mean)
        of.append(like)
    sizes = Counter(of)
    return [1 / sizes[group] for group in of]


def _uniform(shot_id: str, seed: int) -> float:
    digest = blake2b(f"{seed} {shot_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") + 0.5) / 2**64
