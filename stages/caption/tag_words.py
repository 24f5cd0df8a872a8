"""From a classifier's probabilities to tags: names of classes, and which are worth saying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.caption.clean import clean_text


@dataclass(frozen=True)
class Tag:
    """A class that is seen, and its mean probability over the keyframes."""

    name: str
    probability: float


def class_names(synsets: str, lemmas: str) -> list[str]:
    """One name for each class, the first that WordNet gives, in the order of the classes.

    `synsets` has one WordNet id per line; `lemmas` has an id, a tab and names with commas between
    them. Two senses of a word keep one name ("crane" is a bird and a machine). Raises ValueError.
    """
    named = dict(line.split("\t", 1) for line in lemmas.splitlines() if "\t" in line)
    ids = synsets.split()
    if missing := [identity for identity in ids if identity not in named]:
        raise ValueError(f"{len(missing)} classes have no name, the first is {missing[0]}")
    return [clean_text(named[identity].split(",")[0]) for identity in ids]


def chosen_tags(
    probabilities: NDArray[np.float32],
    names: list[str],
    min_first: float,
    min_other: float,
    max_tags: int,
) -> list[Tag]:
    """The surest classes over pictures, of `probabilities` (n, classes); surest first.

    Empty unless the first reaches `min_first`. What is on one picture of several gets a share of
    the mean, so a tag needs either several pictures or a sure one.
    """
    mean = probabilities.mean(axis=0, dtype=np.float64)
    order = np.argsort(-mean, kind="stable").tolist()
    if not order or mean[order[0]] < min_first:
        return []
    tags: dict[str, Tag] = {}
    for place, index in enumerate(order):
        if place > 0 and mean[index] < min_other:
            break
        tags.setdefault(names[index], Tag(names[index], float(mean[index])))
    return list(tags.values())[:max_tags]


def tag_sentence(tags: list[Tag]) -> str:
    """The caption: "Tags: sports car, convertible"."""
    return "Tags: " + ", ".join(tag.name for tag in tags)
