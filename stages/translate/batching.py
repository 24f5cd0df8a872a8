"""Group sentences into model calls.

Grouping depends on the sentences alone. Int8 results can move in their last bits with what else
is in the batch, so a batch must not depend on workers, order of arrival or the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def batches(lengths: Mapping[str, int], max_tokens: int) -> list[list[str]]:
    """Keys in batches of like length, longest first. `lengths` gives each key's tokens.

    A batch is as large as its padded rectangle (longest x count) fits into `max_tokens`; a key
    that is longer than that stands alone.
    """
    result: list[list[str]] = []
    longest = 0
    for key in sorted(lengths, key=lambda key: (-lengths[key], key)):
        if result and longest * (len(result[-1]) + 1) <= max_tokens:
            result[-1].append(key)
        else:
            result.append([key])
            longest = lengths[key]
    return result


def distinct(sentences: Iterable[str]) -> list[str]:
    """Each sentence once, sorted."""
    return sorted(set(sentences))
