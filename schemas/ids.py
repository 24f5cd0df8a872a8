"""Deterministic ids: the same content under the same name has the same id on every machine.

All ids are UUIDv5 of one namespace, so a re-run, another worker count or another cluster
gives the same keys, and a join never depends on where a row was made.
"""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f0f7c5e-2f0b-5d0e-9d5f-0a6c1b7d3e42")


def _make(*parts: str) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join(parts)))


def source_id(content_sha256: str | None, key: str) -> str:
    """Id of one input: its content and its key (path below the input folder, or URI).

    The key takes part so that two byte-identical files stay two sources: dedup has to tell
    which of them it kept. Content that could not be read gives an id by its key alone.
    """
    return _make("source", content_sha256 or "unread", key)


def shot_id(source: str, start_pts: int, end_pts: int, time_base: str, scale: int = 0) -> str:
    """Id of the span [start_pts, end_pts) of one source; `time_base` is "num/den" seconds. Rows
    of different scales may have one span."""
    larger = (str(scale),) if scale else ()
    return _make("shot", source, str(start_pts), str(end_pts), time_base, *larger)


def caption_id(shot: str, teacher: str, style: str, language: str) -> str:
    """Id of one candidate caption."""
    return _make("caption", shot, teacher, style, language)


def translation_id(caption: str, language: str) -> str:
    """Id of one caption in one target language."""
    return _make("translation", caption, language)
