"""The configuration reference in docs/configuration.md, written from the models themselves."""

from __future__ import annotations

from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline.config import RunConfig, model_of

_INTRO = """\
# Configuration reference

Written by `polyreel config docs`; do not edit by hand. Every key can stand in a YAML file
(`--config FILE`) or on the command line (`--set key=value`).
"""


def render_config_docs() -> str:
    """Markdown with one table for each section."""
    parts = [_INTRO]
    for name, field in RunConfig.model_fields.items():
        model = model_of(field.annotation)
        if model is None:
            raise TypeError(f"section {name} is no config model")
        summary = " ".join((model.__doc__ or "").split())
        parts += [f"## {name}\n", f"{summary}\n", _table(model, f"{name}."), ""]
    return "\n".join(parts)


def _table(model: type[BaseModel], prefix: str) -> str:
    lines = ["| key | default | allowed | what it does |", "| --- | --- | --- | --- |"]
    lines += _rows(model, prefix)
    return "\n".join(lines)


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    lines: list[str] = []
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        container = get_origin(field.annotation)
        if inner is not None and container not in (list, dict):
            lines += _rows(inner, f"{prefix}{name}.")
            continue
        default = field.get_default(call_default_factory=True)
        cells = [
            f"`{prefix}{name}`",
            f"`{_shown(default)}`",
            _allowed(field),
            field.description or "",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if inner is not None:
            member = "[]" if container is list else ".NAME"
            lines += _rows(inner, f"{prefix}{name}{member}.")
    return lines


def _shown(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(item) for item in value) + "]"
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def _allowed(field: FieldInfo) -> str:
    bounds = []
    for constraint in field.metadata:
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
            limit = getattr(constraint, attribute, None)
            if limit is not None:
                bounds.append(f"{sign} {limit}")
    return ", ".join([_type_name(field.annotation), *bounds])


def _type_name(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    for long, short in (
        ("typing.", ""),
        ("schemas.outcomes.", ""),
        ("Literal", "one of "),
        ("NoneType", "null"),
    ):
        text = text.replace(long, short)
    return f"{text}"
