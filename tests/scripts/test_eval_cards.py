"""The cards of scripts/eval_cards.py, and how it counts."""

from __future__ import annotations

import numpy as np
import pytest

from scripts import eval_cards
from scripts.eval_cards import KINDS, SIZES_PX, card, frames, score, words


@pytest.mark.parametrize("kind", KINDS)
def test_texts_differ_in_what_is_written_and_appear_at_the_same_moments(kind: str) -> None:
    one, other = (list(frames(kind, words(np.random.default_rng(seed), 30), 30)) for seed in (1, 2))
    assert len(one) == len(other) == 5 * eval_cards.FPS
    assert (one[-30] != other[-30]).any()
    blank = card([], 30)
    when = [[(frame != blank).any() for frame in shown] for shown in (one, other)]
    assert when[0] == when[1]


@pytest.mark.parametrize("height_px", SIZES_PX)
def test_writing_fits_on_its_card(height_px: int) -> None:
    for seed in range(20):
        written = card(words(np.random.default_rng(seed), height_px), height_px)
        edge = np.concatenate([written[:, -2:].ravel(), written[-2:].ravel()])
        assert set(np.unique(edge)) <= {60, 110}


def test_pairs_of_texts_count_once_and_copies_by_their_original() -> None:
    def row(name: str, cluster: str, inside: list[str]) -> dict[str, object]:
        found = [{"shot_id": other} for other in inside]
        return {"shot_id": name, "cluster_id": cluster, "contained_in": found}

    rows = [
        row("typed-14-0.mp4", "a", []),
        row("typed-14-0.logo.mp4", "a", []),
        row("typed-14-0.crop10.mp4", "c", []),
        row("typed-14-1.mp4", "a", []),
        row("typed-14-2.mp4", "b", ["typed-14-1.mp4"]),
        row("typed-20-0.mp4", "a", []),
        row("from_black-20-0.mp4", "e", []),
        row("from_black-20-0.logo.mp4", "f", []),
    ]
    found = score(rows, {str(each["shot_id"]): str(each["shot_id"]) for each in rows})
    assert found == {
        "pairs": 3,
        "false": 2,
        "false_by_kind": {"typed-14": 2},
        "false_elsewhere": [["typed-14-0", "typed-20-0"], ["typed-14-1", "typed-20-0"]],
        "copies": 2,
        "found": 1,
        "missed": ["typed-14-0.crop10.mp4"],
    }
