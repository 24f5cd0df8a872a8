"""A model folder that cannot be used is refused with words that say why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages import translate
from stages.translate.card import read_card, routes
from stages.translate.errors import ModelFolderError
from stages.translate.translator import open_model

DEMO = Path(str(translate.__file__)).parent / "demo_model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "model"))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    change(card)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such folder"):
        open_model(tmp_path / "nothing", "int8", 1)


@pytest.mark.parametrize("name", ["model.bin", "sentencepiece.model", "card.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelFolderError, match=f"missing {name}"):
        open_model(folder, "int8", 1)


@pytest.mark.parametrize("name", ["model.bin", "sentencepiece.model", "card.json", "config.json"])
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_file_is_refused(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    data = {"cut": path.read_bytes()[:100], "garbage": b"\xff\xfe\x00" * 999, "empty": b""}
    path.write_bytes(data[damage])
    with pytest.raises(ModelFolderError, match=str(folder)):
        open_model(folder, "int8", 1)


@pytest.mark.parametrize("field", ["name", "family", "is_demo", "target_languages"])
def test_a_card_without_a_field_names_it(folder: Path, field: str) -> None:
    rewrite(folder, lambda card: card.pop(field))
    with pytest.raises(ModelFolderError, match=field):
        read_card(folder)


def test_an_unknown_family_is_refused(folder: Path) -> None:
    rewrite(folder, lambda card: card.update(family="telepathy"))
    with pytest.raises(ModelFolderError, match="'telepathy' is not known; known: plain, nllb"):
        read_card(folder)


def test_a_language_that_the_model_lacks_is_named() -> None:
    with pytest.raises(
        ModelFolderError, match="does not translate into pt, zh-Hant; it translates"
    ):
        routes(read_card(DEMO), ["es", "pt", "zh-Hant"])


def test_the_source_language_needs_no_route() -> None:
    assert [route.language for route in routes(read_card(DEMO), ["en", "es"])] == ["es"]


def test_near_tags_share_a_route() -> None:
    (route,) = routes(read_card(DEMO), ["zh-Hans"])
    assert (route.language, route.model_language, route.token) == ("zh-Hans", "zh", "<2zh>")
