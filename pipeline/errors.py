"""Errors that end a command, each with what a person can do about it."""

from __future__ import annotations


class PolyreelError(Exception):
    """Ends the command with a plain message. `exit_code` 2: usage or configuration."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(PolyreelError):
    """An unknown key, a bad value, a file that is no config."""


class PlanError(PolyreelError):
    """The run cannot work as configured; found before anything was started."""


class RunFolderError(PolyreelError):
    """The output folder is not one that this run may write to."""


class ModelError(PolyreelError):
    """A model is missing, cannot be fetched, or is not what its checksum says."""


class RunError(PolyreelError):
    """Work failed in a way that no row can hold."""

    exit_code = 1
