"""A CTranslate2 model with one SentencePiece vocabulary, such as the packaged demo model."""

from __future__ import annotations

from stages.translate.families.port import Family


class Plain(Family):
    """`[target token] pieces`; the end mark is added by CTranslate2 (`add_source_eos`)."""

    name = "plain"
    source_files = ("sentencepiece.model",)

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        return [*([target] if target else []), *self.pieces(sentence)]
