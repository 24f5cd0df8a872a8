"""The packaged demo model, driven as in a run: exact on the visual teacher's sentences, nearly so
on the rest of its grammar, small, honest."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from scripts.demo_grammar import TARGETS, english_words, pairs, sentences, word_pairs
from scripts.demo_grammar.meanings import Action, Meaning, Sight
from stages import translate
from stages.caption.visual_grammar import Scene, all_meanings
from stages.translate.batching import batches
from stages.translate.card import Route, read_card, routes
from stages.translate.domain import tokens
from stages.translate.translator import Translated, Translator, open_model

FOLDER = Path(str(translate.__file__)).parent / "demo_model"
CARD = read_card(FOLDER)
LANGUAGES = CARD.target_languages
LATIN = re.compile(r"[A-Za-z]")
Trait = tuple[object, ...]
Results = tuple[str, dict[str, Translated]]


@pytest.fixture(scope="module")
def model() -> Translator:
    return open_model(FOLDER, "int8", 1)


def translate_all(model: Translator, texts: list[str], route: Route) -> dict[str, Translated]:
    tokens = {text: model.tokens(text, route) for text in texts}
    done: dict[str, Translated] = {}
    for batch in batches({text: len(found) for text, found in tokens.items()}, 4096):
        done.update(zip(batch, model.translate([tokens[t] for t in batch], 1, 128), strict=True))
    return done


@pytest.mark.parametrize("compute_type", ["int8", "float32"])
def test_company_and_padding_change_no_answer(compute_type: str) -> None:
    """What makes it right to keep answers, and to batch sentences of several lengths."""
    model = open_model(FOLDER, compute_type, 1)
    texts = random.Random(3).sample(sorted(sentences()), 40)
    ways = routes(CARD, ["ja", "ru"])
    asked = [model.tokens(text, way) for text in texts for way in ways]
    together = model.translate(asked, 1, 64)
    assert len({len(each) for each in asked}) > 3
    assert together == [model.translate([each], 1, 64)[0] for each in asked]


def traits(meaning: Meaning) -> set[Trait]:
    """What a sentence is made of, and what is made together."""
    match meaning:
        case Scene(length, light, saturation, colours):
            strong = tuple(zip(colours, meaning.strong, strict=True))
            return {
                ("looks", length, light, saturation, len(colours)),
                *(("colour", i, saturation, each) for i, each in enumerate(strong)),
            }
        case Action(who, act, place):
            return {("does", who, act), ("acts in", place)}
        case Sight(thing, colour, place):
            return {("has", thing, colour), ("lies in", place)}
        case _:
            return {("phrase", meaning)}


def covering_sample() -> list[str]:
    """Every set phrase, and composed sentences until each part was met."""
    known = list(sentences().items())
    random.Random(7).shuffle(known)
    met: set[Trait] = set()
    chosen = []
    for text, meaning in known:
        if not traits(meaning) <= met:
            met |= traits(meaning)
            chosen.append(text)
    return chosen


SAMPLE = covering_sample()


def test_the_sample_meets_every_word() -> None:
    assert {word for text in SAMPLE for word in tokens(text)} >= set(english_words())


@pytest.fixture(scope="module", params=LANGUAGES)
def translations(model: Translator, request: pytest.FixtureRequest) -> Results:
    language: str = request.param
    return language, translate_all(model, SAMPLE, routes(CARD, [language])[0])


def test_exact_on_every_part_of_the_visual_grammar(translations: Results) -> None:
    language, done = translations
    wanted = dict(pairs(language, all_meanings()))
    asked = [text for text in SAMPLE if text in wanted]
    assert {text: done[text].text for text in asked} == {text: wanted[text] for text in asked}


def test_nearly_exact_on_the_open_grammar(translations: Results) -> None:
    language, done = translations
    wanted = dict(pairs(language))
    assert sum(done[text].text == wanted[text] for text in SAMPLE) >= 0.99 * len(SAMPLE)


def test_scripts_are_native_and_scores_are_high(translations: Results) -> None:
    language, results = translations
    native = language not in ("de", "es", "fr", "sv")
    for done in results.values():
        assert not (native and LATIN.search(done.text)), done
        assert -0.3 < done.score <= 0, done
        assert not done.truncated


def test_the_card_tells_what_was_measured() -> None:
    card = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
    assert card["is_demo"] is True
    assert card["licence"] == "Apache-2.0"
    assert set(card["target_languages"]) == set(card["target_tokens"]) == set(TARGETS)
    assert (FOLDER.parents[2] / card["training_script"]).is_file()
    assert set(card["figures"]) <= set(card)
    for language in LANGUAGES:
        assert card["held_out_exact"][language] >= 0.99
        assert card["visual_exact"][language] == 1.0


def test_the_card_knows_the_grammar() -> None:
    assert CARD.domain is not None
    assert CARD.domain.words == english_words()
    assert CARD.domain.pairs == word_pairs()


def test_the_model_is_small() -> None:
    size_bytes = sum(path.stat().st_size for path in FOLDER.iterdir())
    assert size_bytes < 6_000_000
