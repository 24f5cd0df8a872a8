"""Repetition loops: a decoder that goes round in circles says a phrase again and again.

Measured against the source, because captions may well say something twice themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from stages.filter.scripts_unicode import UNSPACED, Unit
from stages.translate.checks.pair import TextPair

MAX_PHRASE = 30
"""Longest phrase that is looked for, in units."""
MIN_PHRASE = {False: 2, True: 4}
"""Shortest phrase that counts when it stands there twice, in words, in unspaced characters:
one word twice is ordinary in Hindi ("dhire dhire"), two characters twice in Japanese."""


def repeated_units(sequence: Sequence[Hashable], shortest: int) -> int:
    """Most units that an immediate repetition adds: 3 for "a b c a b c", 0 without one.

    A phrase shorter than `shortest` counts when it stands there at least three times.
    """
    most = 0
    for period in range(1, min(MAX_PHRASE, len(sequence) // 2) + 1):
        run = 0
        for before, after in zip(sequence, sequence[period:], strict=False):
            run = run + 1 if before == after else 0
            if run >= (period if period >= shortest else 2 * period):
                most = max(most, run)
    return most


def repeats(pair: TextPair) -> float:
    """Units that the translation repeats; 0 where the source repeats some itself."""
    return 0.0 if _repeated(pair.source_units) else float(_repeated(pair.target_units))


def _repeated(parts: Sequence[Unit]) -> int:
    unspaced = sum(unit.script in UNSPACED for unit in parts) * 2 > len(parts)
    words = [unit.text for unit in parts]
    return repeated_units(words, MIN_PHRASE[unspaced])
