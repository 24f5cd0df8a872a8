"""Captions beside what the selector made of them, for the stages after it."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.table import Row


def with_choices(captions: Iterable[Row], choices: Iterable[Row]) -> list[Row]:
    """Each row of `captions` with the columns of its row of `choices`, in the order of the
    captions. Raises LookupError where there is none: select gives one to every candidate."""
    chosen = {row["caption_id"]: row for row in choices}
    joined = []
    for caption in captions:
        if caption["caption_id"] not in chosen:
            raise LookupError(f"caption {caption['caption_id']} has no row in choices")
        joined.append(caption | chosen[caption["caption_id"]])
    return joined
