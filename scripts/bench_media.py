"""Videos for the benchmarks, made once and kept: what people have, at the rates they have it.

Several shots one after the other, long groups of pictures (the encoders' defaults: key frames at
cuts and every 250 frames, B-frames), bit rates as video sites serve them, 30 frames/s, stereo AAC
sound. The pictures are real clips where a folder of them is given, else moving patterns with
texture and grain.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

SHOT_S = 4.0
"""Length of a generated shot, and the most that is taken of a clip."""

_VERSION = "1"
_AUDIO = "anoisesrc=color=pink:amplitude=0.2:seed=1:sample_rate=44100,tremolo=f=3:d=0.8"


@dataclass(frozen=True)
class Recipe:
    """One input: a picture size, an encoder, a bit rate in kbit/s."""

    name: str
    codec: str
    encoder: str
    width: int
    height: int
    rate_kbps: int
    options: tuple[str, ...] = ()
    fps: int = 30


RECIPES = (
    Recipe("360p", "h264", "libx264", 640, 360, 700),
    Recipe("720p", "h264", "libx264", 1280, 720, 2200),
    Recipe("1080p", "h264", "libx264", 1920, 1080, 4500),
    Recipe(
        "720p-hevc", "hevc", "libx265", 1280, 720, 1500,
        ("-preset", "fast", "-x265-params", "log-level=error"),
    ),
    Recipe("720p-vp9", "vp9", "libvpx-vp9", 1280, 720, 1500, ("-cpu-used", "5", "-row-mt", "1")),
)  # fmt: skip


def exe() -> str:
    """Path of the ffmpeg that all parts of the benchmark use."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def ffmpeg(*arguments: object, sent: bytes | None = None) -> None:
    """Run ffmpeg, with `sent` on its standard input; SystemExit with its words when it fails."""
    command = [exe(), "-v", "error", "-nostdin", "-y", *(str(part) for part in arguments)]
    done = subprocess.run(command, input=sent, capture_output=True)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)}\n{done.stderr.decode(errors='replace')}")


def encoders() -> set[str]:
    """Names of the encoders that this ffmpeg has."""
    listed = subprocess.run([exe(), "-v", "error", "-encoders"], capture_output=True, text=True)
    return {words[1] for line in listed.stdout.splitlines() if len(words := line.split()) > 1}


def find_clips(folder: Path | None) -> list[Path]:
    """The clips below a folder, in order of their names; none without a folder."""
    return sorted(folder.rglob("*.mp4")) if folder is not None else []


def make_video(recipe: Recipe, seconds: float, clips: list[Path], work: Path) -> Path:
    """The video of a recipe, from `clips` or generated; found in `work` when it was made before."""
    shots = _shots_of_clips(clips, seconds) if clips else _generated_shots(seconds, recipe)
    facts = json.dumps([_VERSION, str(recipe), seconds, [shot.key for shot in shots]])
    name = hashlib.sha256(facts.encode()).hexdigest()[:12]
    path = work / f"{recipe.name}-{name}.{'webm' if recipe.codec == 'vp9' else 'mp4'}"
    if path.exists():
        return path
    print(f"bench: making {path.name} ...", file=sys.stderr)
    work.mkdir(parents=True, exist_ok=True)
    inputs = [part for shot in shots for part in shot.inputs]
    fit = (
        f"scale={recipe.width}:{recipe.height}:force_original_aspect_ratio=increase:flags=lanczos,"
        f"crop={recipe.width}:{recipe.height},setsar=1,fps={recipe.fps},format=yuv420p"
    )
    chains = [f"[{i}:v]{shot.filters}{fit}[v{i}]" for i, shot in enumerate(shots)]
    joined = "".join(f"[v{i}]" for i in range(len(shots)))
    graph = ";".join([*chains, f"{joined}concat=n={len(shots)}:v=1:a=0[v]"])
    part = path.with_name(f"part-{os.getpid()}-{path.name}")
    ffmpeg(
        *inputs, "-f", "lavfi", "-i", _AUDIO, "-filter_complex", graph, "-map", "[v]", "-map",
        f"{len(shots)}:a", "-t", seconds, "-c:v", recipe.encoder, *recipe.options, "-b:v",
        f"{recipe.rate_kbps}k", "-c:a", "libopus" if recipe.codec == "vp9" else "aac", "-b:a",
        "128k", "-ac", 2, part,
    )  # fmt: skip
    part.rename(path)
    return path


@dataclass(frozen=True)
class _Shot:
    key: str
    inputs: tuple[str, ...]
    filters: str = ""


def _shots_of_clips(clips: list[Path], seconds: float) -> list[_Shot]:
    """Clips, over and over, until they fill the time, as if each were as short as they come."""
    shots = []
    for number in range(max(2, round(seconds / 2))):
        clip = clips[number % len(clips)]
        key = f"{clip.name}:{clip.stat().st_size}"
        shots.append(_Shot(key, ("-t", str(SHOT_S), "-i", str(clip))))
    return shots


def _generated_shots(seconds: float, recipe: Recipe) -> list[_Shot]:
    """Moving patterns; every shot has another one, or other colours."""
    size, rate = f"{recipe.width}x{recipe.height}", recipe.fps
    sources = (
        f"mandelbrot=size={size}:rate={rate}",
        f"testsrc2=size={size}:rate={rate}",
        f"gradients=size={size}:rate={rate}:seed=7:speed=0.05:n=6",
        f"sierpinski=size={size}:rate={rate}:seed=3",
        f"cellauto=size={size}:rate={rate}:rule=110:random_seed=5",
    )
    shots = []
    for number in range(max(2, round(seconds / SHOT_S + 0.5))):
        source = sources[number % len(sources)]
        turn = f"hue=h={47 * number % 360},noise=alls=6:allf=t:all_seed={number},"
        shots.append(_Shot(source, ("-f", "lavfi", "-t", str(SHOT_S), "-i", source), turn))
    return shots


def repeat_video(base: Path, times: int, path: Path) -> Path:
    """`base` played `times` over, its packets copied, its times running on."""
    if not path.exists():
        print(f"bench: making {path.name} ...", file=sys.stderr)
        part = path.with_name(f"part-{os.getpid()}-{path.name}")
        ffmpeg("-stream_loop", times - 1, "-i", base, "-c", "copy", part)
        part.rename(path)
    return path


def cut_pieces(base: Path, seconds: float, count: int, folder: Path) -> list[Path]:
    """`count` short files out of `base`: as many as it holds are cut, the others carry the same
    pictures under another title, so that no two files have the same bytes."""
    done = folder / ".complete"
    if not done.exists():
        print(f"bench: making {count} short files ...", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        n_cut = min(count, int(_length_s(base) / seconds))
        for number in range(count):
            path = folder / f"{number:04d}.mp4"
            if number < n_cut:
                ffmpeg(
                    "-ss", number * seconds, "-t", seconds, "-i", base, "-c:v", "libx264", "-crf",
                    26, "-c:a", "aac", path,
                )  # fmt: skip
            else:
                again = folder / f"{number % n_cut:04d}.mp4"
                ffmpeg("-i", again, "-c", "copy", "-metadata", f"title=piece {number}", path)
        done.touch()
    return sorted(folder.glob("*.mp4"))


def _length_s(path: Path) -> float:
    import av

    with av.open(str(path)) as container:
        return float(container.duration or 0) / 1e6
