"""A text in a target language, on its way from the models to its row."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.ids import translation_id
from schemas.outcomes import Outcome, TextStatus
from schemas.table import Row
from stages.translate.checks.judge import flags_of
from stages.translate.checks.result import Check
from stages.translate.engine import Sentence
from stages.translate.texts import SourceText

COPY = "copy"
"""`model` of a row whose text was in the target language to begin with."""


@dataclass(frozen=True)
class Finished:
    """One text in one target language; `ending` has the closing columns of its row.

    Its status is edited where a person wrote it, else flagged where one of its checks did not
    pass.
    """

    source: SourceText
    language: str
    model: str
    is_demo: bool
    ending: Row
    text: str | None = None
    score: float | None = None
    sentences: tuple[Sentence, ...] = ()
    checks: tuple[Check, ...] = ()
    tries: tuple[Row, ...] = ()
    """Entries of `translations.tries`; none where there was one try alone."""
    editor: str | None = None
    edited_at: str | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is a text."""
        return bool(self.ending["outcome"] == Outcome.KEPT)

    @property
    def lost(self) -> list[str]:
        """Protected spans of the source that the text lacks."""
        return [span for sentence in self.sentences for span in sentence.lost]

    @property
    def translation_id(self) -> str:
        source = self.source
        text = source.caption_id or f"{source.source_id}/{source.text_id}"
        return translation_id(text, self.language)

    def row(self) -> Row:
        """This translation as a row of `translations`."""
        source = self.source
        ending = dict(self.ending)
        doubts = [check for check in self.checks if not check.passed]
        if self.is_kept and doubts and self.editor is None:
            said = [ending["detail"]] if ending["detail"] else []
            ending["detail"] = "; ".join([*(check.in_words() for check in doubts), *said])
        return {
            "translation_id": self.translation_id,
            "kind": source.kind,
            "text_id": source.text_id,
            "caption_id": source.caption_id,
            "shot_id": source.shot_id,
            "source_id": source.source_id,
            "teacher": source.teacher,
            "style": source.style,
            "sidecar": source.sidecar,
            "start_s": source.start_s,
            "end_s": source.end_s,
            "source_language": source.language,
            "language": self.language,
            "model": self.model,
            "is_demo": self.is_demo,
            "text": self.text,
            "status": self._status(),
            "score": self.score,
            "n_sentences": len(self.sentences) or None,
            "lost": self.lost if self.is_kept else None,
            "source_text": source.text,
            "flags": [str(flag) for flag in flags_of(self.checks)] if self.is_kept else None,
            "checks": {str(check.flag): check.stored() for check in self.checks} or None,
            "tries": list(self.tries),
            "editor": self.editor,
            "edited_at": self.edited_at,
            **ending,
        }

    def _status(self) -> TextStatus | None:
        if not self.is_kept:
            return None
        if self.editor is not None:
            return TextStatus.EDITED
        return TextStatus.FLAGGED if flags_of(self.checks) else TextStatus.AUTO
