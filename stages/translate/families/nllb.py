"""NLLB-200 (arXiv 2207.04672). Languages are FLORES-200 codes such as eng_Latn.

The source language stands first on the source side, as in Hugging Face's tokeniser since 4.23; the
target language is the first token that the decoder is made to write.
"""

from __future__ import annotations

from stages.translate.families.port import END, Family


class Nllb(Family):
    """`eng_Latn pieces </s>`, decoder starts with `deu_Latn`."""

    name = "nllb"
    source_files = ("sentencepiece.bpe.model", "tokenizer.json")
    scheme = "flores"
    needs_source = True

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        return [*([source] if source else []), *self.pieces(sentence), END]

    def prefix(self, target: str | None) -> list[str]:
        return [target] if target else []
