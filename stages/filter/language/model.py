"""A fastText language model behind a small port: labels become families, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from stages.filter.language.tags import UND, family
from stages.filter.scripts_unicode import scripts_of_tag

Predict = Callable[[str], Sequence[tuple[float, str]]]
"""One line of text -> (probability, label) pairs. Labels may have fastText's prefix, and may be
left out where their probability is negligible."""
PREFIX = "__label__"
NEGLIGIBLE = 0.01
"""Less likely labels are not asked for: finding them costs half of the time."""


@cache
def read_label(label: str) -> tuple[str, frozenset[str]]:
    """Family and scripts of a label such as __label__en or eng_Latn; und and none: not known."""
    tag = label.removeprefix(PREFIX).replace("_", "-")
    return family(tag), scripts_of_tag(tag)


class FastTextModel:
    """lid.176 (labels like en), GlotLID and OpenLID (labels like eng_Latn), or any other fastText
    classifier whose labels are language tags."""

    def __init__(self, path: Path) -> None:
        import fasttext

        self._model: Any = fasttext.load_model(str(path))
        # A negative threshold gives every label; 0 leaves out those below 1e-5.
        labels, _ = self._model.predict("a", k=-1, threshold=-1.0)
        self.families = frozenset(read_label(label)[0] for label in labels) - {UND}
        """Families that the model knows."""

    def predict(self, line: str) -> Sequence[tuple[float, str]]:
        # The wrapper's own predict() unzips the pairs, which we would only zip again.
        pairs: list[tuple[float, str]] = self._model.f.predict(
            line + "\n", -1, NEGLIGIBLE, "replace"
        )
        return pairs

    def best(self, line: str) -> str:
        """The most likely label, whatever the script: what the model says when asked plainly."""
        ((_, label),) = self._model.f.predict(line + "\n", 1, 0.0, "replace") or [(0.0, "")]
        return str(label)
