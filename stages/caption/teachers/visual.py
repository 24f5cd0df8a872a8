"""`visual`: sentences about what was measured on the shot; never wrong about more than that."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import Worker
from stages.caption.config import VisualConfig
from stages.caption.keyframe import frame_input, picture
from stages.caption.teacher import Candidate, Clip, Source, Teacher
from stages.caption.visual_facts import sentences, visual_facts
from stages.networks.face_model import FaceModel


class VisualTeacher(Teacher[VisualConfig]):
    """Thresholds turn figures into facts, a small grammar turns facts into English."""

    name = "visual"
    version = 2
    styles = ("visual",)
    uses = ("asr", "ocr")
    _face_model: FaceModel | None = None

    def models(self) -> list[str]:
        return [self.config.face_model] if self.config.face_model else []

    def setup(self, worker: Worker) -> None:
        reference = self.config.face_model
        if reference:
            self._face_model = FaceModel(worker.model(reference), "caption.visual.face_model")

    def teardown(self) -> None:
        self._face_model = None

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return self.each(clips, worker, lambda clip: self._of(clip, worker))

    def _of(self, clip: Clip, worker: Worker) -> Candidate:
        speech = found(clip.earlier.get("asr"), Reason.NO_SPEECH)
        text = found(clip.earlier.get("ocr"), Reason.NO_TEXT_FOUND)
        keyframes = self._looked_at(clip)
        facts = visual_facts(
            clip.shot,
            self.config,
            text,
            speech,
            is_audio_known=is_audio_known(clip.source),
            n_faces=self._most_faces(keyframes, worker),
        )
        said = sentences(clip.shot, facts)
        if not said:
            return self.unsaid(clip, Reason.NOTHING_TO_SAY, "nothing was measured on this shot")
        inputs = ["measurements"]
        inputs += ["ocr"] if text is not None else []
        inputs += ["asr"] if speech is not None else []
        inputs += [frame_input(keyframe["time_s"]) for keyframe in keyframes]
        return self.said(clip, " ".join(said), "en", inputs)

    def _looked_at(self, clip: Clip) -> list[Row]:
        """The keyframes on which faces are looked for."""
        if self._face_model is None:
            return []
        return list(clip.shot["keyframes"] or [])[: self.config.max_face_keyframes]

    def _most_faces(self, keyframes: Sequence[Row], worker: Worker) -> int:
        """Faces on the keyframe that shows most of them."""
        model = self._face_model
        if model is None:
            return 0
        sure = self.config.min_face_confidence
        shown = (picture(worker.read_packed(keyframe)) for keyframe in keyframes)
        return max((len(model.faces(each, sure)) for each in shown), default=0)


def is_audio_known(source: Source) -> bool:
    """Whether the video has no sound, or the split stage kept it: only then is a clip without a
    loudness a silent one."""
    if source.row["audio_stream"] is None:
        return True
    return source.split is not None and source.split["audio"] is not None


def found(candidate: Candidate | None, absent: Reason) -> bool | None:
    """Whether another teacher found what it looks for; null when it could not tell."""
    if candidate is None:
        return None
    if candidate.outcome == Outcome.KEPT:
        return True
    return False if candidate.reason == absent else None
