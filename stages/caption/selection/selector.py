"""The selector as the caption stage uses it: its models, and the choice for a unit's clips."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.outcomes import ItemError, Reason
from stages.base import Failure, StageError, Worker
from stages.caption.config_select import SelectConfig
from stages.caption.selection.alignment import (
    AlignmentScorer,
    check_scorer,
    open_scorer,
    spread,
)
from stages.caption.selection.choose import Selection, select
from stages.caption.selection.quantiles import Quantiles
from stages.caption.selection.ranker import NotAModel, Ranker
from stages.caption.selection.score import ClipTexts, alignment_key, score_unit
from stages.caption.selection.usable import too_little
from stages.caption.teacher import Candidate, Clip

if TYPE_CHECKING:
    from PIL.Image import Image


class Selector:
    """Scores and chooses. What it needs from disk it reads in `setup`."""

    def __init__(self, config: SelectConfig) -> None:
        self.config = config
        self._scorer: AlignmentScorer | None = None
        self._ranker: Ranker | None = None
        self._calibration: Quantiles | None = None

    def models(self) -> list[str]:
        """References of what it reads; their checksums are part of the stage's fingerprint."""
        config = self.config
        wanted = [config.alignment.model, config.calibration]
        if "learned" in config.policies:
            wanted.append(config.model)
        return [reference for reference in wanted if reference]

    def check(self, model: Callable[[str], Path]) -> None:
        """Raise StageError when files and config do not go together."""
        self._read(model)
        if self.config.alignment.model:
            check_scorer(self.config.alignment, model(self.config.alignment.model))

    def setup(self, worker: Worker) -> None:
        self._ranker, self._calibration = self._read(worker.model)
        if self.config.alignment.model:
            folder = worker.model(self.config.alignment.model)
            self._scorer = open_scorer(self.config.alignment, folder)

    def teardown(self) -> None:
        self._scorer = None

    def of_unit(
        self, clips: Sequence[Clip], said: Mapping[str, Sequence[Candidate]], worker: Worker
    ) -> dict[str, Selection]:
        """The choice for each clip, by shot_id. A clip whose keyframes cannot be looked at has no
        alignment, and its explanation says why."""
        notes: dict[str, str] = {}
        texts = []
        for clip in clips:
            found = self._aligned(clip, said[clip.shot_id], worker)
            if isinstance(found, Failure):
                notes[clip.shot_id] = f"no alignment: {found.reason}: {found.detail}"
                found = {}
            metadata = metadata_of(clip.source.row)
            texts.append(ClipTexts(clip.shot_id, said[clip.shot_id], metadata, found))
        scored = score_unit(texts, self.config, self._calibration)
        return {
            clip.shot_id: select(
                scored[clip.shot_id], self.config, self._ranker, notes.get(clip.shot_id, "")
            )
            for clip in clips
        }

    def _aligned(
        self, clip: Clip, said: Sequence[Candidate], worker: Worker
    ) -> dict[str, float] | Failure:
        texts = {c.caption_id: c.text or "" for c in said if not too_little(c, self.config)}
        if self._scorer is None or not texts:
            return {}
        found = worker.attempt(
            f"alignment of {clip.shot_id}", self._cosines, clip, list(texts.values()), worker
        )
        if isinstance(found, Failure):
            return found
        return dict(zip(texts, found, strict=True))

    def _cosines(self, clip: Clip, texts: list[str], worker: Worker) -> list[float]:
        assert self._scorer is not None
        frames = clip.shot["keyframes"] or []
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
                    f"caption.select.model was trained with the alignment model "
                    f"{ranker.alignment_model or '(none)'}, but caption.select.alignment.model is "
                    f"{config.alignment.model or '(none)'}; cosines of two models mean nothing to "
                    "each other"
                )
        if config.calibration:
            calibration = _load("calibration", config.calibration, model, Quantiles.from_json)
            if config.alignment.model and alignment_key(config.alignment.model) not in calibration:
                raise StageError(
                    "caption.select.calibration has no scores of the alignment model "
                    f"{config.alignment.model}; take it from a run that used it"
                )
        return ranker, calibration


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
        raise StageError(f"caption.select.{name}: {path}: {error}") from error
