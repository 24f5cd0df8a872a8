"""Truncated and unbalanced output, seen from punctuation.

A sentence that ends properly in the source ends properly in its translation. Where the source
has no final mark nothing can be said.
"""

from __future__ import annotations

from stages.translate.checks.pair import TextPair

FINAL = frozenset(".!?…。！？｡؟۔।॥෴。؛")
"""Marks that end a sentence in any of the scripts that captions come in."""
_CLOSERS = "\"'”’»)]}）」』】》›“"
_OPEN_CLOSE = (
    ("(", ")"),
    ("（", "）"),
    ("[", "]"),
    ("{", "}"),
    ("「", "」"),
    ("『", "』"),
    ("【", "】"),
    ("《", "》"),
)
_QUOTES = tuple('"“”„«»「」『』')


def ends(text: str) -> bool:
    """Whether the text ends with a final mark, closing quotes and brackets apart."""
    return text.rstrip().rstrip(_CLOSERS).rstrip()[-1:] in FINAL


def truncated(pair: TextPair, limit_reached: bool = False) -> float:
    """1 when the model reached its length limit, or the translation lacks the end that the
    source has; else 0."""
    return float(limit_reached or (ends(pair.source_shown) and not ends(pair.target_shown)))


def unbalanced(pair: TextPair) -> float:
    """Brackets and quotation marks without a partner in the translation, when the source's all
    have theirs; else 0."""
    return 0.0 if _open(pair.source_shown) else float(_open(pair.target_shown))


def _open(text: str) -> int:
    lone = sum(abs(text.count(a) - text.count(b)) for a, b in _OPEN_CLOSE)
    return lone + sum(map(text.count, _QUOTES)) % 2
