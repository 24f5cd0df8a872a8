"""A vocabulary with made-up pieces in the scripts of a real one, for bench_translate.py.

The figures are those of XLM-RoBERTa's 250,002 pieces, read from the wheel blingfire 0.1.8
(xlm_roberta_base.i2w); each piece is in the scripts of its letters.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.filter.scripts_unicode import script_of

PIECES = "sentencepiece.bpe.model"
SHORT_LATIN = 2252
"""Pieces of one or two ASCII letters in XLM-RoBERTa's vocabulary, which all languages may use."""
PIECES_OF = {
    "Latn": ("a", 107_833),
    "Cyrl": ("а", 31_646),
    "Hani": ("一", 17_139),
    "Arab": ("ب", 14_462),
    "Deva": ("क", 7492),
    "": ("0", 6417),
    "Hang": ("가", 5413),
    "Hebr": ("א", 5180),
    "Grek": ("α", 5171),
    "Thai": ("ก", 4134),
    "Mlym": ("ക", 3790),
    "Geor": ("ა", 3613),
    "Armn": ("ա", 3506),
    "Sinh": ("ක", 3309),
    "Telu": ("క", 3190),
    "Ethi": ("ሀ", 2952),
    "Knda": ("ಕ", 2719),
    "Hira": ("あ", 2706),
    "Taml": ("க", 2569),
    "Beng": ("ক", 2319),
    "Mymr": ("က", 2314),
    "Gujr": ("ક", 2224),
    "Khmr": ("ក", 1846),
    "Orya": ("କ", 1779),
    "Guru": ("ਕ", 1665),
    "Laoo": ("ກ", 1579),
    "Kana": ("ア", 714),
}
"""Script -> a letter near its first, and the pieces that it has in XLM-RoBERTa's vocabulary, told
apart as script_map does; those of several scripts are with Hiragana, of no script with ""."""


def vocabulary(
    folder: Path, lines: Sequence[str], languages: Sequence[str], size: int
) -> list[str]:
    """Train the tokeniser; its pieces, made-up ones of all scripts, and the languages: `size`."""
    import sentencepiece

    path = folder / PIECES
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(path), vocab_size=2000, model_type="bpe",
        hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    Path(f"{path}.model").rename(path)
    pieces = sentencepiece.SentencePieceProcessor(str(path))
    names = [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    tokens = dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *names])
    short = map("".join, itertools.product(string.ascii_letters, repeat=2))
    tokens |= dict.fromkeys(itertools.islice(short, SHORT_LATIN))
    scale = (size - len(tokens) - len(languages)) / sum(count for _, count in PIECES_OF.values())
    for script, (first, count) in reversed(PIECES_OF.items()):
        left = size - len(tokens) - len(languages)
        new = (word for word in made_up(script, first) if word not in tokens)
        tokens |= dict.fromkeys(
            list(itertools.islice(new, left if script == "Latn" else int(count * scale)))
        )
    return [*tokens, *languages]


def made_up(script: str, first: str) -> Iterator[str]:
    """Words of four letters of a script, or digits."""
    near = map(chr, range(ord(first), ord(first) + 200))
    letters = [each for each in near if (script_of(each) or "") == script and each.isalnum()]
    return (f"▁{''.join(word)}" for word in itertools.product(letters[:26], repeat=4))
