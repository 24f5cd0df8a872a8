"""Groups of shots whose pictures mean the same (concepts), and shots that are alike by embedding.

A shot's point is the mean embedding of its keyframes. The centres are made by k-means on a seeded
draw of the shots that are no copies (`kmeans`), then every shot joins the nearest one. Within a
concept, shots above `dedup.semantic_similarity` are alike: the better one stands for the others.

Workers read the embeddings and keep the points in files; through the driver go the centres, sums
of points, and pairs that are alike. Concepts are made anew in every run, from all shots of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import Outcome, Reason, Relation
from schemas.table import Row
from stages.base import Corpus, StageError, Units, Worker, dropped
from stages.dedup.config import DedupConfig
from stages.dedup.kmeans import (
    Points,
    Sums,
    as_points,
    like_better_ones,
    moved,
    nearest,
    seed_centres,
    sums_by_centre,
)
from stages.dedup.quality import quality_of
from stages.dedup.settle import read_settled
from stages.dedup.store import SliceFile, write_slices
from stages.split.embedding import unpacked

FOLDER = "state/concepts-staging"

_ROUNDS = 10
_DRAWN_PER_CENTRE = 256
_SEEDS_PER_CENTRE = 8
_TRAINING_TASKS = 16
"""Each gives back sums of all centres, so there are few, however many blocks."""
_POINTS_PER_SEARCH = 20_000


@dataclass(frozen=True)
class EmbedTask:
    """The units of a block of the search, which was settled in `parts`."""

    number: int
    units: tuple[str, ...]
    parts: int
    keep_unsignable: bool


@dataclass(frozen=True)
class TrainTask:
    """The drawn points of some blocks: those whose number is below `below`."""

    blocks: tuple[int, ...]
    seed: int
    below: int


@dataclass(frozen=True)
class SearchTask:
    """Concepts [first, after) of all blocks."""

    first: int
    after: int
    blocks: int
    similarity: float


@dataclass(frozen=True)
class Concepts:
    """What was found: how many shots each concept has. Who is like whom lies in files."""

    config: DedupConfig
    sizes: tuple[int, ...]


class ConceptReader:
    """What is known of the concepts of one block's shots."""

    def __init__(self, worker: Worker, concepts: Concepts, block: int) -> None:
        self._config, self._sizes = concepts.config, concepts.sizes
        self._alike = SliceFile(worker, "alike", FOLDER)
        self._read: dict[int, dict[str, tuple[str, float]]] = {}
        data = SliceFile(worker, f"places-{block}", FOLDER).read(0, 1)
        self._places: dict[str, tuple[int, float]] = json.loads(data)

    def applied(self, row: Row) -> Row:
        """A row with what is known of its shot's concept."""
        drops = self._config.semantic_copies == "drop"
        stands = row["representative_id"]
        if drops and stands != row["shot_id"] and (other := self._like(stands)):
            detail = f"{row['detail']}; {other[0]} stands for that one"
            return row | {"representative_id": other[0], "detail": detail}
        place = self._places.get(row["shot_id"])
        if place is None:
            return row
        concept, cosine = place
        row = row | {
            "concept_id": concept,
            "concept_size": self._sizes[concept],
            "center_similarity": cosine,
        }
        like = self._like(row["shot_id"])
        if like is None:
            return row
        better, similarity = like
        row |= {"semantic_id": better, "semantic_similarity": similarity}
        if drops and row["outcome"] == Outcome.KEPT:
            row |= {"relation": Relation.SEMANTIC, "representative_id": better}
            detail = f"means the same as {better}, which is kept: cosine {similarity:.3f}"
            row |= dropped(Reason.SEMANTIC_DUPLICATE, detail)
        return row

    def _like(self, shot_id: str) -> tuple[str, float] | None:
        at = _slice_of(shot_id, self._alike.count)
        if at not in self._read:
            self._read[at] = json.loads(self._alike.read(at, at + 1))
        return self._read[at].get(shot_id)


def find_concepts(
    corpus: Corpus, config: DedupConfig, blocks: Sequence[tuple[str, ...]], parts: int
) -> Concepts:
    """Concepts of all shots but copies, which another shot stands for: of these blocks of units,
    settled in so many parts. Raises StageError when no shot has an embedding."""
    corpus.remove_except(FOLDER, [])  # of a run that was killed
    tasks = [
        EmbedTask(number, own, parts, config.keep_unsignable) for number, own in enumerate(blocks)
    ]
    counts = list(corpus.map_units(embed, tasks))
    if blocks and not sum(counts):
        raise StageError(
            f"dedup.concepts={config.concepts} needs embeddings, and no shot has one: "
            "set split.embedder"
        )
    if sum(counts):
        _train(corpus, config, counts)
    sizes = [0] * config.concepts
    for own in corpus.map(place, [(number, config.concepts) for number in range(len(blocks))]):
        sizes = [size + more for size, more in zip(sizes, own, strict=True)]
    alike: list[dict[str, tuple[str, float]]] = [{} for _ in range(config.index_slices)]
    if config.semantic_copies != "off":
        edges = _edges(sizes)
        searches = [
            SearchTask(first, after, len(blocks), config.semantic_similarity)
            for first, after in pairwise(edges)
        ]
        for found in corpus.map(search, searches):
            for shot, better, cosine in found:
                alike[_slice_of(shot, config.index_slices)][shot] = (better, cosine)
    write_slices(corpus, "alike", [json.dumps(some).encode() for some in alike], FOLDER)
    return Concepts(config, tuple(sizes))


def _slice_of(shot_id: str, slices: int) -> int:
    return _number(shot_id) * slices >> 64


def _train(corpus: Corpus, config: DedupConfig, counts: Sequence[int]) -> None:
    """Write the file of centres."""
    total, blocks = sum(counts), range(len(counts))

    def tasks(per_centre: int) -> list[TrainTask]:
        below = min(2**64, 2**64 * per_centre * config.concepts // total)
        groups = [tuple(blocks[start::_TRAINING_TASKS]) for start in range(_TRAINING_TASKS)]
        return [TrainTask(group, config.concept_seed, below) for group in groups if group]

    seeds = [seed for found in corpus.map(seeds_of, tasks(_SEEDS_PER_CENTRE)) for seed in found]
    points = np.stack([np.frombuffer(data, "<i2") for _, _, data in sorted(seeds)])
    centres = seed_centres(points, config.concepts, config.concept_seed)
    _write_centres(corpus, centres)
    for _ in range(_ROUNDS):
        sums = sum(corpus.map(sums_of, tasks(_DRAWN_PER_CENTRE)), np.zeros(centres.shape, np.int64))
        after = moved(centres, sums)
        if np.array_equal(after, centres):
            break
        centres = after
        _write_centres(corpus, centres)


def embed(units: Units, task: EmbedTask) -> int:
    """Write the points of a block and what has to be known of their shots; gives how many."""
    settled = read_settled(units, task.parts, task.number)
    vectors, about, place = [], [], 0
    for unit_id in task.units:
        unit = units.unit(unit_id)
        sources = {row["source_id"]: row for row in unit.rows("sources")}
        for row in unit.rows("shots", Outcome.KEPT):
            is_copy = False
            if row["scale"] == 0:
                end, place = settled.get(place), place + 1
                is_copy = end is not None and end.representative_id != row["shot_id"]
            is_lost = row["signature"] is None and not task.keep_unsignable
            vector = _mean(row["embeddings"] or [])
            if vector is not None and not is_copy and not is_lost:
                vectors.append(vector)
                quality = quality_of(row, sources[row["source_id"]])
                about.append([row["shot_id"], row["scale"], *quality.sort_key()])
    points = as_points(np.stack(vectors)) if vectors else np.empty((0, 0), np.int16)
    write_slices(
        units,
        f"points-{task.number}",
        [points.astype("<i2").tobytes(), json.dumps(about).encode()],
        FOLDER,
    )
    return len(about)


def _mean(embeddings: Iterable[bytes]) -> NDArray[np.float64] | None:
    """The mean of the keyframes' vectors; None without any, or where they cancel out."""
    found = [unpacked(data).astype(np.float64) for data in embeddings]
    mean = np.mean(found, axis=0) if found else np.zeros(1)
    return np.asarray(mean) if np.isfinite(mean).all() and np.abs(mean).max() > 0 else None


def seeds_of(worker: Worker, task: TrainTask) -> list[tuple[int, str, bytes]]:
    """(number, shot_id, point) of the drawn points."""
    found = []
    for block in task.blocks:
        points, about = _points(worker, block)
        drawn = _drawn([row[0] for row in about], task)
        found += [(number, about[k][0], points[k].tobytes()) for k, number in drawn]
    return found


def sums_of(worker: Worker, task: TrainTask) -> Sums:
    """Sums of the drawn points by their nearest centre."""
    centres = _centres(worker)
    sums = np.zeros(centres.shape, np.int64)
    for block in task.blocks:
        points, about = _points(worker, block)
        drawn = points[[k for k, _ in _drawn([row[0] for row in about], task)]]
        if len(drawn):
            sums += sums_by_centre(drawn, nearest(drawn, centres)[0], len(centres))
    return sums


def place(worker: Worker, item: tuple[int, int]) -> list[int]:
    """Write which concept each shot of a block is in, and its points by concept; gives how many
    there are of each of so many concepts."""
    block, count = item
    points, about = _points(worker, block)
    labels, cosines = np.empty(0, np.int64), np.empty(0)
    if len(points):
        labels, cosines = nearest(points, _centres(worker))
    places = {
        row[0]: [int(label), round(float(cosine), 6)]
        for row, label, cosine in zip(about, labels, cosines, strict=True)
    }
    write_slices(worker, f"places-{block}", [json.dumps(places).encode()], FOLDER)
    # Clips of larger scales overlap their shots: they are in concepts, and never alike.
    is_shot = np.array([row[1] == 0 for row in about], bool)
    own = [np.flatnonzero((labels == label) & is_shot).tolist() for label in range(count)]
    vectors = [points[some].tobytes() for some in own]
    names = [json.dumps([[about[k][0], *about[k][2:]] for k in some]).encode() for some in own]
    write_slices(worker, f"concepts-{block}", [*vectors, *names], FOLDER)
    return [int(number) for number in np.bincount(labels, minlength=count)]


def search(worker: Worker, task: SearchTask) -> list[tuple[str, str, float]]:
    """(shot_id, the better shot that it is like, cosine) of some concepts."""
    files = [SliceFile(worker, f"concepts-{block}", FOLDER) for block in range(task.blocks)]
    found = []
    for concept in range(task.first, task.after):
        data, about = [], []
        for file in files:
            data.append(file.read(concept, concept + 1))
            other = file.count // 2 + concept
            about += json.loads(file.read(other, other + 1))
        if len(about) < 2:
            continue
        points = np.frombuffer(b"".join(data), "<i2").reshape(len(about), -1)
        order = sorted(range(len(about)), key=lambda k: about[k][1:])
        found += [
            (about[order[worse]][0], about[order[better]][0], round(cosine, 6))
            for worse, better, cosine in like_better_ones(points[order], task.similarity)
        ]
    return found


def _edges(sizes: Sequence[int]) -> list[int]:
    """Where parts of the concepts begin and end that have about _POINTS_PER_SEARCH shots each."""
    edges, held = [0], 0
    for concept, size in enumerate(sizes, 1):
        held += size
        if held >= _POINTS_PER_SEARCH or concept == len(sizes):
            edges.append(concept)
            held = 0
    return edges


def _points(worker: Worker, block: int) -> tuple[Points, list[list[Any]]]:
    """The points of a block, and [shot_id, scale, the sort key of its quality] of each."""
    file = SliceFile(worker, f"points-{block}", FOLDER)
    about = json.loads(file.read(1, 2))
    points = np.frombuffer(file.read(0, 1), "<i2")
    return points.reshape(len(about), -1 if len(about) else 0), about


def _write_centres(worker: Worker, centres: Points) -> None:
    shape = json.dumps(centres.shape).encode()
    write_slices(worker, "centres", [shape, centres.astype("<i2").tobytes()], FOLDER)


def _centres(worker: Worker) -> Points:
    file = SliceFile(worker, "centres", FOLDER)
    return np.frombuffer(file.read(1, 2), "<i2").reshape(json.loads(file.read(0, 1)))


def _drawn(shot_ids: Sequence[str], task: TrainTask) -> list[tuple[int, int]]:
    """(place, number) of the shots whose number is below the task's."""
    numbers = (_number(f"{task.seed} {shot_id}") for shot_id in shot_ids)
    return [(place, number) for place, number in enumerate(numbers) if number < task.below]


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
