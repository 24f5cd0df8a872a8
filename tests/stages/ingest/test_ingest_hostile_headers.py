"""Headers that claim what no video is are refused from the probe, before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hostile_headers as hostile
import pytest
from ingest_media import by_key, ingest

from schemas.outcomes import Outcome, Reason

HOURS_100_S = 360_000
FPS = 10_000_000
SIDE_PX = 65_535

ABSURD = (Outcome.FAILED, Reason.ABSURD_HEADER)
TOO_LONG = (Outcome.DROPPED, Reason.SOURCE_TOO_LONG)

CODED = {"mp4": b"mdat", "mkv": b"\x1f\x43\xb6\x75", "avi": b"movi"}
"""What stands before the coded pictures."""

Change = Callable[[bytes], bytes]

LIES: dict[str, tuple[str, Change, tuple[Outcome, Reason]]] = {
    "large.mp4": ("mp4", lambda d: hostile.mp4_size(d, SIDE_PX, SIDE_PX), ABSURD),
    "wide.mp4": ("mp4", lambda d: hostile.mp4_size(d, SIDE_PX, 1), ABSURD),
    "tall.mp4": ("mp4", lambda d: hostile.mp4_size(d, 2, 16_385), ABSURD),
    "many_pixels.mp4": ("mp4", lambda d: hostile.mp4_size(d, 16_000, 16_000), ABSURD),
    "fast.mp4": ("mp4", lambda d: hostile.mp4_frame_rate(d, FPS), ABSURD),
    "long.mp4": ("mp4", lambda d: hostile.mp4_length(d, HOURS_100_S, 0), TOO_LONG),
    "long_sound.mp4": ("mp4", lambda d: hostile.mp4_length(d, 20_000, 1), TOO_LONG),
    "large.mkv": ("mkv", lambda d: hostile.mkv_size(d, SIDE_PX, SIDE_PX), ABSURD),
    "fast.mkv": ("mkv", lambda d: hostile.mkv_frame_rate(d, FPS), ABSURD),
    "long.mkv": ("mkv", lambda d: hostile.mkv_length(d, HOURS_100_S), TOO_LONG),
    "large.avi": ("avi", lambda d: hostile.avi_size(d, SIDE_PX, SIDE_PX), ABSURD),
    "fast.avi": ("avi", lambda d: hostile.avi_frame_rate(d, FPS), ABSURD),
    "long.avi": ("avi", lambda d: hostile.avi_length(d, HOURS_100_S), TOO_LONG),
}


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("honest")
    return {
        "mp4": hostile.mp4(folder),
        "mkv": hostile.mkv(folder),
        "avi": hostile.avi(folder),
    }


def test_absurd_claims_are_refused_with_their_reasons(
    honest: dict[str, bytes], tmp_path: Path
) -> None:
    """Nothing was decoded for it: the answer is the same when the pictures are gone."""
    root = tmp_path / "in"
    root.mkdir()
    for name, (kind, change, _) in LIES.items():
        data = change(honest[kind])
        assert data != honest[kind]
        (root / name).write_bytes(data)
        (root / f"blank_{name}").write_bytes(hostile.without_pictures(data, CODED[kind]))
    for kind, data in honest.items():
        (root / f"honest.{kind}").write_bytes(data)
    rows = by_key(ingest(root, tmp_path / "run"))
    for name, (_, _, ending) in LIES.items():
        row, blank = rows[name], rows[f"blank_{name}"]
        assert (row["outcome"], row["reason"]) == ending, name
        assert row["detail"] == blank["detail"], name
        assert (blank["outcome"], blank["reason"]) == ending, name
        assert "ingest.max_" in row["detail"]
    for kind in honest:
        row = rows[f"honest.{kind}"]
        assert row["outcome"] == Outcome.KEPT
        assert (row["width"], row["height"]) == (hostile.WIDTH, hostile.HEIGHT)


def test_the_limits_are_the_users(honest: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(hostile.mp4_length(honest["mp4"], 20_000, 0))
    assert by_key(ingest(path, tmp_path / "a"))["v.mp4"]["outcome"] == Outcome.DROPPED
    wider = by_key(ingest(path, tmp_path / "b", max_duration_s=30_000))["v.mp4"]
    assert wider["outcome"] == Outcome.KEPT
    narrow = by_key(ingest(path, tmp_path / "c", max_duration_s=30_000, max_side_px=511))["v.mp4"]
    assert narrow["detail"] == "512x288 pixels; ingest.max_side_px = 511"


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_small_claim_does_not_hide_a_large_stream(
    honest: dict[str, bytes], tmp_path: Path, kind: str
) -> None:
    change = {"mp4": hostile.mp4_size, "mkv": hostile.mkv_size}[kind]
    path = tmp_path / f"v.{kind}"
    path.write_bytes(change(honest[kind], 16, 16))
    row = by_key(ingest(path, tmp_path / "run", max_pixels=100_000))[path.name]
    assert row["reason"] == Reason.ABSURD_HEADER
    assert "512x288" in row["detail"]


def test_tables_of_absurd_length_end_with_a_reason(
    honest: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(hostile.mp4_samples(honest["mp4"]))
    row = by_key(ingest(path, tmp_path / "run"))["v.mp4"]
    assert (row["outcome"], row["reason"]) == (Outcome.FAILED, Reason.OUT_OF_MEMORY)
