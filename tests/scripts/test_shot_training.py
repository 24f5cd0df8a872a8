"""Made films are what their truth says, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from scripts.shot_training import drawn, transitions
from scripts.shot_training.camera import there_and_back
from scripts.shot_training.compose import Film, make_film
from scripts.shot_training.dataset import SHARES, coded_views, kind_of, pools_of, view_of
from scripts.shot_training.footage import HEIGHT, WIDTH, Clip, Picture, Span, load_clip
from scripts.shot_training.textures import texture_clip

SIZE = (96, 54)


def clip(seed: int, frames: int = 60) -> Clip:
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH + frames, 3)), (0, 0), 5)
    field = np.asarray(cv2.normalize(field, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    return Clip(f"clip{seed}", 30.0, np.stack([field[:, i : i + WIDTH] for i in range(frames)]))


CLIPS = [clip(seed) for seed in range(4)]


def film(seed: int, is_single: bool) -> Film:
    is_unusual = seed % 2 == 1
    return make_film(np.random.default_rng(seed), CLIPS, SIZE, 120, is_single, is_unusual)


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


@pytest.mark.parametrize("kind", list(drawn.KINDS))
@pytest.mark.parametrize("seed", range(3))
def test_drawn_shots_are_mostly_ground(kind: str, seed: int) -> None:
    shot = drawn.drawn_clip(np.random.default_rng(seed), CLIPS, kind)
    assert shot.pictures.dtype == np.uint8
    assert shot.pictures.shape[1:] == (HEIGHT, WIDTH, 3)
    detail = cv2.Laplacian(shot.pictures[0][:, :, 0], cv2.CV_32F)
    assert (np.abs(detail) < 2).mean() > 0.4
    again = drawn.drawn_clip(np.random.default_rng(seed), CLIPS, kind)
    assert np.array_equal(shot.pictures, again.pictures)


@pytest.mark.parametrize("seed", range(4))
def test_textures_drift_over_one_picture(seed: int) -> None:
    shot = texture_clip(np.random.default_rng(seed))
    assert shot.pictures.dtype == np.uint8
    assert shot.pictures.shape[1:] == (HEIGHT, WIDTH, 3)
    assert shot.pictures[0, :, :, 0].std() > 8
    again = texture_clip(np.random.default_rng(seed))
    assert np.array_equal(shot.pictures, again.pictures)
    step = next(
        px
        for px in range(6)
        if np.array_equal(shot.pictures[0, :, px:], shot.pictures[1, :, : WIDTH - px])
    )
    assert step <= 4


def test_films_are_divided_by_their_shares() -> None:
    kinds = [kind_of(number, 2200) for number in range(2200)]
    assert kinds == sorted(kinds, key=list(SHARES).index)
    assert {kind: kinds.count(kind) for kind in SHARES} == {k: 200 * n for k, n in SHARES.items()}


def test_black_cards_that_hold_a_word_each_are_not_worth_arguing_about() -> None:
    def word(at: int) -> Clip:
        card = np.full((HEIGHT, WIDTH, 3), (0, 128, 128), np.uint8)
        card[80:84, at : at + 20, 0] = 255
        return Clip(f"word{at}", 25.0, np.stack([card] * 60))

    cards = [word(40), word(200)]
    made = [make_film(np.random.default_rng(k), cards, SIZE, 120, False, True) for k in range(8)]
    graded = [m for m in made if all(picture[0, 0, 0] < 3 for picture in m.frames)]
    assert graded
    for film in graded:
        assert film.unsure[film.cut].all()


def test_a_camera_goes_there_and_back() -> None:
    level = there_and_back(np.random.default_rng(2), 600, 30.0, 0.45)
    assert np.isclose(np.abs(level), 1).mean() > 0.8
    assert level.min() == -1
    assert level.max() == 1


def test_all_shots_of_a_video_are_in_one_pool() -> None:
    shots = [Span(Path(f"{k // 3}.mp4"), 5.0 * (k % 3), 5.0 * (k % 3) + 4) for k in range(30)]
    pools = pools_of(shots, 3)
    assert sorted(shot for pool in pools for shot in pool) == shots
    videos = [{shot.path for shot in pool} for pool in pools]
    assert sum(len(of) for of in videos) == 10


def test_a_shot_is_read_out_of_its_video(tmp_path: Path) -> None:
    path = tmp_path / "counting.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", 10)
        stream.width, stream.height, stream.pix_fmt = 32, 18, "yuv420p"
        for level in range(20):
            gray = np.full((27, 32), 20 + 10 * level, np.uint8)
            frame = av.VideoFrame.from_ndarray(gray, format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    clip = load_clip(Span(path, 0.5, 1.2))
    assert len(clip.pictures) == 7
    levels = clip.pictures[:, 0, 0, 0].astype(float)
    assert np.diff(levels) == pytest.approx(10 * 255 / 219, abs=1.01)
