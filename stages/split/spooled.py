"""Keyframes in the spool file of the decode pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spooled:
    """A keyframe's bytes in the spool file, and what its row will say of it."""

    frame: int
    time_s: float
    width: int
    height: int
    offset: int
    size_bytes: int
