"""Languages are BCP-47 tags, each once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stages.translate.config import TranslateConfig
from stages.translate.languages import same_language, serving_tag


def test_defaults() -> None:
    assert TranslateConfig().languages == ["es", "hi", "zh", "ar"]


def test_tags_are_standardised() -> None:
    assert TranslateConfig(languages=["ZH-hans", "iw"]).languages == ["zh-Hans", "he"]


@pytest.mark.parametrize("tag", ["", "spanish", "xx-!", "und", "123", "qqq-latin"])
def test_other_tags_are_refused_by_name(tag: str) -> None:
    with pytest.raises(ValidationError, match="is not a BCP-47 language tag"):
        TranslateConfig(languages=["es", tag])


def test_a_language_may_be_named_once() -> None:
    with pytest.raises(ValidationError, match="named twice"):
        TranslateConfig(languages=["es", "ES"])


@pytest.mark.parametrize(
    ("tag", "served"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("zh-Hans", "zh"),
        ("zh-CN", "zh"),
        ("zh-Hant", None),
        ("pt", None),
        ("und", None),
        ("", None),
        ("no such tag", None),
        ("es-MX", "es"),
    ],
)
def test_which_language_serves_a_tag(tag: str, served: str | None) -> None:
    assert serving_tag(tag, ["en", "zh", "es"]) == served


def test_script_decides_whether_a_text_needs_translation() -> None:
    assert same_language("en-GB", "en")
    assert not same_language("zh-Hans", "zh-Hant")
    assert not same_language("und", "en")
