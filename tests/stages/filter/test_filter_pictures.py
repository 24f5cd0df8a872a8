"""What is seen on keyframes: overlays, recorded screens, and ratings of ONNX models."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choice_rows import split_choices
from numpy.typing import NDArray
from test_filter_stage import caption, selection, shot, source

from pipeline.testing import local_worker
from schemas.outcomes import ItemError, Reason
from stages.base import StageError
from stages.filter.config import FilterConfig
from stages.filter.picture_figures import overlay_share, screen_share
from stages.filter.pictures import PictureRater, decoded, luma
from stages.filter.stage import FilterStage

HEIGHT, WIDTH = 90, 160


def moving(n: int = 3, seed: int = 0) -> NDArray[np.float32]:
    """Smooth pictures that have nothing to do with each other."""
    import cv2

    chance = np.random.default_rng(seed)
    coarse = chance.uniform(30, 220, (n, 6, 10)).astype(np.float32)
    return np.stack([cv2.resize(picture, (WIDTH, HEIGHT)) for picture in coarse])


def with_logo(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    marked = pictures.copy()
    for left in range(120, 152, 8):
        marked[:, 70:82, left : left + 4] = 255.0
    return marked


def screen() -> NDArray[np.uint8]:
    """An editor's window with lines of text."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (640, 360), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 640, 30), fill=(40, 60, 90))
    draw.rectangle((0, 30, 110, 360), fill=(225, 230, 235))
    for line in range(10):
        draw.text((130, 50 + line * 28), f"def function_{line}(value):", fill=(20, 20, 20))
    return np.asarray(image)


def jpeg(image: NDArray[np.uint8]) -> bytes:
    import cv2

    _, data = cv2.imencode(".jpg", image[:, :, ::-1])
    return data.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_a_logo_on_a_moving_picture_is_an_overlay(seed: int) -> None:
    plain = overlay_share(moving(seed=seed))
    marked = overlay_share(with_logo(moving(seed=seed)))
    assert plain is not None
    assert marked is not None
    assert plain < 0.002 < 0.004 < marked


def test_where_nothing_moves_an_overlay_cannot_be_told() -> None:
    still = np.repeat(moving(1), 3, axis=0)
    assert overlay_share(with_logo(still)) is None
    assert overlay_share(moving(1)) is None


def test_a_screen_is_flat_and_straight_and_a_picture_is_not() -> None:
    assert screen_share(luma(screen())) > 0.3
    chance = np.random.default_rng(0)
    noise = chance.uniform(0, 255, (90, 160)).astype(np.float32)
    for picture in (moving(1)[0], noise, np.zeros((90, 160), np.float32)):
        assert screen_share(picture) < 0.05
    assert screen_share(np.zeros((4, 4), np.float32)) == 0.0


def field(number: int, value: bytes | int | str) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += struct.pack("B", value & 0x7F | 0x80)
        value >>= 7
    return out + struct.pack("B", value)


def mean_model(path: Path, axes: tuple[int, ...] = (1, 2, 3), dims: int = 4) -> Path:
    """An ONNX model that gives the mean of its input over `axes`."""
    sizes = [field(1, field(2, "n")), *[field(1, field(1, size)) for size in (3, 16, 16)]]
    tensor = field(1, 1) + field(2, b"".join(sizes[:dims]))
    given = field(1, "x") + field(2, field(1, tensor))
    made = field(1, "y") + field(2, field(1, field(1, 1)))
    over = field(1, "axes") + b"".join(field(8, axis) for axis in axes) + field(20, 7)
    keep = field(1, "keepdims") + field(3, 0) + field(20, 2)
    node = field(1, "x") + field(2, "y") + field(4, "ReduceMean") + field(5, over) + field(5, keep)
    graph = field(1, node) + field(2, "g") + field(11, given) + field(12, made)
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
    return path


def test_a_picture_model_rates_the_mean_over_keyframes(tmp_path: Path) -> None:
    rater = PictureRater(mean_model(tmp_path / "mean.onnx"))
    black, white = np.zeros((90, 160, 3), np.uint8), np.full((50, 50, 3), 255, np.uint8)
    ratings = [rater.rate([image]) for image in (black, white)]
    assert ratings[0] is not None
    assert ratings[1] is not None
    assert ratings[0] < 0 < ratings[1]
    assert rater.rate([black, white]) == pytest.approx(sum(r for r in ratings if r) / 2)
    assert rater.rate([]) is None


def test_a_model_of_another_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="not one"):
        PictureRater(mean_model(tmp_path / "flat.onnx", axes=(1,), dims=2))
    with pytest.raises(StageError, match="gives 3 numbers"):
        PictureRater(mean_model(tmp_path / "many.onnx", axes=(2, 3)))
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(StageError, match="cannot be loaded"):
        PictureRater(tmp_path / "no.onnx")


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_a_broken_keyframe_is_an_item_error(data: bytes) -> None:
    with pytest.raises(ItemError) as caught:
        decoded(data)
    assert caught.value.reason == Reason.UNREADABLE


def clip_scores(tmp_path: Path, data: bytes, **config: Any) -> Any:
    """The clip's row of a unit whose only keyframe has these bytes."""
    from pipeline.testing import run_unit_stage

    worker = local_worker(tmp_path)
    worker.storage.write_bytes("packs/frames-x.tar", data)
    worker.close()
    ref = {"pack": "packs/frames-x.tar", "offset": 0, "size_bytes": len(data)}
    frame = ref | {"time_s": 1.0, "frame": 25, "width": 640, "height": 360}
    inputs = {
        "sources": [source()],
        "shots": [shot(keyframes=[frame])],
        "selections": [selection()],
        **split_choices([caption()]),
        "translations": [],
    }
    stage = FilterStage(FilterConfig(**{"language_model": None} | config))
    rows = run_unit_stage(stage, tmp_path, inputs).tables["verdicts"]
    return next(row for row in rows if row["scope"] == "clip")


def test_keyframes_are_scored_and_safety_only_tags(tmp_path: Path) -> None:
    model = str(mean_model(tmp_path / "mean.onnx"))
    row = clip_scores(tmp_path, jpeg(screen()), nsfw_model=model, aesthetic_model=model)
    scores = {score["rule"]: score["value"] for score in row["scores"]}
    assert scores["max_screen_share"] > 0.2
    assert scores["max_overlay_share"] is None
    assert scores["max_nsfw"] == scores["min_aesthetic"] > 0.5
    assert (row["outcome"], row["tags"]) == ("kept", ["unsafe"])
    strict = clip_scores(tmp_path / "b", jpeg(screen()), max_screen_share=0.1)
    assert strict["reason"] == "screen_recording"


def test_a_damaged_keyframe_costs_only_its_clip(tmp_path: Path) -> None:
    row = clip_scores(tmp_path, b"damaged")
    assert (row["outcome"], row["reason"]) == ("failed", "unreadable")
