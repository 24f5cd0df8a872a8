"""What ends a run because of a translation model."""

from __future__ import annotations

from stages.base import StageError


class ModelFolderError(StageError):
    """A model folder cannot be used; the message says which file, why, and what to do."""
