"""Groups decoded side by side give what decoding all frames in a row gives."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from split_media import X264, ffmpeg, request_for, scene, tone

from stages.split.closed_gops import Gop, Unfit, closed_gops, length_bytes, nal_types
from stages.split.decode import decode_in_a_row, decode_source
from stages.split.decode_gops import decode_gops, n_decoders
from stages.split.one_pass import DecodeResult

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")


@pytest.fixture(scope="module")
def grouped(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of several groups each."""
    folder, source = tmp_path_factory.mktemp("groups"), media / "three.mp4"
    small = ("-vf", "scale=160:-2")
    ffmpeg(
        "-i", source, *tone(6.5), "-map", "0:v", "-map", "1:a", *X264[:2], "-g", "20", "-bf", "3",
        "-c:a", "aac", folder / "sound.mp4",
    )  # fmt: skip
    ffmpeg("-i", folder / "sound.mp4", "-c", "copy", folder / "sound.ts")
    ffmpeg(
        "-i", source, *small, *X264[:2], "-x264-params",
        "keyint=25:open-gop=1:bframes=3:scenecut=0", folder / "open.mp4",
    )  # fmt: skip
    ffmpeg(
        "-i", source, *small, *X265, "log-level=error:keyint=25:bframes=3:open-gop=0",
        folder / "hevc.mkv",
    )  # fmt: skip
    ffmpeg("-i", source, *small, "-c:v", "libvpx", "-g", "30", "-cpu-used", "8", folder / "a.webm")
    return folder


def outcome(result: DecodeResult, folder: Path) -> tuple[DecodeResult, list[bytes]]:
    return result, [path.read_bytes() for path in sorted(folder.iterdir())]


def gops_of(path: Path) -> list[Gop]:
    with av.open(str(path)) as container:
        return list(closed_gops(container, [container.streams.video[0]]))


@pytest.mark.parametrize("name", ["sound.mp4", "sound.ts", "hevc.mkv", "a.webm"])
def test_groups_in_any_number_of_threads_give_the_same(
    grouped: Path, tmp_path: Path, name: str
) -> None:
    path = grouped / name
    in_a_row = request_for(path, tmp_path / "row")
    expected = outcome(decode_in_a_row(in_a_row), tmp_path / "row")
    for threads in (1, 3):
        folder = tmp_path / str(threads)
        request = request_for(path, folder, decode_threads=threads)
        assert outcome(decode_gops(request), folder) == expected


@pytest.mark.parametrize("name", ["sound.mp4", "hevc.mkv", "a.webm"])
def test_no_group_holds_a_frame_that_is_shown_in_another(grouped: Path, name: str) -> None:
    gops = gops_of(grouped / name)
    times = [pts for gop in gops for pts in sorted(packet.pts for packet in gop.video)]
    assert len(gops) > 1
    assert times == sorted(times)


def test_pictures_before_an_open_keyframe_stay_with_the_group_that_they_need(
    grouped: Path,
) -> None:
    (whole,) = gops_of(grouped / "open.mp4")
    assert sum(packet.is_keyframe for packet in whole.video) > 3


def test_damage_is_decoded_in_a_row(grouped: Path, tmp_path: Path) -> None:
    data = bytearray((grouped / "sound.ts").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    broken = tmp_path / "broken.ts"
    broken.write_bytes(data)
    with pytest.raises(Unfit):
        decode_gops(request_for(broken, tmp_path / "groups"))
    result = decode_source(request_for(broken, tmp_path / "used"))
    in_a_row = decode_in_a_row(request_for(broken, tmp_path / "row"))
    assert outcome(result, tmp_path / "used") == outcome(in_a_row, tmp_path / "row")


@pytest.mark.parametrize("mode", ["full", "fast"])
def test_times_that_stand_in_the_order_of_decoding_are_put_right(
    media: Path, tmp_path: Path, mode: str
) -> None:
    """Some muxers write as the time of a picture the time at which it is decoded."""
    good, path = tmp_path / "good.mp4", tmp_path / "jumbled.mp4"
    ffmpeg("-i", media / "three.mp4", *X264[:2], "-g", "60", "-bf", "3", good)
    with av.open(str(good)) as source, av.open(str(path), "w") as made:
        stream = made.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        first = packets[0].dts
        for packet in packets:
            packet.pts = packet.dts = packet.dts - first
            packet.stream = stream
            made.mux(packet)
    with pytest.raises(Unfit, match="times"):
        decode_gops(request_for(path, tmp_path / "gops", mode=mode))
    result = decode_source(request_for(path, tmp_path / "row", mode=mode))
    assert [shot.row["start_frame"] for shot in result.shots] == [0, 61, 121]


def test_a_picture_that_changes_its_size_is_decoded_in_a_row(tmp_path: Path) -> None:
    parts = []
    for size in ("160x90", "128x96"):
        parts.append(tmp_path / f"{size}.ts")
        ffmpeg(*scene("test", 2, size), *X264, "-g", "10", parts[-1])
    listed, both = tmp_path / "parts.txt", tmp_path / "both.ts"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", both)
    with pytest.raises(Unfit, match="size"):
        decode_gops(request_for(both, tmp_path / "groups"))
    assert decode_source(request_for(both, tmp_path / "used")).n_frames > 60


@pytest.mark.parametrize(
    ("size", "threads", "expected"),
    [((1280, 720), 8, 8), ((3840, 2160), 8, 2), ((7680, 4320), 1, 0)],
)
def test_decoders_are_as_many_as_there_is_memory_for(
    tmp_path: Path, media: Path, size: tuple[int, int], threads: int, expected: int
) -> None:
    request = request_for(media / "three.mp4", tmp_path, decode_threads=threads)
    context = SimpleNamespace(width=size[0], height=size[1])
    if expected:
        assert n_decoders(SimpleNamespace(codec_context=context), request) == expected
    else:
        with pytest.raises(Unfit):
            n_decoders(SimpleNamespace(codec_context=context), request)


@pytest.mark.parametrize(
    ("data", "length", "codec", "types"),
    [
        (b"\0\0\0\2\x67\xff\0\0\0\1\x65", 4, "h264", {7, 5}),
        (b"\0\0\1\x09\xf0\0\0\0\1\x67\x42\0\0\1\x41", 0, "h264", {9, 7, 1}),
        (b"\0\2\x42\x01\0\2\x2a\x01", 2, "hevc", {33, 21}),
        (b"", 4, "h264", set()),
        (b"\0\0\0\x09\x65", 4, "h264", {5}),
    ],
)
def test_nal_types_are_read_in_both_packings(
    data: bytes, length: int, codec: str, types: set[int]
) -> None:
    assert nal_types(data, codec, length) == types


def test_the_length_of_lengths_comes_from_the_parameters() -> None:
    assert length_bytes("h264", b"\x01\x64\x00\x1f\xff\xe1") == 4
    assert length_bytes("h264", b"\0\0\0\x01\x67\x64") == 0
    assert length_bytes("vp9", b"") == 0
