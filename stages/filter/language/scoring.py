"""Which of a few languages a text in one script is in: prior, letters, common words, model.

A naive Bayes score in nats, summed per language (a column):

    log prior + WORD * common words - LETTER * letters that it does not use + MODEL * log p(model)

The prior says what this run is about. Everything outside of the candidates shares one more
column, `other`, which only the model can speak for, so a text in none of them is not forced into
the nearest one. The weights were chosen on the tuning sets of scripts/eval_lid.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.filter.language.letters import CLASSES
from stages.filter.language.model import NEGLIGIBLE, read_label
from stages.filter.language.tags import (
    ROMANISED_HINDI,
    UND,
    are_close,
    candidates,
    family,
)
from stages.filter.language.words import WordCounter
from stages.filter.scripts_unicode import scripts_of_tag

Floats = NDArray[np.float64]

WORD = 2.0
LETTER = 1.5
MODEL = 1.0
MOST_LETTERS = 3
"""More letters of one kind than this say nothing more."""
LOG_EXPECTED = 0.7
LOG_RELATIVE = -1.2
LOG_DISTANT = -2.5
"""A language that the run has nothing to do with."""
LOG_OTHER = 0.0
LOG_OTHER_SCRIPTS = -4.0
"""`other` in scripts whose languages nearly all have a column."""
LOG_RARE_HANI = -2.5
"""Japanese without any kana, Cantonese without any of its letters: rare, beside Chinese."""
CLEAR_LEAD = 2.5
"""With this lead in nats before the model is asked, it is not asked."""
MIXED_WORDS, MIXED_SHARE = 3.0, 0.5
"""A text may be in two languages when a second has so many common words in it, and so large a
share of the best one's count."""


@dataclass(frozen=True)
class Scores:
    """Log scores [texts, columns] (the last column is `other`), and the names of the others."""

    values: Floats
    others: Sequence[str]

    def posterior(self) -> Floats:
        """[texts, columns]: shares that sum to 1."""
        shifted = np.exp(self.values - self.values.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


class Scorer:
    """Scores texts of one script, asked about one expected tag and the run's languages."""

    def __init__(self, script: str, expected: str, languages: Sequence[str]) -> None:
        self.script = script
        wanted = family(expected)
        given = {family(tag) for tag in languages} - {UND}
        asked = near = candidates(expected, languages)
        self._telling = [
            place for place, c in enumerate(CLASSES) if c.script == script and c.users is not None
        ]
        if script != "Latn":
            asked = asked.union(*(CLASSES[place].users or () for place in self._telling))
        columns = {
            known
            for known in asked
            if script in (scripts_of_tag(expected) if known == wanted else _scripts(known))
        }
        if script == "Latn":
            columns.add(ROMANISED_HINDI)
        self.columns = tuple(sorted(columns))
        self._columns_of_label: dict[str, tuple[int, str]] = {}
        self._place = {column: place for place, column in enumerate(self.columns)}
        self._prior = np.array([*(_prior(c, given, near, wanted) for c in self.columns), 0.0])
        self._prior[-1] = LOG_OTHER if script == "Latn" else LOG_OTHER_SCRIPTS
        if script == "Hani":
            rare = [c not in ("zh", wanted) for c in self.columns]
            self._prior[:-1][rare] = LOG_RARE_HANI
        self._foreign = _foreign(self.columns, self._telling)
        self._related = np.array([[are_close(a, b) for b in self.columns] for a in self.columns])
        self._words = WordCounter(self.columns)

    def without_model(
        self, lines: Sequence[str], classes: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """Scores [texts, columns] from everything but the model, and the common words [texts,
        columns] among them. `classes` [texts, CLASSES] are counts of letters."""
        few = np.minimum(classes[:, self._telling], MOST_LETTERS).astype(np.float64)
        words = self._words.count(lines)
        scores = self._prior - LETTER * np.einsum("tc,cl->tl", few, self._foreign)
        scores[:, :-1] += WORD * words
        return scores, words

    def maybe_mixed(self, words: Floats) -> NDArray[np.int64]:
        """Rows with the common words of two languages that are no relatives, among these counts
        of common words [texts, columns]."""
        best = words.argmax(axis=1)
        second = np.where(self._related[best], 0.0, words).max(axis=1, initial=0.0)
        most = words.max(axis=1, initial=0.0)
        return np.flatnonzero((second >= MIXED_WORDS) & (second >= MIXED_SHARE * most))

    def with_model(self, scores: Floats, said: Sequence[Sequence[tuple[float, str]]]) -> Scores:
        """`scores` and what the model said of the same texts."""
        chances = np.full(scores.shape, NEGLIGIBLE)
        others = [UND] * len(said)
        for row, pairs in enumerate(said):
            best = NEGLIGIBLE
            for probability, label in pairs:
                known = self._columns_of_label.get(label)
                if known is None:
                    known = self._columns_of_label[label] = self._column_of(label)
                column, name = known
                if column >= 0:
                    chances[row, column] += probability
                elif name != UND and probability > best:
                    best, others[row] = probability, name
            chances[row, -1] = best
        return Scores(scores + MODEL * np.log(chances), others)

    def _column_of(self, label: str) -> tuple[int, str]:
        """A label's column, -1 for none, and its family; und: not written in this script."""
        known, writes = read_label(label)
        if writes and self.script not in writes:
            return -1, UND
        return self._place.get(known, -1), known


def _scripts(known: str) -> frozenset[str]:
    return frozenset({"Latn", "Cyrl"}) if known == "sh" else scripts_of_tag(known)


def _prior(column: str, given: Collection[str], near: Collection[str], wanted: str) -> float:
    if column == wanted:
        return LOG_EXPECTED
    if column in given:
        return 0.0
    return LOG_RELATIVE if column in near else LOG_DISTANT


def _foreign(columns: Sequence[str], classes: Sequence[int]) -> Floats:
    """[classes, columns + 1]: 1 where a language does not use the letters of a class."""
    matrix = np.zeros((len(classes), len(columns) + 1))
    for row, place in enumerate(classes):
        users = CLASSES[place].users or frozenset()
        matrix[row, :-1] = [column not in users for column in columns]
    return matrix
