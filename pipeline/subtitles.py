"""Subtitles in other languages: the cues of a run's `translations` as SRT or WebVTT files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath

from pipeline.errors import RunError
from pipeline.query import fetch, open_run
from pipeline.storage import Storage
from schemas.table import Row


class SubtitleFormat(StrEnum):
    """Kinds of subtitle files."""

    SRT = "srt"
    VTT = "vtt"


_CUES = """
SELECT s.key, t.source_id, t.sidecar, t.language, t.start_s, t.end_s, t.text
FROM translations t JOIN sources s USING (source_id)
WHERE t.kind = 'cue' AND t.outcome = 'kept' AND (len(?) = 0 OR list_contains(?, t.language))
ORDER BY s.key, t.source_id, t.sidecar, t.language, t.start_s, t.end_s, t.text_id
"""


def export_subtitles(
    storage: Storage, folder: Path, languages: Sequence[str], form: SubtitleFormat
) -> list[Path]:
    """One file for each source, track and language, named VIDEO.TRACK.LANGUAGE.FORM below
    `folder`. Raises RunError when the run has no translated cues."""
    cues = fetch(open_run(storage), _CUES, list(languages), list(languages))
    if not cues:
        raise RunError(
            "the run has no translated subtitle cues" + (" in them" if languages else ""),
            "run translate with --set 'translate.texts=[caption, cue]'",
        )
    files: dict[Path, list[Row]] = {}
    for cue in cues:
        files.setdefault(folder / file_name(cue, form), []).append(cue)
    for path, rows in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(subtitle_file(rows, form), encoding="utf-8")
    return list(files)


def file_name(cue: Row, form: SubtitleFormat) -> str:
    """Where a cue's track goes: the source's key without suffix, what tells its tracks apart, the
    language. A key cannot lead out of the folder."""
    key = PurePosixPath(cue["key"].partition("://")[2] or cue["key"])
    parts = [part for part in key.with_suffix("").parts if part not in ("/", "..", ".")]
    track = re.sub(r"\.(srt|vtt|ass|ssa|sub)$", "", cue["sidecar"].replace(":", ""))
    track = track.removeprefix(key.stem).strip(".")
    names = [parts[-1], track.replace("/", "_"), cue["language"], form]
    return "/".join([*parts[:-1], ".".join(name for name in names if name)])


def subtitle_file(cues: Sequence[Row], form: SubtitleFormat) -> str:
    """The content of a subtitle file. Times are those of the cues, to the millisecond."""
    mark = "," if form == SubtitleFormat.SRT else "."
    blocks = ["WEBVTT\n"] if form == SubtitleFormat.VTT else []
    for number, cue in enumerate(cues, 1):
        times = f"{_time(cue['start_s'], mark)} --> {_time(cue['end_s'], mark)}"
        lines = [line for line in cue["text"].split("\n") if line.strip()]
        text = "\n".join(lines).replace("-->", "→")
        if form == SubtitleFormat.VTT:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks)


def _time(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"
