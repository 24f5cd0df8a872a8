"""What the settings of every teacher have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TeacherConfig(BaseModel):
    """Base of every teacher's settings."""

    model_config = ConfigDict(extra="forbid")
