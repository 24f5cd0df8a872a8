"""Made films are what their truth says, and the same for the same seed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from scripts.shot_training import transitions
from scripts.shot_training.compose import Film, make_film
from scripts.shot_training.dataset import coded_views, view_of
from scripts.shot_training.footage import HEIGHT, WIDTH, Clip, Picture

SIZE = (96, 54)


def clip(seed: int, frames: int = 60) -> Clip:
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH + frames, 3)), (0, 0), 5)
    field = np.asarray(cv2.normalize(field, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    return Clip(f"clip{seed}", 30.0, np.stack([field[:, i : i + WIDTH] for i in range(frames)]))


CLIPS = [clip(seed) for seed in range(4)]


def film(seed: int, is_single: bool) -> Film:
    return make_film(np.random.default_rng(seed), CLIPS, SIZE, 120, is_single)


@pytest.mark.parametrize("seed", range(6))
def test_a_film_of_one_shot_has_no_boundary(seed: int) -> None:
    made = film(seed, is_single=True)
    assert len(made.frames) == 120
    assert not (made.cut | made.mixed | made.unsure).any()


@pytest.mark.parametrize("seed", range(6))
def test_cuts_and_transitions_do_not_overlap(seed: int) -> None:
    made = film(seed, is_single=False)
    assert len(made.cut) == len(made.mixed) == len(made.frames) >= 120
    assert not (made.cut & made.mixed).any()
    assert (made.cut | made.mixed).any()
    assert {picture.shape for picture in made.frames} == {(SIZE[1], SIZE[0], 3)}


def test_the_same_seed_makes_the_same_film() -> None:
    one, other = film(3, is_single=False), film(3, is_single=False)
    assert all(np.array_equal(a, b) for a, b in zip(one.frames, other.frames, strict=True))


@pytest.mark.parametrize("kind", list(transitions.KINDS))
@pytest.mark.parametrize("seed", range(4))
def test_a_transition_leads_from_one_to_the_other(kind: str, seed: int) -> None:
    def flat(level: int) -> list[Picture]:
        """Nearly: where all is equally bright, brightness gives no order to change in."""
        shade = np.broadcast_to(np.linspace(-9, 9, 96)[None, :, None], (54, 96, 3))
        return [(level + shade).astype(np.uint8) for _ in range(24)]

    rng = np.random.default_rng(seed)
    shown = transitions.mixed(rng, flat(60), flat(200), kind)
    assert len(shown) == 24
    assert abs(float(shown[0].mean()) - 60) < 40
    assert abs(float(shown[-1].mean()) - 200) < 60


def test_coded_films_keep_their_frames() -> None:
    made = film(5, is_single=False)
    views = list(coded_views(np.random.default_rng(1), made))
    assert len(views) == len(made.frames)
    plain = view_of(cv2.resize(made.frames[10], views[10].luma.shape[::-1]))
    assert np.abs(plain.luma.astype(int) - views[10].luma).mean() < 25
