"""Group sentences into model calls.

All sentences of a call have as many tokens: nothing is padded, so what a model makes of a sentence
does not depend, to the last bit, on what else is in the call. Results can then be kept and met
again in other company, and neither workers nor order of arrival can change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

KeyT = TypeVar("KeyT", bound=Any)


def batches(lengths: Mapping[KeyT, int], max_tokens: int) -> list[list[KeyT]]:
    """Keys in batches of one length, longest first. `lengths` gives each key's tokens.

    A batch has as many keys as fit into `max_tokens`, at least one.
    """
    result: list[list[KeyT]] = []
    length = 0
    for key in sorted(lengths, key=lambda key: (-lengths[key], key)):
        if result and lengths[key] == length and length * (len(result[-1]) + 1) <= max_tokens:
            result[-1].append(key)
        else:
            result.append([key])
            length = lengths[key]
    return result
