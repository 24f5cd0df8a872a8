"""What other projects do to split a video into files, for the end-to-end benchmark.

Data-Juicer's own operator is timed where an environment with `py-data-juicer` is named. Without
one the same work is done with the same calls: its operator detects with PySceneDetect's
ContentDetector (threshold 27, at least 15 frames) and lets PySceneDetect start one ffmpeg per
scene. video2dataset 1.3 finds cuts with that detector on pictures 64 pixels wide, then lets one
ffmpeg encode everything with a keyframe at each cut, for the segment muxer (precision "exact").
Importing its subsamplers takes torch and a web stack, so its work is always repeated here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts import bench_media as media
from scripts.bench_measure import Usage


@dataclass(frozen=True)
class CutPeer:
    """`run(video, folder)` does one video into an empty folder; `what` says what was timed."""

    what: str
    run: Callable[[Path, Path], Usage]


_TIMING = """
import json, resource, sys, time
video, folder, exe = sys.argv[1:]
def cpu_s():
    both = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in both)
{imports}
start, before = time.perf_counter(), cpu_s()
{work}
print(json.dumps([time.perf_counter() - start, cpu_s() - before]))
"""

_OPERATOR = (
    "from data_juicer.ops.mapper.video_split_by_scene_mapper import VideoSplitBySceneMapper\n"
    "operator = VideoSplitBySceneMapper(save_dir=folder)",
    "operator.process_single({'text': '<__dj__video>', 'videos': [video]})",
)

_OPERATORS_WORK = (
    "import scenedetect\nfrom scenedetect.detectors import ContentDetector",
    "scenes = scenedetect.detect(video, ContentDetector(27.0, 15), start_in_scene=True)\n"
    "template = folder + '/scene_$SCENE_NUMBER.mp4'\n"
    "extra = '-movflags frag_keyframe+empty_moov'\n"
    "scenedetect.split_video_ffmpeg(video, scenes, output_file_template=template, "
    "arg_override=extra)",
)

_SEGMENTS = (
    "import subprocess\nfrom scenedetect import ContentDetector, SceneManager, open_video",
    "stream = open_video(video)\n"
    "manager = SceneManager()\n"
    "manager.add_detector(ContentDetector(threshold=27, min_scene_len=15))\n"
    "manager.auto_downscale = False\n"
    "manager.downscale = max(1, stream.frame_size[0] // 64)\n"
    "manager.detect_scenes(video=stream)\n"
    "scenes = manager.get_scene_list(start_in_scene=True)\n"
    "times = ','.join(str(start.get_seconds()) for start, _ in scenes[1:]) or '1e9'\n"
    "subprocess.run([exe, '-v', 'error', '-nostdin', '-y', '-i', video, '-map', '0', '-f', "
    "'segment', '-segment_times', times, '-reset_timestamps', '1', '-force_key_frames', times, "
    "folder + '/clip_%d.mp4'], check=True)",
)


def find_peers(peer_python: Path | None) -> dict[str, CutPeer]:
    """The peers to time; `peer_python` is an interpreter that can import `data_juicer`.
    SystemExit when it cannot."""
    segments = CutPeer(
        "its work (cut detection, one ffmpeg with the segment muxer), repeated",
        lambda video, folder: _run(sys.executable, _SEGMENTS, video, folder),
    )
    if peer_python is None:
        operator = CutPeer(
            "its work (PySceneDetect, one ffmpeg per scene), repeated",
            lambda video, folder: _run(sys.executable, _OPERATORS_WORK, video, folder),
        )
    else:
        version = _output([str(peer_python), "-c", _VERSION]).strip()
        operator = CutPeer(
            f"VideoSplitBySceneMapper of py-data-juicer {version}",
            lambda video, folder: _run(str(peer_python), _OPERATOR, video, folder),
        )
    return {"data_juicer": operator, "video2dataset": segments}


_VERSION = "from importlib.metadata import version; print(version('py-data-juicer'))"


def _run(python: str, parts: tuple[str, str], video: Path, folder: Path) -> Usage:
    """Time one piece of work in a process of its own, without its imports."""
    code = _TIMING.format(imports=parts[0], work=parts[1])
    said = _output([python, "-c", code, str(video), str(folder), media.exe()])
    wall_s, cpu_s = json.loads(said.strip().splitlines()[-1])
    if not any(folder.rglob("*.*")):
        raise SystemExit(f"bench: nothing was cut out of {video}")
    return Usage(wall_s, cpu_s, 0.0)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"bench: {command[0]}: {done.stderr[-2000:]}")
    return done.stdout
