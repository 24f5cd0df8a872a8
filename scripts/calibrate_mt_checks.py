#!/usr/bin/env python3
"""Measure what is usual for language pairs and models, for the checks on translations.

    python scripts/calibrate_mt_checks.py lengths --pair en-de --source a.en --target a.de \\
        --origin "our product texts" --into calibration.json
    python scripts/calibrate_mt_checks.py lexicon --pair en-de --source a.en --target a.de \\
        --into lexicons/
    python scripts/calibrate_mt_checks.py scores --run demo/run --into calibration.json
    python scripts/calibrate_mt_checks.py default --captions ../shared/corpus/captions

`lengths` and `lexicon` read files of lines (plain or .gz) that are translations of each other; a
lexicon learns from four lines in five and sets its limits on the fifth. `scores` reads a run's
translations that no check doubts. `default` writes the file that the package ships.

Then: --set translate.checks.calibration=calibration.json --set translate.checks.lexicon=lexicons/
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.query import fetch, open_run
from pipeline.storage import Storage
from schemas.outcomes import TextStatus
from scripts.mt_checks import fit
from scripts.mt_checks.parallel import CAPTION_LANGUAGES, grammar, grammar_languages, people
from stages.translate.checks.calibration import CalibrationFile, PairFigures, pair_key
from stages.translate.checks.pair import TextPair

DEFAULT = Path(__file__).parents[1] / "stages/translate/checks/calibration.json"
ABOUT = (
    "Lengths in visible characters: ratio of translation to source, and quantiles "
    f"({fit.TAIL:g} and {1 - fit.TAIL:g}) of the deviation from it over the square root of the "
    "source's length. Written by scripts/calibrate_mt_checks.py."
)
SCORE_TAIL = 0.005
SEED = 1
_LIMITS_EVERY = 5


def read_pairs(source: Path, target: Path, pair: str) -> list[TextPair]:
    """The lines of two files that have both sides."""
    first, _, second = pair.partition("-")
    if not first or not second:
        raise SystemExit(f"--pair {pair} is not of the form en-de")
    sides = [_lines(source), _lines(target)]
    if len(sides[0]) != len(sides[1]):
        raise SystemExit(f"{source} has {len(sides[0])} lines, {target} has {len(sides[1])}")
    lines = zip(*sides, strict=True)
    return [TextPair(a, b, first, second) for a, b in lines if a.strip() and b.strip()]


def default_file(captions: Path) -> CalibrationFile:
    """Pairs from English: people's captions where there are some, else the demo grammar's ratio
    with the widest spread that people's translations have, scaled to the ratio: what a grammar
    says is far more regular than what people and models write."""
    pairs: dict[str, PairFigures] = {}
    for tag in CAPTION_LANGUAGES:
        data = people(captions, tag)
        lines = fit.text_pairs([*data.learn, *data.limits], tag)
        origin = "figures of captions translated by people (Multi30k train and val)"
        pairs[pair_key("en", tag)] = fit.lengths(lines, origin)
    low = min(found.low / found.ratio for found in pairs.values())
    high = max(found.high / found.ratio for found in pairs.values())
    for tag in grammar_languages():
        if pair_key("en", tag) in pairs:
            continue
        data = grammar(tag)
        own = fit.lengths(fit.text_pairs([*data.learn, *data.limits], tag), "the demo grammar")
        pairs[pair_key("en", tag)] = own.model_copy(
            update={
                "low": round(min(own.low, low * own.ratio), 4),
                "high": round(max(own.high, high * own.ratio), 4),
                "spread_from": "the widest of the captions translated by people, times the ratio",
            }
        )
    return CalibrationFile(about=ABOUT, pairs=dict(sorted(pairs.items())))


def score_floors(run: str) -> dict[str, dict[str, float]]:
    """Model label -> pair -> low quantile of the scores of translations that nothing doubts."""
    rows = fetch(
        open_run(Storage(run)),
        "SELECT model, source_language, language, score FROM translations "
        "WHERE status = ? AND score IS NOT NULL",
        str(TextStatus.AUTO),
    )
    scores: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        key = pair_key(row["source_language"], row["language"])
        scores.setdefault(row["model"], {}).setdefault(key, []).append(row["score"])
    return {
        model: {
            key: round(float(np.quantile(found, SCORE_TAIL)), 4)
            for key, found in sorted(pairs.items())
        }
        for model, pairs in sorted(scores.items())
    }


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    if args.what == "default":
        _write(args.into, default_file(args.captions))
    elif args.what == "scores":
        file = _read(args.into)
        _write(args.into, file.model_copy(update={"scores": file.scores | score_floors(args.run)}))
    else:
        found = read_pairs(args.source, args.target, args.pair)
        source, target = found[0].source_language, found[0].target_language
        if args.what == "lengths":
            file = _read(args.into)
            entry = {pair_key(source, target): fit.lengths(found, args.origin)}
            _write(args.into, file.model_copy(update={"pairs": file.pairs | entry}))
        else:
            args.into.mkdir(parents=True, exist_ok=True)
            learn = [pair for i, pair in enumerate(found) if i % _LIMITS_EVERY]
            limits = found[::_LIMITS_EVERY]
            path = fit.write_lexicon(args.into, source, target, fit.lexicon(learn, limits, SEED))
            print(f"wrote {path}, from {len(learn)} pairs")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="what", required=True)
    for name in ("lengths", "lexicon"):
        command = commands.add_parser(name)
        command.add_argument("--pair", required=True, help="source-target, such as en-de")
        command.add_argument("--source", type=Path, required=True, help="file of lines")
        command.add_argument("--target", type=Path, required=True, help="their translations")
        command.add_argument("--into", type=Path, required=True)
        if name == "lengths":
            command.add_argument("--origin", required=True, help="what the text is, in words")
    scores = commands.add_parser("scores")
    scores.add_argument("--run", required=True, help="run folder")
    scores.add_argument("--into", type=Path, required=True)
    default = commands.add_parser("default")
    default.add_argument("--captions", type=Path, required=True)
    default.add_argument("--into", type=Path, default=DEFAULT)
    return parser


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return text.splitlines()


def _read(path: Path) -> CalibrationFile:
    """The file to add to; the packaged one's pairs where it is new."""
    return CalibrationFile.model_validate_json((path if path.exists() else DEFAULT).read_bytes())


def _write(path: Path, file: CalibrationFile) -> None:
    path.write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}: {len(file.pairs)} pairs, scores of {len(file.scores)} models")


if __name__ == "__main__":
    sys.exit(main())
