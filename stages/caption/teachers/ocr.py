"""`ocr`: text on the clip's keyframes, by the models that rapidocr's wheel holds.

Reading a picture costs a good part of a second, and most clips show no text. So the detector
looks at one small picture first, and only where it sees text are keyframes read in full. What a
clip costs is bounded by pictures, pixels and lines, so that the same input gives the same text on
a slow machine; who has to keep to a time gives `budget_s` beside them.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import Worker
from stages.caption.clean import clean_text
from stages.caption.config import OcrConfig
from stages.caption.keyframe import frame_input, picture
from stages.caption.ocr_layout import (
    TextBox,
    distinct_lines,
    is_text,
    mean_confidence,
    text_share,
)
from stages.caption.teacher import Candidate, Clip, Teacher
from stages.caption.words import joined, shortened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_PATTERNS = {"Det": "*_det_*.onnx", "Rec": "*_rec_*.onnx"}
"""Detection and recognition (Chinese, English and other Latin text) in the wheel's folder."""

MIN_TEXT_PIXELS = 5
"""On the small picture; a letter has more."""


class OcrTeacher(Teacher[OcrConfig]):
    """Detector as a gate, then detection and recognition on few keyframes."""

    name = "ocr"
    version = 3
    styles = ("on_screen_text",)

    def setup(self, worker: Worker) -> None:
        import numpy as np
        import rapidocr

        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        folder = Path(rapidocr.__file__).parent / "models"
        files = {part: wheel_model(folder, glob) for part, glob in MODEL_PATTERNS.items()}
        # Naming the files keeps rapidocr from fetching others. The third model turns text that
        # stands on its head, which costs time and hardly occurs in video.
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.text_score": 0.0,
                "EngineConfig.onnxruntime.intra_op_num_threads": self.config.threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": "max",
                "Det.limit_side_len": self.config.side_px,
                "Det.max_candidates": self.config.max_lines,
                **{f"{part}.model_path": str(path) for part, path in files.items()},
            }
        )
        # The detector is loaded by the first call.
        self._engine(np.zeros((32, 32, 3), np.uint8), use_det=True, use_cls=False, use_rec=False)
        self._model_name = f"{self.name}/{self.version} " + "+".join(
            path.stem for path in files.values()
        )

    def teardown(self) -> None:
        self._engine = None

    @property
    def model_name(self) -> str:
        return self._model_name

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return self.each(clips, worker, lambda clip: self._of(clip, worker))

    def _of(self, clip: Clip, worker: Worker) -> Candidate:
        keyframes: list[Row] = list(clip.shot["keyframes"] or [])
        if not keyframes:
            return self.unsaid(clip, Reason.NO_TEXT_FOUND, "the clip has no keyframes")
        config = self.config
        first = picture(worker.read_packed(keyframes[0]))
        inputs = [frame_input(keyframes[0]["time_s"])]
        if config.gate_side_px and not self._shows_text(first):
            detail = f"no text seen at {config.gate_side_px} px"
            unseen = self.unsaid(clip, Reason.NO_TEXT_FOUND, detail, inputs)
            return replace(unseen, text_share=0.0)
        deadline_s = time.monotonic() + (config.budget_s or math.inf)
        read, shares, late = [self._read(first)], [0.0], ""
        if read[0]:
            shares.append(text_share(read[0], first.shape[1], first.shape[0]))
            chosen = keyframes[1 : config.max_keyframes]
            for n_read, keyframe in enumerate(chosen):
                if time.monotonic() >= deadline_s:
                    late = f"; {len(chosen) - n_read} not read after {config.budget_s:g} s"
                    break
                image = picture(worker.read_packed(keyframe))
                inputs.append(frame_input(keyframe["time_s"]))
                read.append(self._read(image))
                shares.append(text_share(read[-1], image.shape[1], image.shape[0]))
        lines = distinct_lines(read, config.same_line_similarity)
        if not lines:
            detail = f"nothing legible above confidence {config.min_confidence}{late}"
            illegible = self.unsaid(clip, Reason.NO_TEXT_FOUND, detail, inputs)
            return replace(illegible, text_share=max(shares))
        text = shortened(joined([line.text for line in lines]), config.max_chars)
        detail = f"text covers up to {max(shares):.1%} of a keyframe{late}"
        said = self.said(clip, text, None, inputs, mean_confidence(lines), detail)
        return replace(said, text_share=max(shares))

    def _shows_text(self, image: NDArray[np.uint8]) -> bool:
        """Whether the detector alone sees text on the picture in its small size: its map of
        likely pixels decides, because boxes of small letters are too flat there to become any."""
        detector = self._engine.text_det
        prepared = detector.get_preprocess()(resized(image, self.config.gate_side_px))
        if prepared is None:
            return False
        likely = detector.session(prepared) > detector.postprocess_op.thresh
        return int(likely.sum()) >= MIN_TEXT_PIXELS

    def _read(self, image: NDArray[np.uint8]) -> list[TextBox]:
        """The text on a picture that is worth having."""
        found = self._engine(image, use_det=True, use_cls=False, use_rec=True)
        if found.boxes is None or found.txts is None:
            return []
        boxes = [
            text_box(clean_text(text), float(score), corners)
            for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
        ]
        config = self.config
        return [box for box in boxes if is_text(box, config.min_confidence, config.min_line_chars)]


def wheel_model(folder: Path, pattern: str) -> Path:
    """The one model that fits `pattern`; with several, the last by name. Raises
    FileNotFoundError when the installed rapidocr brings none."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise FileNotFoundError(
            f"rapidocr's folder {folder} holds no {pattern}: install a rapidocr wheel that "
            "brings its models, or leave ocr out of caption.teachers"
        )
    return found[-1]


def text_box(text: str, confidence: float, corners: Any) -> TextBox:
    """The upright rectangle around four (x, y) corners."""
    xs = [float(corner[0]) for corner in corners]
    ys = [float(corner[1]) for corner in corners]
    return TextBox(text, confidence, min(xs), min(ys), max(xs), max(ys))


def resized(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most `side_px`."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
