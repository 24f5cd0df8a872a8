"""The sheet as one HTML page: pictures, texts and answers all inside. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from pipeline.selector.picks import Item


def options_of(item: Item) -> list[dict[str, Any]]:
    """The different texts of an item in its order: {"text", "language", "ids"}. Candidates with
    the same text are one option, and a pick of it picks them all."""
    options: dict[str, dict[str, Any]] = {}
    for candidate in item["candidates"]:
        new = {"text": candidate["text"], "language": candidate["language"], "ids": []}
        options.setdefault(candidate["text"], new)["ids"].append(candidate["caption_id"])
    return list(options.values())


def sheet_html(
    items: Sequence[Item], pictures: Sequence[Sequence[str]], direction: Callable[[str], str]
) -> str:
    """The page. `pictures`: data URIs of each item; `direction`: rtl or ltr of a language."""
    clips = [
        {"item": item, "options": options_of(item), "pictures": list(uris)}
        for item, uris in zip(items, pictures, strict=True)
    ]
    page = _environment().get_template("sheet.html.j2")
    return page.render(clips=clips, data=as_script(list(items)), direction=direction)


def as_script(value: Any) -> Markup:
    """JSON that can stand in a <script>, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
