"""Group sentences into model calls.

A call is worth its cost when many sentences share it: at every token the weights are read once
for all of them. So the sentences of a call have lengths of one band, and the shorter ones are
padded. How long a translation may get is set by the band (see `most_tokens`) and not by the
company. All sentences of a call choose among the same pieces (see script_map.py): what CTranslate2
lets one of them choose, it lets all.

Padding is masked, so what a model makes of a sentence does not depend on what else is in the call
but for the last bits of its sums. With int8 not even they moved in any measurement; in float32 a
score in some hundreds moved by 6e-8. Scores are rounded far above that (translator.SCORE_DIGITS),
so results can be kept and met again in other company, and neither workers nor order of arrival
change them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

KeyT = TypeVar("KeyT", bound=Any)

BAND_TOKENS = 16
"""Sentences of 1 to 16 tokens share calls, those of 17 to 32, and so on."""


def band(length: int) -> int:
    """The longest length of the band that `length` is in."""
    return -(-length // BAND_TOKENS) * BAND_TOKENS


def most_tokens(length: int, ratio: float, extra: int) -> int:
    """How many tokens the translation of a sentence of `length` tokens may have: `ratio` for each
    token of the longest in its band, and `extra`."""
    return int(ratio * band(length)) + extra


def batches(
    lengths: Mapping[KeyT, int], max_tokens: int, kind: Callable[[KeyT], str] = lambda key: ""
) -> list[list[KeyT]]:
    """Keys in batches of one kind and band, longest first. `lengths` gives each key's tokens.

    A batch has as many keys as fit, padded, into `max_tokens`, at least one.
    """
    result: list[list[KeyT]] = []
    longest = 0
    for key in sorted(lengths, key=lambda key: (kind(key), -lengths[key], key)):
        is_near = bool(result) and band(lengths[key]) == band(longest)
        is_like = bool(result) and kind(key) == kind(result[-1][0])
        if is_near and is_like and longest * (len(result[-1]) + 1) <= max_tokens:
            result[-1].append(key)
        else:
            result.append([key])
            longest = lengths[key]
    return result
