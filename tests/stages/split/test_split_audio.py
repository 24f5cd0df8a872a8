"""Sound stays where its times say, however the codec hands it over."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.audio import RATE_HZ, AudioTrack

AAC_FRAME_S = 1024 / 44_100


def clicks(start_s: float, length_s: float, rate_hz: int) -> NDArray[np.float32]:
    """Silence with a short tone at every whole half second of the clock."""
    times = start_s + np.arange(round(length_s * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2e3 * np.pi * times) * (times % 0.5 < 0.02), np.float32)


def frames_of(
    sound: NDArray[np.float32], start_s: float, rate_hz: int, layout: str, size: int
) -> Iterator[av.AudioFrame]:
    channels = 2 if layout == "stereo" else 1
    for at in range(0, len(sound), size):
        part = np.tile(sound[at : at + size], (channels, 1))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", layout)
        frame.sample_rate, frame.time_base = rate_hz, Fraction(1, 1_000_000)
        frame.pts = round((start_s + at / rate_hz) * 1e6)
        yield frame


def heard(path: Path) -> list[float]:
    """Times at which tones begin, from the first sample of the file on."""
    with av.open(str(path)) as container:
        wave = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    loud = np.flatnonzero(np.abs(wave.astype(float)) > 4000)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-RATE_HZ) > RATE_HZ // 10)]
    return [float(start / RATE_HZ) for start in starts]


@settings(max_examples=8, deadline=None)
@given(
    size=st.sampled_from([160, 1024, 1152, 9000, 48_000]),
    gap_s=st.sampled_from([0.0, 0.25, 1.5]),
    second=st.sampled_from([(44_100, "stereo"), (48_000, "mono"), (22_050, "stereo")]),
)
def test_tones_stay_in_their_place_over_gaps_and_changes_of_format(
    tmp_path_factory: pytest.TempPathFactory, size: int, gap_s: float, second: tuple[int, str]
) -> None:
    track = AudioTrack(tmp_path_factory.mktemp("audio") / "audio.flac")
    parts = [(0.0, 1.75, 44_100, "stereo"), (1.75 + gap_s, 1.5, *second)]
    for start_s, length_s, rate_hz, layout in parts:
        sound = clicks(start_s, length_s, rate_hz)
        for frame in frames_of(sound, start_s, rate_hz, layout, size):
            track.add(frame)
    assert track.close()
    spoken = [(at, at + length) for at, length, *_ in parts]
    halves = np.arange(0, spoken[-1][1], 0.5)
    expected = [t for t in halves if any(low <= t < high for low, high in spoken)]
    assert heard(track.path) == pytest.approx(expected, abs=AAC_FRAME_S)
    assert track.duration_s == pytest.approx(spoken[-1][1], abs=AAC_FRAME_S)


def test_sound_that_overlaps_is_taken_once(tmp_path: Path) -> None:
    track = AudioTrack(tmp_path / "audio.flac")
    for start_s in (0.0, 0.75):
        for frame in frames_of(clicks(start_s, 1.0, 44_100), start_s, 44_100, "mono", 1024):
            track.add(frame)
    assert track.close()
    assert heard(track.path) == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=AAC_FRAME_S)
    assert track.duration_s == pytest.approx(1.75, abs=AAC_FRAME_S)


def test_a_source_without_a_sample_has_no_file(tmp_path: Path) -> None:
    track = AudioTrack(tmp_path / "audio.flac")
    assert not track.close()
    assert not track.path.exists()
