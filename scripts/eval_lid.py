#!/usr/bin/env python3
"""Score language identification on short texts, beside the bare arg-max of the same model.

    python scripts/eval_lid.py --json
    python scripts/eval_lid.py --file captions.tsv --json      # language, tab, text
    python scripts/eval_lid.py --set tuning                    # what the weights were chosen on

Without --file the texts are the held-out ones of scripts/lid_texts.py, fetched into the model
cache on first use; --captions adds a folder with test_2016_flickr.LANGUAGE.gz. `und` counts as
wrong. Texts of five words count in both groups. Both sides are timed in turns, on texts of all
languages in equal shares, in processor time of this thread; `speed_ratio` is ours to the arg-max.
`neighbours_taken` is the share of texts in fifteen neighbouring languages that are taken for one
of the fourteen.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.models.cache import ModelCache
from scripts.lid_texts import (
    HELD_OUT,
    LANGUAGES,
    NEIGHBOURS,
    TUNING,
    Sample,
    n_words,
    read_tsv,
    samples,
)
from stages.filter.config import FilterConfig
from stages.filter.language.defaults import LID_176
from stages.filter.language.identify import Identifier
from stages.filter.language.model import PREFIX, FastTextModel
from stages.filter.language.tags import UND, family

GROUPS = {"3_5": (3, 5), "5_15": (5, 15)}
BATCH = 4000
TURNS = 5
TIMED_PER_LANGUAGE = 500
MOST_PER_SOURCE = 400

Answer = Callable[[Sequence[str]], list[str]]


def answerers(model: FastTextModel) -> tuple[Answer, Answer]:
    """Ours and the bare arg-max: texts to families."""
    config = FilterConfig()
    identifier = Identifier(
        model.predict,
        lambda: model.families,
        config.languages,
        config.min_letters_for_language,
    )

    def ours(texts: Sequence[str]) -> list[str]:
        found = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            found += [answer.language for answer in identifier.identify(batch, [UND] * len(batch))]
        return found

    def bare(texts: Sequence[str]) -> list[str]:
        return [model.best(text).removeprefix(PREFIX) for text in texts]

    return ours, bare


def accuracy(rows: Sequence[Sample], found: Sequence[str], group: str) -> float | None:
    least, most = GROUPS[group]
    right = [
        family(row.language) == answer
        for row, answer in zip(rows, found, strict=True)
        if least <= row.words <= most
    ]
    return round(sum(right) / len(right), 4) if right else None


def by_key(
    rows: Sequence[Sample], found: Sequence[str], bare: Sequence[str], key: str
) -> dict[str, Any]:
    """Accuracies of the rows of each language or source."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[getattr(row, key)].append(place)
    result = {}
    for name, own in sorted(places.items()):
        part = [rows[place] for place in own]
        result[name] = {
            "n": len(part),
            **{
                f"{label}_{group}": accuracy(part, [answers[place] for place in own], group)
                for group in GROUPS
                for label, answers in (("accuracy", found), ("baseline", bare))
            },
        }
    return result


def speed(rows: Sequence[Sample], ours: Answer, bare: Answer) -> dict[str, float]:
    """Texts per second of both, timed in turns."""
    chance = random.Random(0)
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        texts[row.language].append(row.text)
    timed = [t for own in texts.values() for t in chance.choices(own, k=TIMED_PER_LANGUAGE)]
    chance.shuffle(timed)
    spent: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(TURNS):
        for name, answer in (("ours", ours), ("bare", bare)):
            started = time.thread_time()
            answer(timed)
            spent[name].append(time.thread_time() - started)
    medians = {name: statistics.median(values) for name, values in spent.items()}
    return {
        "texts_per_s": round(len(timed) / medians["ours"]),
        "baseline_texts_per_s": round(len(timed) / medians["bare"]),
        "speed_ratio": round(medians["bare"] / medians["ours"], 2),
    }


def taken(rows: Sequence[Sample], answer: Answer) -> float:
    """Share of texts in other languages that are taken for one of ours."""
    found = answer([row.text for row in rows])
    return round(sum(language in LANGUAGES for language in found) / len(found), 4)


def captions(folder: Path) -> list[Sample]:
    found = []
    for path in sorted(folder.glob("test_2016_flickr.*.gz")):
        language = path.name.split(".")[1]
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        if language in LANGUAGES:
            found += [Sample(language, line, "captions", n_words(line)) for line in lines]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--file", type=Path, help="a TSV of language and text")
    parser.add_argument("--set", choices=("held-out", "tuning"), default="held-out")
    parser.add_argument("--captions", type=Path, help="a folder of captions to add")
    parser.add_argument("--model", default=LID_176, help="a fastText model reference")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    cache = ModelCache()
    model = FastTextModel(cache.ensure(options.model))
    ours, bare = answerers(model)
    sources = TUNING if options.set == "tuning" else HELD_OUT
    neighbours: list[Sample] = []
    if options.file:
        rows = read_tsv(options.file)
    else:
        rows = samples(sources, LANGUAGES, MOST_PER_SOURCE, cache)
        neighbours = samples(sources, NEIGHBOURS, MOST_PER_SOURCE, cache)
        rows += captions(options.captions) if options.captions else []
    texts = [row.text for row in rows]
    found, argmax = ours(texts), bare(texts)
    result: dict[str, Any] = {
        "accuracy_5_15": accuracy(rows, found, "5_15"),
        "accuracy_3_5": accuracy(rows, found, "3_5"),
        "baseline_5_15": accuracy(rows, argmax, "5_15"),
        "baseline_3_5": accuracy(rows, argmax, "3_5"),
        **speed(rows, ours, bare),
        "n": len(rows),
    }
    if neighbours:
        result["neighbours_taken"] = taken(neighbours, ours)
        result["baseline_neighbours_taken"] = taken(neighbours, bare)
    result["by_language"] = by_key(rows, found, argmax, "language")
    result["by_source"] = by_key(rows, found, argmax, "source")
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for key, value in result.items():
        if not isinstance(value, dict):
            print(f"{key:26}{value}")
    for key in ("by_language", "by_source"):
        for name, part in result[key].items():
            print(f"{name:16}" + "".join(f"{k}={v}  " for k, v in part.items()))


if __name__ == "__main__":
    main()
