"""Prompts: one text file each, named by its id, whose first line states its version.

    version: 2
    Describe ... {fields} stand in braces ...

A caption stores the ids and versions of the prompts behind it. A wording of the config's own
goes under the same id, with the first digits of its SHA-256 in place of the version.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Prompt:
    """A wording. `label` is what the `prompt_id` column says of it: frames/1."""

    name: str
    version: str
    text: str

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"

    def filled(self, **values: object) -> str:
        """The wording with its fields filled in; values are taken as they are."""
        return self.text.format(**values)


@cache
def shipped() -> dict[str, Prompt]:
    """The prompts that Polyreel brings, by id."""
    prompts = {}
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".txt"):
            name = file.name.removesuffix(".txt")
            first, _, text = file.read_text(encoding="utf-8").partition("\n")
            prompts[name] = Prompt(name, first.removeprefix("version:").strip(), text.strip())
    return prompts


def prompts_with(overrides: Mapping[str, str]) -> dict[str, Prompt]:
    """The shipped prompts, some of them worded otherwise."""
    own = {
        name: Prompt(name, hashlib.sha256(text.encode()).hexdigest()[:8], text.strip())
        for name, text in overrides.items()
    }
    return shipped() | own


def override_error(name: str, text: str) -> str | None:
    """Why a wording cannot stand under this id; null when it can."""
    if name not in shipped():
        return f"no prompt is called {name}; there are {', '.join(shipped())}"
    try:
        unknown = fields(text) - fields(shipped()[name].text)
    except ValueError as error:
        return f"prompt {name}: {error}; a brace that is no field is written {{{{ or }}}}"
    if unknown:
        known = ", ".join(sorted(fields(shipped()[name].text))) or "none"
        return f"prompt {name} has no field {sorted(unknown)[0]!r}; its fields: {known}"
    return None


def fields(text: str) -> set[str]:
    """Names of the {fields} of a wording. Raises ValueError where braces do not fit."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
