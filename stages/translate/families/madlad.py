"""MADLAD-400 (arXiv 2309.04662), a T5. The source side says what to write: <2de>."""

from __future__ import annotations

from stages.translate.families.port import END, Family


class Madlad(Family):
    """`<2de> pieces </s>`; the source language is not told."""

    name = "madlad400"
    source_files = ("spiece.model", "tokenizer.json")

    @classmethod
    def language_token(cls, code: str) -> str:
        return code if code.startswith("<2") else f"<2{code}>"

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        first = [self.language_token(target)] if target else []
        return [*first, *self.pieces(sentence), END]
