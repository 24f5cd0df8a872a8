"""The parts of cutting that need no media: which packets, what size, which passes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import ItemError, Reason
from stages.cut.config import CutConfig
from stages.cut.copy_range import CopyRange, PacketInfo, Pictures, Sounds
from stages.cut.geometry import clip_geometry, parse_aspect
from stages.cut.graph import Encoding, encode_command
from stages.cut.spans import Job, Span, passes, spans_per_pass
from stages.cut.survey import LEAST_SOUND_S, overlap, seek_time

SIDES = st.integers(2, 5000)


def span(start: int, end: int, first: int = 0) -> Span:
    base = Fraction(1, 25)
    times = float((start - first) * base), float((end - first) * base)
    return Span(f"{start}-{end}", start, end, base, end - start, *times)


@given(SIDES, SIDES, st.sampled_from([0, 90, 180, 270]), st.sampled_from([0, 144, 360, 1080]))
def test_clips_have_even_sides_and_the_sources_shape(
    width: int, height: int, rotation: int, limit: int
) -> None:
    found = clip_geometry(width, height, rotation, None, limit)
    shown = (height, width) if rotation % 180 else (width, height)
    assert found.width % 2 == found.height % 2 == 0
    assert 0 <= shown[0] - found.crop_width <= 1
    assert 0 <= shown[1] - found.crop_height <= 1
    if limit:
        assert min(found.width, found.height) <= max(2, limit)
    if not limit or min(shown) <= limit:
        assert (found.width, found.height) == (found.crop_width, found.crop_height)


BORDERS = st.tuples(*[st.floats(0, 0.45)] * 4)


@given(SIDES, SIDES, st.sampled_from([0, 90]), BORDERS)
def test_a_border_goes_and_no_picture_with_it(
    width: int, height: int, rotation: int, borders: tuple[float, float, float, float]
) -> None:
    found = clip_geometry(width, height, rotation, None, 0, borders)
    shown = (height, width) if rotation else (width, height)
    left, right, top, bottom = borders
    for side, share, px in (
        (shown[0], left, found.crop.left),
        (shown[0], right, found.crop.right),
        (shown[1], top, found.crop.top),
        (shown[1], bottom, found.crop.bottom),
    ):
        assert px % 2 == 0
        assert share * side - 2 < px <= share * side + 0.02
    assert found.crop.left + found.crop_width + found.crop.right in (shown[0], shown[0] - 1)
    assert found.crop.top + found.crop_height + found.crop.bottom in (shown[1], shown[1] - 1)


@pytest.mark.parametrize("mode", ["copy", "edit_list"])
def test_copied_pictures_cannot_lose_borders_or_size(mode: Literal["copy", "edit_list"]) -> None:
    with pytest.raises(ValueError, match="crop_borders needs mode=encode"):
        CutConfig(mode=mode, crop_borders=True)
    with pytest.raises(ValueError, match="max_short_side_px needs mode=encode"):
        CutConfig(mode=mode, max_short_side_px=360)


def test_tall_pixels_are_made_square() -> None:
    assert clip_geometry(720, 576, 0, Fraction(16, 15), 0).width == 768
    turned = clip_geometry(720, 576, 90, Fraction(16, 15), 0)
    assert turned.height / turned.width == pytest.approx(768 / 576, rel=0.01)


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("16/15", Fraction(16, 15)),
        ("1/1", None),
        ("0/1", None),
        (None, None),
        ("4:3", Fraction(4, 3)),
    ],
)
def test_pixel_aspects_are_read_however_they_are_written(
    text: str | None, aspect: Fraction | None
) -> None:
    assert parse_aspect(text) == aspect


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 500)), max_size=60),
    st.integers(1, 9),
    st.integers(1, 4),
)
def test_passes_hold_every_span_once_in_order_and_are_bounded(
    pairs: list[tuple[int, int]], most: int, n_lanes: int
) -> None:
    spans = [span(start, start + length) for start, length in pairs]
    groups = passes(spans, most, n_lanes)
    flat = [one for group in groups for one in group]
    assert sorted(flat, key=str) == sorted(spans, key=str)
    assert all(0 < len(group) <= most for group in groups)
    assert [s.start_pts for s in flat] == sorted(s.start_pts for s in spans)
    assert groups == passes(list(reversed(spans)), most, n_lanes)


@pytest.mark.parametrize(
    ("n_spans", "most", "n_lanes", "sizes"),
    [
        (8, 64, 1, [8]),
        (8, 64, 2, [4, 4]),
        (9, 3, 2, [2, 2, 2, 3]),
        (3, 64, 2, [3]),
        (0, 64, 2, []),
    ],
)
def test_there_are_passes_for_all_lanes_but_none_that_are_not_worth_a_start(
    n_spans: int, most: int, n_lanes: int, sizes: list[int]
) -> None:
    spans = [span(50 * i, 50 * i + 50) for i in range(n_spans)]  # two seconds each
    assert [len(group) for group in passes(spans, most, n_lanes)] == sizes


@given(st.lists(st.integers(50, 400), min_size=4, max_size=40), st.integers(2, 4))
def test_lanes_get_about_as_much_to_encode(lengths: list[int], n_lanes: int) -> None:
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    spans = [span(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    loads = [sum(s.end_pts - s.start_pts for s in group) for group in passes(spans, 64, n_lanes)]
    assert max(loads) <= sum(lengths) / len(loads) + max(lengths)


def test_memory_decides_how_many_clips_share_a_pass() -> None:
    assert spans_per_pass(3840, 2160, "veryslow", 800_000_000) == 1
    small = spans_per_pass(640, 360, "veryfast", 800_000_000)
    assert spans_per_pass(1920, 1080, "veryfast", 800_000_000) < small
    assert spans_per_pass(64, 64, "ultrafast", 10**12) <= 64


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), max_size=30), st.integers(0, 500)
)
def test_a_pass_starts_at_the_last_keyframe_that_is_early_enough(
    keyframes: list[tuple[int, int]], needed: int
) -> None:
    shown = sorted((Fraction(s), Fraction(s - delay)) for s, delay in keyframes)
    found = seek_time(shown, Fraction(needed))
    early = [pair for pair in shown if pair[0] <= needed]
    assert found == (early[-1][1] if len(early) > 1 else None)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30)), max_size=20), st.integers(0, 99))
def test_sound_counts_where_it_lies_in_the_window(
    pieces: list[tuple[int, int]], start: int
) -> None:
    ends = [Fraction(sum(gap + length for gap, length in pieces[:i])) for i in range(len(pieces))]
    sounds = [
        (end + gap, end + gap + length) for end, (gap, length) in zip(ends, pieces, strict=True)
    ]
    window = (Fraction(start), Fraction(start + 10))
    heard = sum(max(0, min(b, window[1]) - max(a, window[0])) for a, b in sounds)
    assert (overlap(sounds, window) >= LEAST_SOUND_S) == (heard >= LEAST_SOUND_S)


def pictures(order: list[int], keys: set[int]) -> Pictures:
    """Frames shown for one tick each, in the order of decoding."""
    return Pictures([PacketInfo(pts, 1, pts in keys) for pts in order])


def coded(n_frames: int, gop: int, n_b: int, is_open: bool) -> tuple[list[int], set[int]]:
    """Frames 0.. in the order of decoding, and the keyframes: before each `n_b` B-frames comes
    the frame that follows them, which in open GOPs may be a keyframe that they lead."""
    order: list[int] = []
    held: list[int] = []
    keys = set(range(0, n_frames, gop))
    for pts in range(n_frames):
        if pts in keys and not is_open:
            order += [*held, pts]
            held = []
        elif pts in keys or len(held) == n_b or pts == n_frames - 1:
            order += [pts, *held]
            held = []
        else:
            held.append(pts)
    return order, keys


def test_a_copy_starts_at_the_keyframe_before() -> None:
    found = pictures(list(range(20)), {0, 8, 16}).covering(10, 14)
    assert (found.start_pts, found.end_pts, found.n_frames) == (8, 14, 6)


def test_a_copy_takes_the_frames_that_b_frames_need() -> None:
    """Shown 0 1 2 3 4 5 6, decoded 0 3 1 2 6 4 5: frame 1 needs 3, and then 2 is shown too."""
    found = pictures([0, 3, 1, 2, 6, 4, 5], {0}).covering(0, 2)
    assert (found.indices, found.end_pts, found.n_frames) == (range(4), 4, 4)


def test_an_edit_list_hides_the_frames_that_b_frames_need() -> None:
    found = pictures([0, 3, 1, 2, 6, 4, 5], {0}).exactly(0, 2, 2)
    assert (found.indices, found.n_frames, found.n_hidden) == (range(3), 2, 1)


def test_a_copy_leaves_out_pictures_that_lead_its_keyframe() -> None:
    """Open GOP: 6 and 7 are decoded after keyframe 8, but need the frames before it."""
    found = pictures([0, 4, 2, 8, 6, 7, 9, 10], {0, 8}).covering(8, 11)
    assert (found.start_pts, found.key_pts, found.n_frames) == (8, 8, 3)


def test_an_edit_list_for_a_picture_that_leads_a_keyframe_begins_at_the_one_before() -> None:
    source = pictures([0, 4, 2, 8, 6, 7, 9, 10], {0, 8})
    assert source.exactly(7, 9, 2).indices == range(6)
    assert source.exactly(9, 10, 1).indices == range(3, 7)
    assert source.exactly(9, 10, 1).n_hidden == 1


TAKEN: list[Callable[[Pictures, int, int], CopyRange]] = [
    lambda pictures, start, end: pictures.covering(start, end),
    lambda pictures, start, end: pictures.exactly(start, end, end - start),
]


@pytest.mark.parametrize("taken", TAKEN, ids=["copy", "edit_list"])
@pytest.mark.parametrize(
    ("start", "end", "why"), [(5, 7, "no keyframe at or before PTS 5"), (11, 13, "shown|show 0")]
)
def test_what_the_source_does_not_hold_is_not_copied(
    taken: Callable[[Pictures, int, int], CopyRange], start: int, end: int, why: str
) -> None:
    with pytest.raises(ItemError, match=why) as caught:
        taken(pictures([5, 6, 7, 8, 9], {7}), start, end)
    assert caught.value.reason == Reason.SPAN_MISMATCH
    assert "use cut.mode=encode" in str(caught.value)


def test_an_edit_list_for_some_other_number_of_frames_is_refused() -> None:
    with pytest.raises(ItemError, match="show 4 frames there, the span has 5"):
        pictures([0, 1, 2, 3], {0}).exactly(0, 5, 5)


CODED = (st.integers(1, 25), st.integers(0, 3), st.booleans())


@given(st.integers(0, 90), st.integers(1, 40), *CODED)
def test_a_copy_always_covers_its_span_without_a_gap(
    start: int, length: int, gop: int, n_b: int, is_open: bool
) -> None:
    order, keys = coded(130, gop, n_b, is_open)
    found = pictures(order, keys).covering(start, start + length)
    inside = {order[i] for i in found.indices if order[i] >= found.key_pts}
    assert inside == set(range(found.start_pts, found.end_pts))
    assert found.start_pts <= start
    assert found.end_pts >= start + length
    assert (found.n_frames, found.n_hidden) == (len(inside), 0)


@given(st.integers(0, 90), st.integers(1, 40), *CODED)
def test_an_edit_list_shows_its_span_and_holds_what_that_takes(
    start: int, length: int, gop: int, n_b: int, is_open: bool
) -> None:
    order, keys = coded(130, gop, n_b, is_open)
    found = pictures(order, keys).exactly(start, start + length, length)
    taken = [order[i] for i in found.indices if order[i] >= found.key_pts]
    assert (found.start_pts, found.end_pts, found.n_frames) == (start, start + length, length)
    assert set(range(start, start + length)) <= set(taken)
    assert found.n_hidden == len(taken) - length
    assert taken[0] == found.key_pts == max(key for key in keys if key <= start)
    assert start <= taken[-1] < start + length, "the last packet is not needed"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), max_size=20),
    st.integers(0, 99),
    st.integers(1, 30),
    st.integers(0, 30),
)
def test_the_sound_of_a_clip_is_what_is_heard_in_it_and_what_settles_the_decoder(
    pieces: list[tuple[int, int]], start: int, length: int, settling: int
) -> None:
    ends = list(accumulate(gap + piece for gap, piece in pieces))
    sounds = [PacketInfo(end - pieces[i][1], pieces[i][1], True) for i, end in enumerate(ends)]
    found = Sounds(sounds, Fraction(1, 2), Fraction(settling, 2)).heard(
        Fraction(start, 2), Fraction(start + length, 2)
    )
    heard = [
        i for i, p in enumerate(sounds) if p.pts < start + length and p.pts + p.duration > start
    ]
    if not heard:
        assert not found
        return
    assert found.stop == heard[-1] + 1
    assert found.start <= heard[0]
    assert all(sounds[i].pts >= start - settling for i in range(found.start, heard[0]))
    assert all(sounds[i].pts < start - settling for i in range(found.start))


def test_the_command_says_nothing_of_the_machine_and_reads_only_the_named_streams() -> None:
    from pathlib import Path

    geometry = clip_geometry(64, 48, 0, None, 0)
    encoding = Encoding(True, "fast", 23, 2, 96, 1)
    jobs = [
        Job(span(0, 5), Path("/x/a.mp4"), True, geometry),
        Job(span(7, 9), Path("/x/b.mp4"), False, geometry),
    ]
    command = encode_command("ffmpeg", Path("/in/-odd:name.mp4"), 1, jobs, encoding, None, 3)
    graph = command[command.index("-filter_complex") + 1]
    assert "file:/in/-odd:name.mp4" in command
    assert "[0:1]split=2" in graph
    assert "[0:2]asplit=1" in graph
    assert "start_pts=7" in graph
    assert command.count("-c:a") == 1
    assert command.count("-map_metadata") == 2
    assert "-ss" not in command
