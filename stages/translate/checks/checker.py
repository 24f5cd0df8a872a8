"""What the checks need from outside, loaded once per process: figures, lexicons, language ID."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from stages.base import StageError
from stages.filter.language.defaults import MIN_LETTERS
from stages.filter.language.identify import Identifier, LanguageScore
from stages.filter.language.model import FastTextModel
from stages.translate.checks.calibration import Calibration, CalibrationFile, pair_key
from stages.translate.checks.judge import Evidence, judge
from stages.translate.checks.lexicon import Lexicon, of_json
from stages.translate.checks.pair import TextPair
from stages.translate.checks.result import Check
from stages.translate.config_checks import ChecksConfig


class Checker:
    """Runs every check. `languages`: those that the run translates into."""

    def __init__(self, config: ChecksConfig, languages: Sequence[str]) -> None:
        self.config = config
        self.languages = list(languages)
        self._language_model: FastTextModel | None = None
        self._identifiers: dict[str, Identifier] = {}
        self._calibration = Calibration({}, {})
        self._lexicon_folder: Path | None = None
        self._lexicons: dict[str, Lexicon | None] = {}

    def load(self, model: Callable[[str], Path]) -> None:
        """Open what the config names; `model` gives the place of a reference. Raises
        StageError for a file that cannot be used."""
        self._calibration = read_calibration(model(self.config.calibration))
        if self.config.lexicon:
            self._lexicon_folder = model(self.config.lexicon)
        if self.config.language_model:
            self._language_model = FastTextModel(model(self.config.language_model))

    def judge_all(self, items: Sequence[tuple[TextPair, Evidence]]) -> list[list[Check]]:
        """All checks of each translation. Languages are identified here, all at once."""
        found = self._identified([pair for pair, _ in items])
        return [
            judge(
                pair,
                replace(evidence, language=language),
                self.config,
                self._calibration,
                self._lexicon(pair_key(pair.source_language, pair.target_language)),
            )
            for (pair, evidence), language in zip(items, found, strict=True)
        ]

    def _identified(self, pairs: Sequence[TextPair]) -> Sequence[LanguageScore | None]:
        """What each translation looks like. The languages of the run and of the source are
        candidates, as an untranslated text is in the latter."""
        model = self._language_model
        if model is None:
            return [None] * len(pairs)
        found: list[LanguageScore | None] = [None] * len(pairs)
        for source in sorted({pair.source_language for pair in pairs}):
            if source not in self._identifiers:
                self._identifiers[source] = Identifier(
                    model.predict, lambda: model.families, [*self.languages, source], MIN_LETTERS
                )
            places = [i for i, pair in enumerate(pairs) if pair.source_language == source]
            answers = self._identifiers[source].identify(
                [pairs[i].target for i in places], [pairs[i].target_language for i in places]
            )
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        return found

    def _lexicon(self, key: str) -> Lexicon | None:
        if key not in self._lexicons:
            path = self._lexicon_folder / lexicon_name(key) if self._lexicon_folder else None
            self._lexicons[key] = read_lexicon(path) if path and path.exists() else None
        return self._lexicons[key]


def lexicon_name(key: str) -> str:
    """File of a pair such as en-de in a lexicon folder."""
    return f"lexicon-{key}.json.gz"


def read_calibration(path: Path) -> Calibration:
    """Raises StageError when the file is missing or is none."""
    try:
        return Calibration.of(CalibrationFile.model_validate_json(path.read_bytes()))
    except OSError as error:
        raise StageError(f"calibration of translation checks {path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise StageError(
            f"calibration of translation checks {path}: {where}: {first['msg']}"
        ) from error


def read_lexicon(path: Path) -> Lexicon:
    """Raises StageError when the file is none."""
    try:
        return of_json(json.loads(gzip.decompress(path.read_bytes())))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StageError(
            f"lexicon {path} cannot be used: {type(error).__name__}: {error}; write it again with "
            "scripts/calibrate_mt_checks.py"
        ) from error
