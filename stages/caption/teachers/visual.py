"""`visual`: sentences about what was measured on the shot; never wrong about more than that."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.outcomes import Outcome, Reason
from stages.base import Worker
from stages.caption.config import VisualConfig
from stages.caption.teacher import Candidate, Clip, Source, Teacher
from stages.caption.visual_facts import sentences, visual_facts


class VisualTeacher(Teacher[VisualConfig]):
    """Thresholds turn figures into facts, a small grammar turns facts into English."""

    name = "visual"
    version = 2
    styles = ("visual",)
    uses = ("asr", "ocr")

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return self.each(clips, worker, self._of)

    def _of(self, clip: Clip) -> Candidate:
        speech = found(clip.earlier.get("asr"), Reason.NO_SPEECH)
        text = found(clip.earlier.get("ocr"), Reason.NO_TEXT_FOUND)
        facts = visual_facts(
            clip.shot, self.config, text, speech, is_audio_known=is_audio_known(clip.source)
        )
        said = sentences(clip.shot, facts)
        if not said:
            return self.unsaid(clip, Reason.NOTHING_TO_SAY, "nothing was measured on this shot")
        inputs = ["measurements"]
        inputs += ["ocr"] if text is not None else []
        inputs += ["asr"] if speech is not None else []
        return self.said(clip, " ".join(said), "en", inputs)


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
