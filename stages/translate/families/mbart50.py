"""mBART-50 (arXiv 2008.00401), many-to-many and one-to-many. Codes such as en_XX."""

from __future__ import annotations

from stages.translate.families.port import END, Family


class MBart50(Family):
    """`en_XX pieces </s>`, decoder starts with `de_DE`."""

    name = "mbart50"
    source_files = ("sentencepiece.bpe.model", "tokenizer.json")
    scheme = "mbart50"
    needs_source = True

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        return [*([source] if source else []), *self.pieces(sentence), END]

    def prefix(self, target: str | None) -> list[str]:
        return [target] if target else []
