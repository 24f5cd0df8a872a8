"""Simplified or traditional: the two ways to write Chinese, told apart by their characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stages.filter.language.letters import CLASSES

FEWEST = 2
"""So many characters of the other way show it,"""
LEAD = 2
"""when they are more than so many times those of the right one."""


def script_of_chinese(tag: str) -> str | None:
    """Hans or Hant, where a tag of Chinese says which."""
    for script in ("Hans", "Hant"):
        if tag.startswith(("zh-", "cmn-", "yue-")) and script in tag.split("-"):
            return script
    return None


def written_otherwise(wanted: str, classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which texts are not written in the `wanted` script (Hans or Hant), by their counts
    [texts, CLASSES] of letters."""
    counts = {script: classes[:, _columns(script)].sum(axis=1) for script in ("Hans", "Hant")}
    own = counts.pop(wanted)
    (other,) = counts.values()
    return np.asarray((other >= FEWEST) & (other > LEAD * own))


def _columns(script: str) -> list[int]:
    other = "Hans" if script == "Hant" else "Hant"
    return [
        place
        for place, letter_class in enumerate(CLASSES)
        if script in letter_class.writers and other not in letter_class.writers
    ]
