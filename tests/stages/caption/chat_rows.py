"""Clips with keyframes of known colours in a run folder, and settings for a chat server."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from caption_rows import keyframe, shot_row, source_row, split_row, write_pack

from schemas.table import Row
from scripts.chat_server import ChatServer
from stages.caption.config import CaptionConfig
from stages.caption.teacher import Candidate, Clip, Source

COLOURS = {
    "red": (0, 0, 255),
    "green": (0, 255, 0),
    "blue": (255, 0, 0),
    "yellow": (0, 255, 255),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}


def plain_jpeg(colour: str, width: int = 64, height: int = 48) -> bytes:
    image = np.full((height, width, 3), COLOURS[colour], np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


def nearest_colour(bgr: Any) -> str:
    return min(COLOURS, key=lambda name: float(np.abs(np.subtract(COLOURS[name], bgr)).sum()))


def picture_colours(url: str, rows: int = 1, columns: int = 1) -> list[list[str]]:
    """Colours in the middles of the cells of a data URL's picture, row by row."""
    head, _, data = url.partition(",")
    assert head == "data:image/jpeg;base64"
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    height, width = image.shape[:2]
    return [
        [
            nearest_colour(
                image[(2 * r + 1) * height // (2 * rows), (2 * c + 1) * width // (2 * columns)]
            )
            for c in range(columns)
        ]
        for r in range(rows)
    ]


def clip_rows(root: Path, colours: Sequence[Sequence[str]]) -> list[Row]:
    """Shots of source s1, 5 s each, one keyframe a second in these colours, packed at `root`.
    As split stores them: the middle keyframe comes first."""
    members = {
        f"{i}-{k}.jpg": plain_jpeg(colour)
        for i, of_clip in enumerate(colours)
        for k, colour in enumerate(of_clip)
    }
    refs = write_pack(root, "frames-unit0.tar", members) if members else {}
    shots = []
    for i, of_clip in enumerate(colours):
        frames = [keyframe(refs[f"{i}-{k}.jpg"], i * 5.0 + k) for k in range(len(of_clip))]
        middle = len(frames) // 2
        ordered = frames[middle : middle + 1] + frames[:middle] + frames[middle + 1 :]
        shots.append(shot_row("s1", i, i * 5.0, i * 5.0 + 5, keyframes=ordered))
    return shots


def clips_with(
    root: Path, colours: Sequence[Sequence[str]], heard: Sequence[Candidate] = ()
) -> list[Clip]:
    """The same as clips; `heard` are other teachers' candidates, by their shot_id."""
    source = Source(source_row("s1"), (), split_row("s1"))
    clips = [Clip(row, source) for row in clip_rows(root, colours)]
    found = {clip.shot_id: tuple(c for c in heard if c.shot_id == clip.shot_id) for clip in clips}
    return [
        replace(
            clip, heard=found[clip.shot_id], earlier={c.teacher: c for c in found[clip.shot_id]}
        )
        for clip in clips
    ]


def chat_config(
    server: ChatServer | str, teachers: Sequence[str] = ("vlm",), **changes: Any
) -> CaptionConfig:
    """A config that asks `server` with short waits. `server_*` keywords are the server's
    settings, the others the teachers'."""
    url = server if isinstance(server, str) else server.base_url
    of_server = {
        key.removeprefix("server_"): value
        for key, value in changes.items()
        if key.startswith("server_")
    }
    of_teacher = {key: value for key, value in changes.items() if not key.startswith("server_")}
    settings = {"server": "local", "model": "m"} | of_teacher
    return CaptionConfig.model_validate(
        {
            "teachers": list(teachers),
            "servers": {
                "local": {"base_url": url, "retry_base_s": 0.01, "timeout_s": 20} | of_server
            },
            **{name: [settings] if name == "vlm" else settings for name in teachers},
        }
    )
