"""Headers that lie: bytes of real files changed where the container states sizes and times."""

from __future__ import annotations

import struct
from pathlib import Path

from ingest_media import ffmpeg

WIDTH, HEIGHT = 512, 288
N_FRAMES = 10


def make(path: Path, *options: str) -> bytes:
    """Ten frames of 512x288 at 10 frames/s, with a second of sound."""
    sources = (
        f"testsrc2=size={WIDTH}x{HEIGHT}:rate=10:duration=1",
        "sine=frequency=300:duration=1",
    )
    inputs = [part for source in sources for part in ("-f", "lavfi", "-i", source)]
    ffmpeg(*inputs, *options, "-pix_fmt", "yuv420p", path)
    return path.read_bytes()


def mp4(folder: Path) -> bytes:
    # Without an edit list, and without B-frames, which would need one.
    return make(
        folder / "v.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-c:a", "aac",
        "-use_editlist", "0", "-movflags", "+faststart",
    )  # fmt: skip


def mkv(folder: Path) -> bytes:
    return make(folder / "v.mkv", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")


def avi(folder: Path) -> bytes:
    return make(folder / "v.avi", "-c:v", "mpeg4", "-c:a", "mp2")


def changed(data: bytes, *edits: tuple[int, bytes]) -> bytes:
    """`data` with other bytes at some offsets."""
    copy = bytearray(data)
    for offset, value in edits:
        copy[offset : offset + len(value)] = value
    return bytes(copy)


def without_pictures(data: bytes, start: bytes) -> bytes:
    """Zeros for everything behind the mark with which the coded pictures and sound begin."""
    kept = data.index(start) + len(start)
    return data[:kept] + bytes(len(data) - kept)


def box(data: bytes, name: bytes, track: int = 0) -> int:
    """Offset of the contents of an MP4 box of the track with that number, behind its name."""
    at = 0
    for _ in range(track + 1):
        at = data.index(b"trak", at) + 4
    return data.index(name, at) + 4


def mp4_size(data: bytes, width: int, height: int) -> bytes:
    """The sample entry states the size 24 bytes behind its name."""
    return changed(data, (box(data, b"avc1") + 24, struct.pack(">HH", width, height)))


def mp4_frame_rate(data: bytes, fps: int) -> bytes:
    """10 ticks per frame in the time-to-sample table, and as many ticks per second as that takes.
    The counts behind version and flags: times of creation and change, then the time scale; in the
    table one entry of frames and ticks."""
    ticks = struct.pack(">I", 10 * fps)
    delta = struct.pack(">I", 10)
    return changed(data, (box(data, b"mdhd") + 12, ticks), (box(data, b"stts") + 12, delta))


def mp4_length(data: bytes, seconds: int, track: int) -> bytes:
    """All samples of a track last equally long, and together so many seconds."""
    scale = struct.unpack_from(">I", data, box(data, b"mdhd", track) + 12)[0]
    table = box(data, b"stts", track) + 4
    n_samples = struct.unpack_from(">I", data, table + 4)[0]
    delta = struct.pack(">I", seconds * scale // n_samples)
    length = struct.pack(">I", min(seconds * scale, 2**32 - 1))
    one_entry = struct.pack(">I", 1)
    return changed(
        data, (table, one_entry), (table + 8, delta), (box(data, b"mdhd", track) + 16, length)
    )


def mp4_samples(data: bytes) -> bytes:
    """A time-to-sample table that says it has two thousand million entries."""
    return changed(data, (box(data, b"stts") + 4, struct.pack(">I", 2**31 - 1)))


def mkv_size(data: bytes, width: int, height: int) -> bytes:
    """PixelWidth is element B0, PixelHeight BA; both hold two bytes."""
    start = data.index(b"\xb0\x82\x02\x00\xba\x82\x01\x20")
    sizes = struct.pack(">H", width), struct.pack(">H", height)
    return changed(data, (start + 2, sizes[0]), (start + 6, sizes[1]))


def mkv_frame_rate(data: bytes, fps: int) -> bytes:
    """DefaultDuration: nanoseconds per frame."""
    start = data.index(b"\x23\xe3\x83\x84") + 4
    return changed(data, (start, struct.pack(">I", 10**9 // fps)))


def mkv_length(data: bytes, seconds: int) -> bytes:
    """Duration: milliseconds, as a float of eight bytes."""
    start = data.index(b"\x44\x89\x88") + 3
    return changed(data, (start, struct.pack(">d", seconds * 1000.0)))


def avi_size(data: bytes, width: int, height: int) -> bytes:
    start = data.index(b"strf") + 8 + 4
    return changed(data, (start, struct.pack("<ii", width, height)))


def avi_frame_rate(data: bytes, fps: int) -> bytes:
    """Scale and rate stand 20 bytes into the stream's header."""
    start = data.index(b"vids") + 20
    return changed(data, (start, struct.pack("<II", 1, fps)))


def avi_length(data: bytes, seconds: int) -> bytes:
    """The same frames, each as long as it takes."""
    start = data.index(b"vids") + 20
    return changed(data, (start, struct.pack("<II", seconds // N_FRAMES, 1)))
