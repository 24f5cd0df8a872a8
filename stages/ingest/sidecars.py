"""Which files beside a video belong to it, and what each of them is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from schemas.outcomes import SidecarKind
from stages.ingest.languages import language_tag
from stages.ingest.subtitles import SUBTITLE_SUFFIXES

METADATA_SUFFIXES = (".json",)
DESCRIPTION_SUFFIXES = (".txt", ".description")
SIDECAR_SUFFIXES = (*SUBTITLE_SUFFIXES, *METADATA_SUFFIXES, *DESCRIPTION_SUFFIXES)

_NOT_LANGUAGES = {"sdh", "cc"}
"""Valid language codes that in file names mean "for the deaf"."""

_MAX_MIDDLE_PARTS = 2


@dataclass(frozen=True)
class SidecarFile:
    """One file that came with a video. `name` is unique among the video's sidecars."""

    name: str
    uri: str
    kind: SidecarKind
    language: str | None
    size_bytes: int | None = None
    modified: str | None = None


def sidecar_kind(name: str) -> SidecarKind | None:
    """Kind of a file by its suffix; None: not a sidecar."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in SUBTITLE_SUFFIXES:
        return SidecarKind.SUBTITLE_FILE
    if suffix in METADATA_SUFFIXES:
        return SidecarKind.METADATA_FILE
    return SidecarKind.DESCRIPTION_FILE if suffix in DESCRIPTION_SUFFIXES else None


def sidecar_language(name: str, stem: str = "") -> str | None:
    """Language in a name like `stem.en.srt`; None where no part of it is one."""
    middle = PurePosixPath(name).stem[len(stem) :].split(".")[1:]
    for part in middle:
        if part.lower() not in _NOT_LANGUAGES and (tag := language_tag(part)):
            return tag
    return None


def match_sidecars(videos: Iterable[str], others: Iterable[str]) -> Mapping[str, list[str]]:
    """Sidecars of each video of one folder, sorted; all are bare file names.

    `a.mp4` takes `a.srt`, `a.en.srt`, `a.en.forced.srt` and `a.info.json`. A name that fits two
    videos goes to the longest stem, and to every video that has that stem.
    """
    by_stem: dict[str, list[str]] = {}
    found: dict[str, list[str]] = {}
    for video in videos:
        by_stem.setdefault(PurePosixPath(video).stem, []).append(video)
        found[video] = []
    for name in sorted(others):
        if sidecar_kind(name) is None:
            continue
        parts = PurePosixPath(name).stem.split(".")
        for n_middle in range(min(_MAX_MIDDLE_PARTS, len(parts) - 1) + 1):
            stem = ".".join(parts[: len(parts) - n_middle])
            if stem in by_stem:
                for video in by_stem[stem]:
                    found[video].append(name)
                break
    return found
