"""Select: the candidates of every clip are scored and put in order, and one, or several, chosen."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row
from stages.base import Failure, StageError, Unit, UnitStage, Worker
from stages.caption.teacher import Candidate
from stages.networks.sentence_model import SentenceModel, check_sentence_model
from stages.select.alignment import (
    AlignmentScorer,
    check_scorer,
    open_scorer,
    spread,
)
from stages.select.choose import select
from stages.select.config import EmbeddingConfig, SelectConfig
from stages.select.quantiles import Quantiles
from stages.select.ranker import NotAModel, Ranker
from stages.select.score import ClipTexts, alignment_key, score_unit, semantic_key
from stages.select.usable import too_little

if TYPE_CHECKING:
    from PIL.Image import Image


_EMBEDDING = "select.embedding.model"


class SelectStage(UnitStage[SelectConfig]):
    """The choice among the candidates that the teachers wrote. No teacher is asked again."""

    name = "select"
    version = 1
    summary = "Score every candidate caption and choose one for each clip, saying why."
    reads = {
        "sources": ("source_id", "title", "description", "tags", "chapters"),
        "shots": ("source_id", "shot_id", "keyframes"),
        "dedup": ("source_id", "shot_id"),
        "captions": (
            "caption_id",
            "shot_id",
            "teacher",
            "style",
            "language",
            "text",
            "model",
            "confidence",
            "outcome",
            "reason",
            "detail",
        ),
    }
    reads_packs = ("frames",)
    writes = ("choices", "selections")
    item = "clips"

    def __init__(self, config: SelectConfig) -> None:
        super().__init__(config)
        self._scorer: AlignmentScorer | None = None
        self._embedder: SentenceModel | None = None
        self._ranker: Ranker | None = None
        self._calibration: Quantiles | None = None

    def models(self) -> list[str]:
        config = self.config
        wanted = [config.alignment.model, config.embedding.model, config.calibration]
        if "learned" in config.policies:
            wanted.append(config.model)
        return [reference for reference in wanted if reference]

    def check(self, model: Callable[[str], Path]) -> None:
        self._read(model)
        if self.config.alignment.model:
            check_scorer(self.config.alignment, model(self.config.alignment.model))
        if self.config.embedding.model:
            check_sentence_model(model(self.config.embedding.model), _EMBEDDING)

    def setup(self, worker: Worker) -> None:
        self._ranker, self._calibration = self._read(worker.model)
        if self.config.alignment.model:
            folder = worker.model(self.config.alignment.model)
            self._scorer = open_scorer(self.config.alignment, folder)
        if self.config.embedding.model:
            self._embedder = open_embedder(
                self.config.embedding, worker.model(self.config.embedding.model)
            )

    def teardown(self) -> None:
        self._scorer = self._embedder = None

    def process(self, unit: Unit) -> None:
        """A clip whose keyframes cannot be looked at has no alignment, and its explanation says
        why."""
        said: dict[str, list[Candidate]] = defaultdict(list)
        for row in unit.rows("captions"):
            said[row["shot_id"]].append(Candidate.of_row(row))
        sources = {row["source_id"]: row for row in unit.rows("sources")}
        clips = clips_of(unit)
        vectors = self._vectors([each for clip in clips for each in said[clip["shot_id"]]])
        notes: dict[str, str] = {}
        texts = []
        for clip in clips:
            shot_id = clip["shot_id"]
            found = self._aligned(clip, said[shot_id], unit)
            if isinstance(found, Failure):
                notes[shot_id] = f"no alignment: {found.reason}: {found.detail}"
                found = {}
            metadata = metadata_of(sources[clip["source_id"]])
            texts.append(ClipTexts(shot_id, said[shot_id], metadata, found, vectors))
        scored = score_unit(texts, self.config, self._calibration)
        choices, selections = [], []
        for clip in clips:
            shot_id, source_id = clip["shot_id"], clip["source_id"]
            choice = select(scored[shot_id], self.config, self._ranker, notes.get(shot_id, ""))
            choices += choice.choice_rows(shot_id, source_id)
            selections.append(choice.row(shot_id, source_id))
        unit.write("choices", choices)
        unit.write("selections", selections)

    def _vectors(self, said: Sequence[Candidate]) -> dict[str, NDArray[np.float32]] | None:
        """Sentence embeddings of all candidates of the unit that have enough text."""
        if self._embedder is None:
            return None
        texts = {c.caption_id: c.text or "" for c in said if not too_little(c, self.config)}
        return dict(zip(texts, self._embedder.vectors(list(texts.values())), strict=True))

    def _aligned(
        self, clip: Row, said: Sequence[Candidate], worker: Worker
    ) -> dict[str, float] | Failure:
        texts = {c.caption_id: c.text or "" for c in said if not too_little(c, self.config)}
        if self._scorer is None or not texts:
            return {}
        found = worker.attempt(
            f"alignment of {clip['shot_id']}", self._cosines, clip, list(texts.values()), worker
        )
        if isinstance(found, Failure):
            return found
        return dict(zip(texts, found, strict=True))

    def _cosines(self, clip: Row, texts: list[str], worker: Worker) -> list[float]:
        assert self._scorer is not None
        frames = clip["keyframes"] or []
        chosen = [frames[at] for at in spread(len(frames), self.config.alignment.max_keyframes)]
        if not chosen:
            raise ItemError(Reason.NO_FRAMES, "the clip has no keyframes")
        return self._scorer.score([picture_of(frame, worker) for frame in chosen], texts)

    def _read(self, model: Callable[[str], Path]) -> tuple[Ranker | None, Quantiles | None]:
        config = self.config
        ranker = calibration = None
        if "learned" in config.policies:
            ranker = _load("model", config.model, model, Ranker.from_json)
            if ranker.alignment_model != config.alignment.model:
                raise StageError(
                    f"select.model was trained with the alignment model "
                    f"{ranker.alignment_model or '(none)'}, but select.alignment.model is "
                    f"{config.alignment.model or '(none)'}; cosines of two models mean nothing to "
                    "each other"
                )
        if config.calibration:
            calibration = _load("calibration", config.calibration, model, Quantiles.from_json)
            for what, name, key in (
                ("alignment", config.alignment.model, alignment_key(config.alignment.model)),
                ("embedding", config.embedding.model, semantic_key(config.embedding.model)),
            ):
                if name and key not in calibration:
                    raise StageError(
                        f"select.calibration has no scores of the {what} model {name}; take it "
                        "from a run that used it"
                    )
        return ranker, calibration


def open_embedder(config: EmbeddingConfig, folder: Path) -> SentenceModel:
    """Load the model. Raises StageError when it or its library is missing."""
    embedder = SentenceModel(folder, _EMBEDDING, config.device)
    import torch

    torch.set_num_threads(config.threads)
    return embedder


def clips_of(unit: Unit) -> list[Row]:
    """The shots that dedup kept, each of which was captioned."""
    kept = {row["shot_id"] for row in unit.rows("dedup", Outcome.KEPT)}
    return [shot for shot in unit.rows("shots", Outcome.KEPT) if shot["shot_id"] in kept]


def metadata_of(source: Mapping[str, Any]) -> str:
    """All that a source's row says in words."""
    chapters = [chapter["title"] for chapter in source["chapters"] or []]
    parts = [source["title"], source["description"], *(source["tags"] or []), *chapters]
    return "\n".join(part for part in parts if part)


def picture_of(frame: Mapping[str, Any], worker: Worker) -> Image:
    """A keyframe as an RGB picture. Raises ItemError when its bytes are no picture."""
    from PIL import Image, UnidentifiedImageError

    ref = {name: frame[name] for name in ("pack", "offset", "size_bytes")}
    try:
        return Image.open(io.BytesIO(worker.read_packed(ref))).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise ItemError(Reason.UNREADABLE, f"keyframe at {frame['time_s']} s: {error}") from error


def _load(
    name: str, reference: str, model: Callable[[str], Path], parse: Callable[[Any], Any]
) -> Any:
    path = model(reference)
    try:
        return parse(json.loads(path.read_bytes()))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, NotAModel, ValueError) as error:
        raise StageError(f"select.{name}: {path}: {error}") from error
