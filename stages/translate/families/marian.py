"""OPUS-MT models of Marian NMT, as Hugging Face's MarianMT holds them: a SentencePiece model for
each side. Models with several target languages want to be told, as in `>>deu<<`."""

from __future__ import annotations

from stages.translate.families.port import END, Family


class Marian(Family):
    """`[>>deu<<] pieces </s>`."""

    name = "marian"
    source_files = ("source.spm",)
    target_files = ("target.spm",)

    @classmethod
    def language_token(cls, code: str) -> str:
        return code if code.startswith(">>") else f">>{code}<<"

    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        first = [self.language_token(target)] if target else []
        return [*first, *self.pieces(sentence), END]
