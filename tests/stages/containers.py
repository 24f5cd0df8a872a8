"""One small coded video for every container, codec and habit of timestamps that sources have."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from coded_media import Coded, read_back, run_tool, write_coded

N_FRAMES = 70
TICKS = Fraction(1, 12_800)
PTS_25 = range(0, N_FRAMES * 512, 512)
X264 = ("-c:v", "libx264", "-preset", "veryfast")
INTERLACED = ("-vf", "setfield=tff", "-flags", "+ilme+ildct")


def _master(folder: Path) -> Path:
    """25 frames/s with sound; what most others are made from. Made once, beside the folders."""
    path = folder.parent / "cfr.mp4"
    if not path.exists():
        write_coded(path, PTS_25, TICKS, options={"bf": "0"}, beeps=True)
    return path


def _made(
    name: str,
    *options: str,
    audio: int | None = 1,
    before: tuple[str, ...] = (),
    rotation_deg: int = 0,
) -> Callable[[Path], Coded]:
    """Maker of a file that ffmpeg makes from the master with `options`."""

    def make(folder: Path) -> Coded:
        run_tool(*before, "-i", _master(folder), *options, folder / name)
        return read_back(folder / name, rotation_deg=rotation_deg, audio_stream=audio)

    return make


def _cfr(folder: Path) -> Coded:
    return read_back(_master(folder), audio_stream=1)


def _b_frames(folder: Path) -> Coded:
    options = {"bf": "3", "g": "24", "x264-params": "b-adapt=0:b-pyramid=normal:open-gop=1"}
    pts = range(0, N_FRAMES * 1001, 1001)
    return read_back(write_coded(folder / "b.mp4", pts, Fraction(1, 30_000), options=options))


def _vfr(folder: Path) -> Coded:
    steps = np.random.default_rng(3).integers(300, 4000, N_FRAMES)
    pts = [int(p) for p in np.cumsum(steps) - steps[0]]
    path = folder / "vfr.mp4"
    write_coded(path, pts, Fraction(1, 90_000), options={"bf": "2"}, beeps=True)
    return read_back(path, audio_stream=1)


def _matroska_ms(folder: Path) -> Coded:
    """24 frames/s in milliseconds: gaps of 41 and 42."""
    pts = [round(i * 1000 / 24) for i in range(N_FRAMES)]
    path = folder / "ms.mkv"
    write_coded(path, pts, Fraction(1, 1000), options={"bf": "2"}, beeps=True)
    return read_back(path, audio_stream=1)


def _edit_list(folder: Path) -> Coded:
    """Cut inside a GOP by stream copy: an edit list hides the frames before the cut."""
    full = write_coded(
        folder / "full.mp4", PTS_25, TICKS, options={"bf": "2", "g": "30"}, beeps=True
    )
    run_tool("-ss", "0.5", "-i", full, "-c", "copy", folder / "edit.mp4")
    coded = read_back(folder / "edit.mp4", audio_stream=1)
    assert coded.first_code > 0, "the edit list hides nothing"
    return coded


def _odd_size(folder: Path) -> Coded:
    wide = write_coded(folder / "wide.mkv", PTS_25, TICKS, (200, 150), {"g": "15", "qp": "0"})
    crop = "crop=193:145:0:0:exact=1,format=yuv444p"
    run_tool("-i", wide, "-vf", crop, "-c:v", "ffv1", folder / "odd.mkv")
    return read_back(folder / "odd.mkv", size=(193, 145))


def _several_streams(folder: Path) -> Coded:
    """Two videos and two sounds; what counts is the second of each. The first video starts 20
    frames later in the numbers, the first sound is silent."""
    master = _master(folder)
    target = folder / "several.mkv"
    run_tool(
        "-i", master, "-ss", "0.8", "-i", master, "-f", "lavfi", "-t", "2.8", "-i",
        "anullsrc=r=48000", "-map", "1:v", "-map", "0:v", "-map", "2:a", "-map", "0:a",
        *X264, "-c:a", "aac", target,
    )  # fmt: skip
    return read_back(target, video_stream=1, audio_stream=3)


def _long_audio(folder: Path) -> Coded:
    master = _master(folder)
    run_tool(
        "-i", master, "-i", master, "-map", "0:v", "-map", "1:a", "-frames:v", "40", "-c", "copy",
        folder / "long.mkv",
    )  # fmt: skip
    return read_back(folder / "long.mkv", audio_stream=1)


def _wrapping(folder: Path) -> Coded:
    """The clock of MPEG-TS has 33 bits of 1/90000 s: it starts anew after 95443.7 s."""
    target = folder / "wrap.ts"
    run_tool("-i", _master(folder), *X264, "-c:a", "copy", "-output_ts_offset", "95442.3", target)
    coded = read_back(target, audio_stream=1)
    assert coded.pts[0] < 2**33 < coded.pts[-1] or coded.pts[0] < 0 < coded.pts[-1]
    return coded


def _rotated(degrees: int) -> Callable[[Path], Coded]:
    before = ("-display_rotation", str(-degrees))
    return _made("turned.mp4", "-c", "copy", before=before, rotation_deg=degrees)


def _sparse_keys(folder: Path) -> Coded:
    """MPEG-TS has no index: a seek may land between two keyframes that lie far apart."""
    return _made("sparse.ts", *X264, "-g", "60", "-sc_threshold", "0", "-c:a", "copy")(folder)


MPEG4 = ("-c:v", "mpeg4", "-q:v", "2")
MP3 = ("-c:a", "libmp3lame")
MAKERS: dict[str, Callable[[Path], Coded]] = {
    "cfr": _cfr,
    "b_frames": _b_frames,
    "vfr": _vfr,
    "start_offset_ts": _made("offset.ts", "-c", "copy", "-output_ts_offset", "7.5"),
    "start_offset_mp4": _made("offset.mp4", *X264, "-bf", "2", "-output_ts_offset", "3"),
    "start_offset_mkv": _made("offset.mkv", *X264, "-output_ts_offset", "3"),
    "edit_list": _edit_list,
    "rotated_90": _rotated(90),
    "rotated_180": _rotated(180),
    "rotated_270": _rotated(270),
    "interlaced_h264": _made("i.mp4", *INTERLACED, *X264, "-x264-params", "tff=1"),
    "interlaced_mpeg2": _made("i.ts", *INTERLACED, "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2"),
    "ten_bit_h264": _made("ten.mp4", *X264, "-pix_fmt", "yuv420p10le"),
    "ten_bit_hevc": _made(
        "ten.mkv", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
        "-x265-params", "log-level=error",
    ),
    "odd_size": _odd_size,
    "long_audio": _long_audio,
    "several_streams": _several_streams,
    "no_audio": _made("mute.mp4", "-an", "-c:v", "copy", audio=None),
    "ts_wrap": _wrapping,
    "ts_sparse_keys": _sparse_keys,
    "gradual_keys": _made(
        "refresh.mp4", *X264, "-x264-params", "intra-refresh=1:keyint=50:bframes=0",
    ),
    "ts_mpeg4": _made("mpeg4.ts", *MPEG4, "-bf", "2", "-g", "60"),
    "avi": _made("plain.avi", *MPEG4, *MP3),
    "avi_b_frames": _made("b.avi", *MPEG4, "-bf", "2", *MP3),
    "avi_h264": _made("h264.avi", *X264, "-bf", "2", *MP3),
    "avi_mjpeg": _made("mjpeg.avi", "-c:v", "mjpeg", "-q:v", "2", "-c:a", "pcm_s16le"),
    "mkv": _matroska_ms,
    "webm_vp9": _made(
        "vp9.webm", "-c:v", "libvpx-vp9", "-b:v", "300k", "-deadline", "good", "-cpu-used", "8",
        "-auto-alt-ref", "1", "-lag-in-frames", "16", "-c:a", "libopus",
    ),
    "webm_vp8": _made(
        "vp8.webm", "-c:v", "libvpx", "-b:v", "500k", "-deadline", "realtime", "-cpu-used", "8",
        "-c:a", "libvorbis",
    ),
    "hevc": _made(
        "hevc.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
        "bframes=3:log-level=error",
    ),
    "av1": _made("av1.mkv", "-c:v", "libsvtav1", "-preset", "12", "-g", "30", "-crf", "18"),
    "mpeg4_mp4": _made("mpeg4.mp4", *MPEG4, "-bf", "2"),
    "fragmented_mp4": _made("frag.mp4", *X264, "-movflags", "frag_keyframe+empty_moov"),
    "mov_mjpeg": _made("mjpeg.mov", "-c:v", "mjpeg", "-q:v", "2"),
    "mov_prores": _made("prores.mov", "-c:v", "prores_ks", "-profile:v", "0"),
    "mpeg_ps": _made("ps.mpg", "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-c:a", "mp2"),
    "flv": _made("h264.flv", *X264, "-bf", "2", "-c:a", "aac"),
    "wmv": _made("wmv.asf", "-c:v", "wmv2", "-q:v", "2", "-c:a", "wmav2"),
    "theora": _made("theora.ogv", "-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis"),
}  # fmt: skip
