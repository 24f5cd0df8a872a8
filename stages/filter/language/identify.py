"""Language identification that can be believed on short captions.

A bare arg-max over 176 languages is wrong too often on a handful of words ("A man rides a horse"
is German to lid.176.ftz), and slow. The question here is mostly easier: is this text in the
language that it should be in, and if not, in which of a few? Evidence is taken in this order, and
a text goes only as far as it must:

1. script: one that only one known language uses decides alone; kana makes Japanese; a language
   that is not written in the text's script is out;
2. letters that some languages of the script use and their neighbours do not (letters.py), and
   common words (words.py);
3. the fastText model, for what is not clear by then (scoring.py).

`margin` compares the expected language with its best rival: (p - q) / (p + q), from -1
(certainly the rival) to 1. Without an expected language it is that of the best over the second.
A margin between the limits is no trusted answer: `und`. Text in several languages is `mul`, and
Hindi or Urdu in Latin letters is `hi-Latn`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.filter.language.chinese import script_of_chinese, written_otherwise
from stages.filter.language.letters import (
    CLASSES,
    OTHER,
    SCRIPTS,
    LetterCounts,
    count_letters,
)
from stages.filter.language.model import Predict
from stages.filter.language.scoring import CLEAR_LEAD, Scorer, Scores
from stages.filter.language.tags import LANGUAGE_OF_SCRIPT, MIXED, UND, are_close, family
from stages.filter.language.words import common_words
from stages.filter.scripts_unicode import UNSPACED, scripts_of_tag, visible

MAX_CHARACTERS = 2000
"""More of a text than this tells nothing new."""
NAMED = 0.3
"""Without an expected language, the best is named from this margin on."""
CONFIRMED = 0.2
"""The expected language is named from this margin on."""
REFUTED = 0.7
"""Another language than the expected one is named only when it leads by this margin."""
KANA_SHARE = 0.1
"""From this share of kana among Chinese characters and kana on, a text is Japanese."""
SECOND_SHARE, SECOND_WORDS = 0.3, 2.0
"""A second script with this share and weight makes a text mixed."""
LEAST_MIXED_WORDS = 8
"""Two languages of one script are looked for in texts of so many words."""
_PART = ""
"""The expected tag of a part of a text: none, and it is not taken apart again."""
_TABLED = frozenset(LANGUAGE_OF_SCRIPT.values()).union(
    *common_words().values(), *(letters.users or () for letters in CLASSES)
)
"""Families that the tables here know."""
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+|\d+")
_HANI = [SCRIPTS.index(script) for script in ("Hani", "Hira", "Kana", "Bopo")]
_KANA = [SCRIPTS.index(script) for script in ("Hira", "Kana")]


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """What was found. `margin` and `probability` are None where nothing could be measured."""

    language: str
    probability: float | None
    margin: float | None


NOTHING = LanguageScore(UND, None, None)


class Identifier:
    """Asks about many texts at once. `known` gives the families that the model knows; it is
    called when a language is expected that no table here knows."""

    def __init__(
        self,
        predict: Predict,
        known: Callable[[], Collection[str]],
        languages: Sequence[str],
        min_letters: int,
    ) -> None:
        self._predict = predict
        self._model_knows = known
        self._languages = tuple(languages)
        self._min_letters = min_letters
        self._scorers: dict[tuple[str, str], Scorer] = {}

    def identify(self, texts: Sequence[str], expected: Sequence[str]) -> list[LanguageScore]:
        """Which language each text is in, asked whether it is the one `expected` of it (a BCP-47
        tag or und). The answer is that tag itself where it is confirmed."""
        groups: dict[str, list[int]] = defaultdict(list)
        for place, tag in enumerate(expected):
            groups[tag].append(place)
        found = [NOTHING] * len(texts)
        for tag, places in groups.items():
            answers = self._identify([texts[place] for place in places], tag)
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        return found

    def _identify(self, texts: list[str], expected: str) -> list[LanguageScore]:
        if expected != _PART and not self._knows(family(expected)):
            expected = UND
        lines, counts = _cleaned(texts)
        weights = counts.weights()
        joint = weights.copy()
        joint[:, _HANI[0]] = weights[:, _HANI].sum(axis=1)
        joint[:, _HANI[1:]] = 0.0
        total = joint.sum(axis=1)
        top = joint.argmax(axis=1)
        rows = np.arange(len(lines))
        first = joint[rows, top]
        joint[rows, top] = 0.0
        second = joint.max(axis=1)
        mixed = (second >= SECOND_SHARE * total) & (second >= SECOND_WORDS)
        kana = weights[:, _KANA].sum(axis=1)
        found = [NOTHING] * len(lines)
        for place in np.unique(top[total > 0]).tolist():
            script = SCRIPTS[place]
            here = (top == place) & (total > 0)
            for row in np.flatnonzero(here & mixed).tolist():
                found[row] = LanguageScore(MIXED, float(first[row] / total[row]), None)
            here &= ~mixed
            single = LANGUAGE_OF_SCRIPT.get(script)
            if script == "Hani":
                japanese = here & (kana >= KANA_SHARE * first)
                for row in np.flatnonzero(japanese).tolist():
                    found[row] = _by_script("ja", script, float(first[row] / total[row]), expected)
                here &= ~japanese
            if single:
                for row in np.flatnonzero(here).tolist():
                    found[row] = _by_script(
                        single, script, float(first[row] / total[row]), expected
                    )
            elif script != OTHER:
                least = 2 if script in UNSPACED else self._min_letters
                enough = np.flatnonzero(here & (counts.scripts[:, place] >= least))
                if enough.size:
                    self._score(script, expected, lines, counts, enough, found)
        return found

    def _knows(self, language: str) -> bool:
        return language == UND or language in _TABLED or language in self._model_knows()

    def _score(
        self,
        script: str,
        expected: str,
        lines: Sequence[str],
        counts: LetterCounts,
        rows: NDArray[np.int64],
        found: list[LanguageScore],
    ) -> None:
        """Set `found` in these rows, which are all of one script."""
        key = (script, expected)
        if key not in self._scorers:
            self._scorers[key] = Scorer(script, expected, self._languages)
        scorer = self._scorers[key]
        asked = [lines[row] for row in rows]
        values, words = scorer.without_model(asked, counts.classes[rows])
        clear = np.ones(len(rows), dtype=bool)
        if script != "Hani":
            ordered = np.sort(values, axis=1)
            clear = ordered[:, -1] - ordered[:, -2] >= CLEAR_LEAD
            clear &= values.argmax(axis=1) < len(scorer.columns)
        others = [UND] * len(rows)
        unclear = np.flatnonzero(~clear)
        if unclear.size:
            said = [self._predict(asked[row]) for row in unclear]
            scores = scorer.with_model(values[unclear], said)
            values[unclear] = scores.values
            for row, other in zip(unclear.tolist(), scores.others, strict=True):
                others[row] = other
        answers = _decide(scorer.columns, Scores(values, others), expected)
        if expected != _PART:
            for row in scorer.maybe_mixed(words).tolist():
                if self._in_two_languages(asked[row]):
                    answers[row] = LanguageScore(MIXED, answers[row].probability, None)
        if script == "Hani" and (wanted := script_of_chinese(expected)):
            for row in np.flatnonzero(written_otherwise(wanted, counts.classes[rows])).tolist():
                other = "zh-Hant" if wanted == "Hans" else "zh-Hans"
                answers[row] = LanguageScore(other, answers[row].probability, -1.0)
        for row, answer in zip(rows.tolist(), answers, strict=True):
            found[row] = answer

    def _in_two_languages(self, line: str) -> bool:
        """Whether the halves of a line are clearly in two languages that are no relatives."""
        words = line.split()
        if len(words) < LEAST_MIXED_WORDS:
            return False
        middle = len(words) // 2
        halves = [" ".join(words[:middle]), " ".join(words[middle:])]
        one, other = self._identify(halves, _PART)
        clear = min(one.margin or 0.0, other.margin or 0.0) >= REFUTED
        return clear and not are_close(one.language, other.language)


def _cleaned(texts: list[str]) -> tuple[list[str], LetterCounts]:
    """The texts without links, handles, numbers and hidden characters, and their letters."""
    lines = [text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] for text in texts]
    counts = count_letters(lines)
    dirty = np.flatnonzero(~counts.plain)
    if not dirty.size:
        return lines, counts
    for row in dirty.tolist():
        lines[row] = visible(_NOISE.sub(" ", visible(lines[row])))
    again = count_letters([lines[row] for row in dirty])
    counts.scripts[dirty], counts.classes[dirty] = again.scripts, again.classes
    return lines, counts


def _by_script(language: str, script: str, share: float, expected: str) -> LanguageScore:
    wanted = family(expected)
    if language == wanted or (script != "Hani" and script in scripts_of_tag(expected)):
        return LanguageScore(expected, share, 1.0)
    return LanguageScore(language, share, 1.0 if wanted == UND else -1.0)


def _decide(columns: Sequence[str], scores: Scores, expected: str) -> list[LanguageScore]:
    wanted = family(expected)
    shares = scores.posterior()
    rows = np.arange(len(shares))
    if wanted == UND:
        asked = shares.argmax(axis=1)
        own = shares[rows, asked]
        shares[rows, asked] = -1.0
    elif wanted in columns:
        asked = np.full(len(shares), columns.index(wanted))
        own = shares[rows, asked]
        shares[rows, asked] = -1.0
    else:
        asked, own = np.full(len(shares), -1), np.zeros(len(shares))
    rival = shares.argmax(axis=1)
    other = shares[rows, rival]
    named = NAMED if wanted == UND else CONFIRMED
    answers = []
    margins = (own - other) / (own + other)
    found = [values.tolist() for values in (margins, own, other, asked, rival)]
    for (margin, mine, its, first, second), name in zip(
        zip(*found, strict=True), scores.others, strict=True
    ):
        if margin >= named:
            tag = expected if wanted != UND else columns[first] if first < len(columns) else name
            answers.append(LanguageScore(tag, mine, margin))
        elif margin < -REFUTED:
            tag = columns[second] if second < len(columns) else name
            answers.append(LanguageScore(tag, its, margin))
        else:
            answers.append(LanguageScore(UND, max(mine, its), margin))
    return answers
