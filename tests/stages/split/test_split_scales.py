"""Longer clips: every scale tiles the source, clips nest, nothing reaches over what was dropped,
and ends lie in pauses of the sound where there are some."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_media import X264, ffmpeg, request_for, scene

from schemas.outcomes import BoundaryKind, Outcome, Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.split.config import SplitConfig
from stages.split.decode import decode_source
from stages.split.figure_loudness import WINDOW_SAMPLES, window_energies
from stages.split.joined import figures_of, keyframes_of
from stages.split.pauses import Pause, find_pauses
from stages.split.scales import LEAST_SHARE, MOST_SHARE, FrameTimes, larger_clips
from stages.split.shots import ShotDraft
from stages.split.spooled import Spooled

FPS = 10
RATE_HZ = 16_000


def draft(index: int, start: int, end: int, is_kept: bool, trim: int = 0) -> ShotDraft:
    clip_start, clip_end = (start + trim, end - trim) if is_kept else (start, end)
    row: Row = {
        "index": index,
        "scale": 0,
        "start_frame": clip_start,
        "end_frame": clip_end,
        "start_pts": clip_start,
        "end_pts": clip_end,
        "time_base": f"1/{FPS}",
        "start_s": clip_start / FPS,
        "end_s": clip_end / FPS,
        "cover_start_s": start / FPS,
        "cover_end_s": end / FPS,
        "n_frames": clip_end - clip_start,
        "start_kind": BoundaryKind.CUT if start else BoundaryKind.START,
        "start_score": None,
        "end_kind": BoundaryKind.CUT,
        "end_score": None,
    }
    pictures = [Spooled(f, f / FPS, 64, 36, 0, 1) for f in range(clip_start, clip_end, 10)]
    ending = kept() if is_kept else dropped(Reason.TOO_SHORT, "")
    return ShotDraft(row | ending, pictures if is_kept else [], (start, end))


def drafts_of(lengths: list[tuple[int, bool]], trim: int = 0) -> list[ShotDraft]:
    shots, at = [], 0
    for index, (length, is_kept) in enumerate(lengths):
        shots.append(draft(index, at, at + length, is_kept, trim))
        at += length
    return shots


def with_scales(
    shots: list[ShotDraft], scales_s: list[float], pauses: list[Pause] | None = None
) -> list[ShotDraft]:
    n = shots[-1].cover[1]
    times = FrameTimes(range(n), n, lambda pts: pts / FPS)
    return larger_clips(shots, times, pauses or [], scales_s, 3)


sources = st.lists(st.tuples(st.integers(4, 300), st.booleans()), min_size=1, max_size=25)
pauses_of = st.lists(st.integers(0, 3000), max_size=60, unique=True).map(
    lambda starts: [(at / 10, at / 10 + 0.5) for at in sorted(starts) if at % 3 == 0]
)
scale_sets = st.sampled_from([[13.0], [13.0, 30.0, 60.0], [2.0, 5.0]])


@given(sources, scale_sets, pauses_of, st.integers(0, 1))
def test_each_scale_tiles_the_source(
    lengths: list[tuple[int, bool]], scales_s: list[float], pauses: list[Pause], trim: int
) -> None:
    shots = drafts_of(lengths, trim)
    drafts = with_scales(shots, scales_s, pauses)
    assert [d.row["index"] for d in drafts] == list(range(len(drafts)))
    for scale in range(len(scales_s) + 1):
        covers = [d.cover for d in drafts if d.row["scale"] == scale]
        assert covers[0][0] == 0
        assert covers[-1][1] == shots[-1].cover[1]
        assert all(before[1] == after[0] for before, after in pairwise(covers))


@given(sources, scale_sets, pauses_of, st.integers(0, 1))
def test_clips_nest_and_keep_to_their_lengths_and_off_dropped_spans(
    lengths: list[tuple[int, bool]], scales_s: list[float], pauses: list[Pause], trim: int
) -> None:
    drafts = with_scales(drafts_of(lengths, trim), scales_s, pauses)
    clips = [d.row for d in drafts if d.row["outcome"] == Outcome.KEPT]
    spans = [(row["start_frame"], row["end_frame"]) for row in clips]
    assert len(set(spans)) == len(spans)
    gaps = [d.cover for d in drafts if d.row["scale"] == 0 and d.row["outcome"] != Outcome.KEPT]
    for draft_ in drafts:
        row = draft_.row
        if row["outcome"] != Outcome.KEPT:
            assert draft_.parent is None
            continue
        assert all(row["end_frame"] <= a or row["start_frame"] >= b for a, b in gaps)
        larger = [r for r in clips if r["scale"] > row["scale"]]
        assert all(
            (r["start_frame"] <= row["start_frame"] and row["end_frame"] <= r["end_frame"])
            or r["end_frame"] <= row["start_frame"]
            or r["start_frame"] >= row["end_frame"]
            for r in larger
            if row["scale"] > 0
        )
        if draft_.parent is not None:
            parent = drafts[draft_.parent].row
            assert parent["scale"] > row["scale"]
            assert parent["start_frame"] <= row["start_frame"]
            assert row["end_frame"] <= parent["end_frame"]
        if row["scale"] > 0:
            target_s = scales_s[row["scale"] - 1]
            assert LEAST_SHARE * target_s <= row["end_s"] - row["start_s"] <= MOST_SHARE * target_s
            shown = [picture.frame for picture in draft_.keyframes]
            assert shown
            assert all(row["start_frame"] <= frame < row["end_frame"] for frame in shown)


def test_short_shots_are_joined_to_the_wanted_lengths() -> None:
    drafts = with_scales(drafts_of([(50, True)] * 24), [10.0, 30.0, 60.0])
    found = {
        scale: [d.row["end_s"] - d.row["start_s"] for d in drafts if d.row["scale"] == scale]
        for scale in (1, 2, 3)
    }
    assert found == {1: [10.0] * 12, 2: [30.0] * 4, 3: [60.0] * 2}
    chain = drafts[0]
    for scale in (1, 2, 3):
        assert chain.parent is not None
        chain = drafts[chain.parent]
        assert chain.row["scale"] == scale
    assert chain.parent is None


def test_a_long_talk_is_parted_at_its_pauses() -> None:
    """One shot of a minute, with pauses at 11, 27, 38 and 50 s."""
    pauses = [(at - 0.3, at + 0.3) for at in (11.0, 27.0, 38.0, 50.0)]
    drafts = with_scales(drafts_of([(600, True)]), [13.0], pauses)
    clips = [d.row for d in drafts if d.row["scale"] == 1]
    assert [row["start_s"] for row in clips] == [0.0, 11.0, 27.0, 38.0, 50.0]
    assert {row["start_kind"] for row in clips[1:]} == {BoundaryKind.PAUSE}
    assert all(row["outcome"] == Outcome.KEPT for row in clips)


def test_a_long_shot_without_pauses_is_parted_evenly() -> None:
    drafts = with_scales(drafts_of([(600, True)]), [13.0, 30.0])
    short, medium = ([d.row for d in drafts if d.row["scale"] == scale] for scale in (1, 2))
    assert [row["start_s"] for row in short] == [0.0, 12.0, 24.0, 36.0, 48.0]
    assert {row["start_kind"] for row in short[1:]} == {BoundaryKind.FORCED}
    assert [row["outcome"] for row in medium] == [Outcome.KEPT] * 2


def test_an_end_in_a_pause_is_preferred_to_the_exact_length() -> None:
    shots = drafts_of([(20, True)] * 13)
    exact = with_scales(shots, [13.0])
    quiet = with_scales(shots, [13.0], [(9.9, 10.4)])
    assert [d.row["start_s"] for d in exact if d.row["scale"]] == [0.0, 12.0]
    assert [d.row["start_s"] for d in quiet if d.row["scale"]] == [0.0, 10.0]


def test_rows_say_why_a_scale_has_no_clip() -> None:
    """A single shot of the wanted length, a dropped stretch, a rest that is too short."""
    drafts = with_scales(drafts_of([(130, True), (30, False), (5, False), (20, True)]), [13.0])
    rows = [d.row for d in drafts if d.row["scale"] == 1]
    assert {row["reason"] for row in rows} == {Reason.NOT_JOINED}
    details = [row["detail"] for row in rows]
    assert "same frames" in details[0]
    assert "too_short" in details[1]
    assert "6.5-19.5 s" in details[2]


def test_figures_of_a_joined_clip_are_weighted_by_its_frames() -> None:
    span = {"start_frame": 0, "end_frame": 30}
    first: Row = span | {"motion": 1.0, "sharpness": 5.0, "border_top": 0.2, "colours": ["red"]}
    second: Row = {"start_frame": 30, "end_frame": 100, "motion": 3.0, "sharpness": 9.0,
                   "border_top": 0.1, "pan_x": None, "colours": ["blue", "red"]}  # fmt: skip
    found = figures_of([first, second], 20, 40)
    assert found["motion"] == pytest.approx(2.0)
    assert found["border_top"] == 0.1
    assert found["pan_x"] is None
    assert found["colours"] == ["red", "blue"]
    assert figures_of([first, second], 0, 100)["sharpness"] == 9.0


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(1, 5))
def test_keyframes_start_with_the_middle_and_are_inside(frames: set[int], count: int) -> None:
    shown = [Spooled(f, f / FPS, 64, 36, 0, 1) for f in sorted(frames)]
    chosen = keyframes_of(shown, 50, 250, 5.0, 25.0, count)
    inside = [f for f in frames if 50 <= f < 250]
    assert len(chosen) == min(count, len(inside))
    if chosen:
        assert abs(chosen[0].frame - 150) == min(abs(f - 150) for f in inside)
        assert [p.frame for p in chosen[1:]] == sorted(p.frame for p in chosen[1:])


def energies(levels: list[tuple[float, float]]) -> list[float]:
    """Energies of noise of (amplitude, seconds) in turn."""
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=round(s * RATE_HZ)) * 10_000 * level for level, s in levels]
    samples = np.concatenate(parts).astype(np.int16)
    return window_energies(samples[: len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES]).tolist()


def test_pauses_are_the_quiet_stretches_between_loud_ones() -> None:
    track = energies([(1, 2.0), (0.01, 0.5), (1, 3.0), (0.01, 0.1), (1, 1.0), (0.01, 0.8), (1, 1)])
    found = find_pauses(track, RATE_HZ, 10.0)
    assert found == [pytest.approx((12.0, 12.5)), pytest.approx((16.6, 17.4))]


@pytest.mark.parametrize("levels", [[(1.0, 20.0)], [(0.0, 20.0)], [(1.0, 5), (0.5, 5)], []])
def test_sound_that_hardly_varies_has_no_pauses(levels: list[tuple[float, float]]) -> None:
    assert find_pauses(energies(levels) if levels else [], RATE_HZ, 0.0) == []


def test_pauses_of_real_speech_lie_between_its_phrases(corpus: Path) -> None:
    """ "And so, my fellow Americans: ask not what your country can do for you ..." """
    import av

    with av.open(str(corpus / "speech" / "jfk.flac")) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frames = [out for f in container.decode(audio=0) for out in resampler.resample(f)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    track = window_energies(samples[: len(samples) // WINDOW_SAMPLES * WINDOW_SAMPLES]).tolist()
    pauses = find_pauses(track, RATE_HZ, 0.0)
    for between_words_s in (2.8, 5.0, 7.8):
        assert any(start <= between_words_s <= end for start, end in pauses)
    assert not any(start < 6.5 < end for start, end in pauses)


@pytest.mark.parametrize("scales", [[13.0, 13.0], [30.0, 13.0], [1.0], [10.0, 14.0]])
def test_scales_have_to_ascend(scales: list[float]) -> None:
    with pytest.raises(ValueError, match="scales"):
        SplitConfig(scales=scales)


def test_scales_of_a_real_video(tmp_path: Path) -> None:
    """Twelve seconds in shots of three, with beeps of sound in between."""
    kinds = [scene(kind, 3, "96x54", "10") for kind in ("test", "bars", "life", "mandel")]
    inputs = [part for kind in kinds for part in kind]
    sound = ["-f", "lavfi", "-i", "aevalsrc='0.5*sin(3000*t)*gt(mod(t+0.25,3),0.5)':d=12:s=16000"]
    video = tmp_path / "v.mp4"
    graph = "".join(f"[{i}:v]format=yuv420p,setsar=1[v{i}];" for i in range(4))
    graph += "[v0][v1][v2][v3]concat=n=4:v=1:a=0[v]"
    ffmpeg(*inputs, *sound, "-filter_complex", graph, "-map", "[v]", "-map", "4:a", *X264,
           "-c:a", "aac", video)  # fmt: skip
    options = {"scales": [6.0, 12.0], "detector": "content", "edge_trim_frames": 1}
    result = decode_source(request_for(video, tmp_path / "out", **options))
    rows = [d.row for d in result.shots]
    spans = [(r["scale"], r["start_frame"], r["end_frame"]) for r in rows]
    assert [s for s in spans if s[0] == 1] == [(1, 0, 59), (1, 61, 120)]
    assert [s for s in spans if s[0] == 2] == [(2, 0, 120)]
    assert all(r["audio_rms_db"] is not None for r in rows if r["outcome"] == Outcome.KEPT)
    assert all(len(d.keyframes) == 3 for d in result.shots if d.row["scale"])
