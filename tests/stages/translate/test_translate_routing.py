"""Which model, and by what way: rules in order, fallbacks, third languages, words for a no."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stages.translate.card import ModelCard
from stages.translate.config import TranslateConfig
from stages.translate.routing import Rule, Way, find_way, writable


def card(name: str, sources: list[str], targets: list[str], **more: object) -> ModelCard:
    return ModelCard.model_validate(
        {"name": name, "version": 1, "family": "plain", "is_demo": False}
        | {"source_languages": sources, "target_languages": targets}
        | more
    )


CARDS = {
    "ende": card("ende", ["en"], ["de"]),
    "fren": card("fren", ["fr"], ["en"]),
    "multi": card("multi", ["en", "fr", "sv"], ["en", "fr", "de", "si"]),
    "zh": card("zh", ["en"], ["zh"], target_tokens={"zh": "<2zh>"}),
}


def names(way: Way | str) -> list[str]:
    assert not isinstance(way, str), way
    return [hop.model for hop in way]


def test_the_first_rule_that_can_is_taken() -> None:
    rules = [Rule("ende"), Rule("multi")]
    assert names(find_way(rules, CARDS, "en", "de")) == ["ende"]
    assert names(find_way(rules, CARDS, "en", "si")) == ["multi"]
    assert names(find_way(rules, CARDS, "fr", "de")) == ["multi"]


def test_patterns_keep_a_rule_to_its_pairs() -> None:
    rules = [Rule("multi", targets=("si",)), Rule("ende", sources=("en",), targets=("de",))]
    assert names(find_way(rules, CARDS, "en-GB", "de-AT")) == ["ende"]
    assert find_way(rules, CARDS, "en", "fr") == "no route is for en into fr"


def test_a_third_language_on_the_way() -> None:
    rules = [Rule("ende", via="en"), Rule("fren")]
    assert names(find_way(rules, CARDS, "fr", "de")) == ["fren", "ende"]
    assert names(find_way(rules, CARDS, "en", "de")) == ["ende"]
    assert names(find_way([Rule("multi", via="en")], CARDS, "sv", "si")) == ["multi", "multi"]


def test_hops_name_the_languages_on_the_way() -> None:
    way = find_way([Rule("zh", via="en"), Rule("fren")], CARDS, "fr", "zh-Hans")
    assert not isinstance(way, str)
    assert [(hop.route.language, hop.route.token) for hop in way] == [
        ("en", None),
        ("zh-Hans", "<2zh>"),
    ]


def test_a_no_names_every_model_that_was_asked() -> None:
    why = find_way([Rule("ende"), Rule("fren", via="en")], CARDS, "sv", "ta")
    assert why == (
        "ende@1 translates from en into de, not from sv into ta; "
        "fren@1 translates from fr into en, not from en into ta"
    )
    assert find_way([Rule("zh", via="en")], CARDS, "fr", "zh") == ("no model translates fr into en")


@pytest.mark.parametrize("source", ["und", "", "not a tag", "xx"])
def test_an_unknown_source_has_no_way(source: str) -> None:
    assert isinstance(find_way([Rule("multi")], CARDS, source, "de"), str)


def test_what_can_be_written_at_all() -> None:
    rules = [Rule("fren")]
    assert writable(rules, {"fren": CARDS["fren"]}, "en")
    assert not writable(rules, {"fren": CARDS["fren"]}, "fr")


def test_the_default_model_is_no_silent_fallback_of_routes() -> None:
    config = TranslateConfig.model_validate({"routes": [{"model": "/m", "targets": ["DE"]}]})
    assert [(rule.model, rule.targets) for rule in config.rules()] == [("/m", ["de"])]
    assert [rule.model for rule in TranslateConfig().rules()] == [TranslateConfig().model]


@pytest.mark.parametrize(
    "route", [{"model": ""}, {"model": "m", "via": "spanish"}, {"model": "m", "sources": ["x-!"]}]
)
def test_wrong_routes_are_refused(route: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TranslateConfig.model_validate({"routes": [route]})
