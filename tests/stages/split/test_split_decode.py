"""The decode pass counts every frame once, at its own time, in every container."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from split_media import X264, Scripted, ffmpeg, joined, plain_pts, request_for, scene

from schemas.outcomes import BoundaryKind, ItemError, Outcome, Reason
from stages.split import one_pass
from stages.split.decode import decode_source
from stages.split.one_pass import AUDIO_FILE, KEYFRAMES_FILE, ended_early
from stages.split.shots import ShotDraft
from stages.split.signature import unpack
from stages.split.spans import Boundary

CONTAINERS = [
    "three.mp4",
    "bframes.mp4",
    "offset.ts",
    "three.mkv",
    "three.avi",
    "vfr.mp4",
    "odd_size.mp4",
    "ten_bit.mp4",
    "long_audio.mp4",
    "late_audio.mp4",
    "vp8.webm",
    "rotated.mp4",
]


def pictures(shot: ShotDraft, folder: Path) -> list[np.ndarray]:
    data = (folder / KEYFRAMES_FILE).read_bytes()
    return [
        cv2.imdecode(np.frombuffer(data, np.uint8, k.size_bytes, k.offset), cv2.IMREAD_COLOR)
        for k in shot.keyframes
    ]


@pytest.mark.parametrize("name", CONTAINERS)
def test_frames_and_times_are_those_of_a_plain_decode(
    media: Path, tmp_path: Path, name: str
) -> None:
    path = media / name
    result = decode_source(request_for(path, tmp_path, edge_trim_frames=0, max_duration_s=1.5))
    pts = plain_pts(path)
    assert result.n_frames == len(pts)
    assert result.n_decode_errors == 0
    assert not result.is_partial
    assert result.is_vfr == (name == "vfr.mp4")
    rows = [shot.row for shot in result.shots]
    assert rows[0]["start_frame"] == 0
    assert rows[-1]["end_frame"] == len(pts)
    for before, after in pairwise(rows):
        assert before["end_frame"] == after["start_frame"]
        assert before["end_pts"] == after["start_pts"]
        assert before["cover_end_s"] == after["cover_start_s"]
    for row in rows:
        assert row["start_pts"] == pts[row["start_frame"]]
        base = Fraction(row["time_base"])
        assert row["start_s"] == pytest.approx(float((row["start_pts"] - pts[0]) * base))
        assert row["end_s"] == pytest.approx(float((row["end_pts"] - pts[0]) * base))
        assert row["n_frames"] == row["end_frame"] - row["start_frame"]
    usual = np.median(np.diff(pts))
    assert rows[-1]["end_pts"] - pts[-1] == pytest.approx(usual, abs=max(1, 0.1 * usual))


@pytest.mark.parametrize("name", ["three.mp4", "bframes.mp4", "offset.ts", "three.mkv"])
def test_cuts_are_found_where_they_are(media: Path, tmp_path: Path, name: str) -> None:
    result = decode_source(request_for(media / name, tmp_path))
    starts = [shot.row["start_frame"] for shot in result.shots]
    assert starts == [0, 61, 121]
    kinds = [(shot.row["start_kind"], shot.row["end_kind"]) for shot in result.shots]
    cut, start, end = BoundaryKind.CUT, BoundaryKind.START, BoundaryKind.END
    assert kinds == [(start, cut), (cut, cut), (cut, end)]
    assert [shot.row["start_score"] is None for shot in result.shots] == [True, False, False]


def test_keyframes_show_their_frames(media: Path, tmp_path: Path) -> None:
    path = media / "three.mp4"
    result = decode_source(request_for(path, tmp_path, keyframe_long_side_px=200))
    with av.open(str(path)) as container:
        frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    for shot in result.shots:
        row = shot.row
        assert 1 <= len(shot.keyframes) <= 3
        middle = shot.keyframes[0]
        assert middle.time_s == pytest.approx((row["start_s"] + row["end_s"]) / 2, abs=0.25)
        assert len({k.frame for k in shot.keyframes}) == len(shot.keyframes)
        for keyframe, picture in zip(shot.keyframes, pictures(shot, tmp_path), strict=True):
            assert row["start_frame"] <= keyframe.frame < row["end_frame"]
            assert picture.shape[:2] == (keyframe.height, keyframe.width) == (112, 200)
            errors = [
                np.abs(cv2.resize(frame, (200, 112)).astype(int) - picture).mean()
                for frame in frames[row["start_frame"] : row["end_frame"]]
            ]
            assert errors[keyframe.frame - row["start_frame"]] <= min(errors) + 0.1


def test_rotation_turns_pictures_and_not_numbers(media: Path, tmp_path: Path) -> None:
    upright = decode_source(request_for(media / "three.mp4", tmp_path / "a"))
    turned = decode_source(request_for(media / "rotated.mp4", tmp_path / "b", rotation_deg=90))
    for before, after in zip(upright.shots, turned.shots, strict=True):
        assert before.row["start_pts"] == after.row["start_pts"]
        pairs = zip(pictures(before, tmp_path / "a"), pictures(after, tmp_path / "b"), strict=True)
        for stored, shown in pairs:
            expected = cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE)
            assert shown.shape == expected.shape
            assert np.abs(expected.astype(int) - shown).mean() < 3


def test_pan_is_measured_as_displayed(tmp_path: Path) -> None:
    """A camera that pans right over a still picture, once stored upright and once turned."""
    world = tmp_path / "world.png"
    ffmpeg(*scene("mandel", 1, "1280x360"), "-frames:v", "1", world)
    view = "crop=320:180:'400+n*6.4':90,setsar=1"  # 0.6 frame widths per second at 30 fps
    loop = ["-loop", "1", "-framerate", "30", "-t", "1.5", "-i", world, "-vf"]
    ffmpeg(*loop, view, *X264, tmp_path / "pan.mp4")
    ffmpeg(*loop, f"{view},transpose=cclock", *X264, tmp_path / "pan_turned.mp4")
    for name, rotation in (("pan.mp4", 0), ("pan_turned.mp4", 90)):
        request = request_for(tmp_path / name, tmp_path / "out", rotation_deg=rotation)
        (shot,) = decode_source(request).shots
        assert shot.row["pan_x"] == pytest.approx(0.6, abs=0.05)
        assert shot.row["pan_y"] == pytest.approx(0.0, abs=0.05)


def test_letterbox_becomes_a_border_and_leaves_the_signature(tmp_path: Path) -> None:
    original = joined(tmp_path / "plain.mp4", ["mandel"], 2.0)
    boxed = tmp_path / "boxed.mp4"
    ffmpeg("-i", original, "-vf", "scale=320:136,pad=320:180:0:22", *X264, boxed)
    shots = [
        decode_source(request_for(path, tmp_path / "out", detector="none")).shots[0].row
        for path in (original, boxed)
    ]
    assert shots[0]["border_top"] == 0.0
    assert shots[1]["border_top"] == pytest.approx(22 / 180, abs=0.02)
    assert shots[1]["border_bottom"] == pytest.approx(22 / 180, abs=0.02)
    a, b = (unpack(row["signature"]).film for row in shots)
    assert np.abs(a - b).mean() < 0.2 * np.abs(a).mean()


def test_audio_keeps_its_place(media: Path, tmp_path: Path) -> None:
    late = decode_source(request_for(media / "late_audio.mp4", tmp_path))
    assert late.audio_start_s == pytest.approx(0.5, abs=0.05)
    assert late.audio_duration_s == pytest.approx(1.0, abs=0.06)
    with av.open(str(tmp_path / AUDIO_FILE)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.sample_rate, stream.codec_context.layout.name) == (
            16_000,
            "mono",
        )
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(stream)])
    assert len(samples) / 16_000 == pytest.approx(late.audio_duration_s)
    spectrum = np.abs(np.fft.rfft(samples))
    loudest_hz = np.argmax(spectrum) * 16_000 / len(samples)
    assert loudest_hz == pytest.approx(440, abs=2)
    assert late.shots[0].row["audio_rms_db"] == pytest.approx(-24, abs=3)


def test_audio_may_outlast_the_video_or_be_missing(media: Path, tmp_path: Path) -> None:
    longer = decode_source(request_for(media / "long_audio.mp4", tmp_path))
    assert longer.duration_s == pytest.approx(2.0, abs=0.01)
    assert longer.audio_duration_s == pytest.approx(3.5, abs=0.1)
    silent = decode_source(request_for(media / "three.mp4", tmp_path))
    assert silent.audio_start_s is None
    assert "audio_rms_db" not in silent.shots[0].row


def test_the_same_source_gives_the_same_bytes(media: Path, tmp_path: Path) -> None:
    results = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        result = decode_source(request_for(media / "late_audio.mp4", folder))
        files = [(folder / name).read_bytes() for name in (AUDIO_FILE, KEYFRAMES_FILE)]
        results.append((result, files))
    assert results[0] == results[1]


def test_a_truncated_file_gives_what_lies_before_the_damage(media: Path, tmp_path: Path) -> None:
    whole = media / "three.mp4"
    faststart = tmp_path / "faststart.mp4"
    ffmpeg("-i", whole, "-c", "copy", "-movflags", "faststart", faststart)
    cut_off = tmp_path / "cut_off.mp4"
    data = faststart.read_bytes()
    cut_off.write_bytes(data[: len(data) * 2 // 3])
    result = decode_source(request_for(cut_off, tmp_path / "out"))
    assert result.is_partial
    assert 30 < result.n_frames < 180
    assert result.shots[0].row["outcome"] == Outcome.KEPT
    assert result.shots[-1].row["end_kind"] == BoundaryKind.DAMAGE
    assert result.shots[-1].row["cover_end_s"] == pytest.approx(result.duration_s)


def test_damage_in_the_middle_is_counted_and_passed(media: Path, tmp_path: Path) -> None:
    data = bytearray((media / "offset.ts").read_bytes())
    rng = np.random.default_rng(0)
    third = len(data) // 3
    data[third : third + 4000] = rng.integers(0, 256, 4000).astype(np.uint8).tobytes()
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(bytes(data))
    result = decode_source(request_for(damaged, tmp_path / "out"))
    assert result.n_decode_errors > 0
    assert 100 < result.n_frames <= 180
    assert result.duration_s == pytest.approx(6.0, abs=0.2)


def test_a_stream_without_a_decodable_frame_fails(media: Path, tmp_path: Path) -> None:
    data = bytearray((media / "three.mp4").read_bytes())
    start = data.index(b"mdat") + 4
    end = data.find(b"moov", start)
    end = len(data) if end < 0 else end - 4
    data[start:end] = b"\xa5" * (end - start)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(data))
    with pytest.raises(ItemError) as caught:
        decode_source(request_for(broken, tmp_path / "out"))
    assert caught.value.reason == Reason.DECODE_FAILED


def test_memory_does_not_grow_with_the_length_of_a_shot(tmp_path: Path) -> None:
    """What is open of an uncut video is bounded by max_duration_s, and so is its spool."""
    from stages.split import shots

    video = tmp_path / "long.mp4"
    ffmpeg(*scene("test", 60, "64x36", "10"), *X264, video)
    most_open = 0
    relieve = shots.ShotBuilder.relieve

    def watched(self: shots.ShotBuilder, settled: int) -> None:
        nonlocal most_open
        relieve(self, settled)
        most_open = max(most_open, len(self.seen.pts))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shots.ShotBuilder, "relieve", watched)
        result = decode_source(
            request_for(video, tmp_path / "out", detector="none", max_duration_s=5)
        )
    assert result.n_frames == 600
    assert len(result.shots) == 12
    assert most_open <= 2 * 5 * 10 + 2


def test_too_many_shots_stop_the_pass(media: Path, tmp_path: Path) -> None:
    options = {"detector": "fixed", "fixed_length_s": 0.5, "max_shots_per_source": 3}
    result = decode_source(request_for(media / "three.mp4", tmp_path, **options))
    assert result.has_too_many_shots
    assert result.n_frames < 180


@pytest.mark.parametrize(
    ("decoded_s", "stream_s", "container_s", "n_errors", "stopped", "early"),
    [
        (10.0, 10.0, 10.0, 0, False, False),
        (9.9, 10.0, 10.0, 3, False, False),
        (6.0, 10.0, 10.0, 3, False, True),
        (6.0, 10.0, 10.0, 0, False, True),
        (9.2, 10.0, 10.0, 0, False, False),
        (6.0, 10.0, 6.0, 0, False, False),
        (6.0, None, 10.0, 0, False, False),
        (6.0, None, 10.0, 1, False, True),
        (6.0, None, None, 9, False, False),
        (9.9, 10.0, 10.0, 0, True, True),
    ],
)
def test_when_a_video_counts_as_partial(
    decoded_s: float,
    stream_s: float | None,
    container_s: float | None,
    n_errors: int,
    stopped: bool,
    early: bool,
) -> None:
    assert ended_early(decoded_s, stream_s, container_s, n_errors, stopped) is early


@pytest.mark.parametrize("trims", [True, False])
@pytest.mark.parametrize("n_before", [0, 3])
def test_a_transition_at_either_end_of_the_video_is_no_boundary(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trims: bool, n_before: int
) -> None:
    """There is no shot before it, or behind; its frames are left out all the same."""
    n = len(plain_pts(media / "three.mp4"))
    found = [
        Boundary(20, BoundaryKind.GRADUAL, 0.9, n_before, 40),
        Boundary(90, BoundaryKind.CUT, 1.0),
        Boundary(n - 8, BoundaryKind.GRADUAL, 0.9, n - 20, n - n_before),
    ]
    monkeypatch.setattr(one_pass, "make_detector", lambda *_: Scripted(found, lag=30))
    options = {"trim_transitions": trims, "edge_trim_frames": 0}
    result = decode_source(request_for(media / "three.mp4", tmp_path, **options))
    first, last = (shot.row for shot in result.shots)
    start, end = (40, n - 20) if trims else (0, n)
    assert (first["start_frame"], first["end_frame"]) == (start, 90)
    assert (last["start_frame"], last["end_frame"]) == (90, end)
    assert (first["start_kind"], last["end_kind"]) == (BoundaryKind.START, BoundaryKind.END)
    assert [shot.cover for shot in result.shots] == [(0, 90), (90, n)]
