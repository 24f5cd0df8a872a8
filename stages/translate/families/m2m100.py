"""M2M-100 (arXiv 2010.11125). Language tokens are two-letter codes between underscores."""

from __future__ import annotations

from stages.translate.families.port import END, Family


class M2M100(Family):
    """`__en__ pieces </s>`, decoder starts with `__de__`."""

    name = "m2m100"
    source_files = ("sentencepiece.bpe.model",)
    scheme = "m2m100"
    needs_source = True

    @classmethod
    def language_token(cls, code: str) -> str:
        return f"__{code}__"

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        first = [self.language_token(source)] if source else []
        return [*first, *self.pieces(sentence), END]

    def prefix(self, target: str | None) -> list[str]:
        return [self.language_token(target)] if target else []
