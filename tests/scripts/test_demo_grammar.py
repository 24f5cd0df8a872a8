"""The parallel grammar covers the visual teacher, in every language, in its own script."""

from __future__ import annotations

import re
import unicodedata

import pytest

from scripts.demo_grammar import ENGLISH, TARGETS, english_words, pairs, sentences, word_pairs
from scripts.demo_grammar.ar import conjugate
from scripts.demo_grammar.meanings import Act, Action, Place, Sight, Thing, Who, everything
from stages.caption.visual_grammar import Colour, all_sentences
from stages.translate.domain import Domain

END = {"zh": "。", "ja": "。", "hi": "।"}
SCRIPT = {
    "hi": re.compile(r"[\u0900-\u097f ,।-]+"),
    "ar": re.compile(r"[\u0600-\u06ff .]+"),
    "zh": re.compile(r"[\u4e00-\u9fff，、。]+"),
    "ja": re.compile(r"[\u3005\u3040-\u30ff\u4e00-\u9fff、。]+"),
    "ru": re.compile(r"[\u0400-\u04ff ,.-]+"),
}
LATIN = re.compile(r"[A-Za-z]")


def test_the_first_four_targets_are_there() -> None:
    assert {"es", "hi", "zh", "ar"} <= set(TARGETS)


def test_every_visual_sentence_is_covered() -> None:
    assert set(all_sentences()) <= set(sentences())


def test_english_is_unambiguous() -> None:
    assert len(sentences()) == len(list(everything()))


@pytest.mark.parametrize("language", sorted(TARGETS))
class TestEveryLanguage:
    def test_tag_and_size(self, language: str) -> None:
        assert TARGETS[language].tag == language
        assert [pair.english for pair in pairs(language)] == list(sentences())

    def test_form(self, language: str) -> None:
        end = END.get(language, ".")
        for _, text in pairs(language):
            assert text == " ".join(text.split()) == unicodedata.normalize("NFC", text)
            assert text.endswith(end), text
            assert text.count(end) == 1, text
            assert " ," not in text, text
            assert " ." not in text, text
            assert text[0] == text[0].upper(), text

    def test_script(self, language: str) -> None:
        allowed = SCRIPT.get(language)
        for _, text in pairs(language):
            assert bool(LATIN.search(text)) == (allowed is None), text
            assert allowed is None or allowed.fullmatch(text), text

    def test_nothing_is_lost(self, language: str) -> None:
        """Sentences that differ in English differ in the target."""
        texts = [pair.target for pair in pairs(language)]
        assert len(set(texts)) == len(texts)


def test_agreement() -> None:
    """Gender and number, where a language marks them."""

    def said(language: str, who: Who, act: Act, place: Place | None = None) -> str:
        return TARGETS[language].render(Action(who, act, place))

    assert said("es", Who.WOMEN, Act.SIT) == "Dos mujeres están sentadas."
    assert said("hi", Who.GIRL, Act.SIT, Place.PARK) == "एक लड़की पार्क में बैठी है।"
    assert said("hi", Who.WOMEN, Act.RUN) == "दो महिलाएँ दौड़ रही हैं।"
    assert said("zh", Who.DOG, Act.SLEEP, Place.STREET) == "一只狗正在街上睡觉。"
    red = Sight(Thing.CAR, Colour.RED, Place.STREET)
    assert TARGETS["ar"].render(red) == "هناك سيارة حمراء في الشارع."
    assert TARGETS["es"].render(red) == "Hay un coche rojo en la calle."
    assert ENGLISH.render(red) == "There is a red car in the street."


@pytest.mark.parametrize(
    ("verb", "number", "feminine", "form"),
    [
        ("يمشي", 1, False, "يمشي"),
        ("يمشي", 1, True, "تمشي"),
        ("يمشي", 2, False, "يمشيان"),
        ("يمشي", 3, False, "يمشون"),
        ("يجلس", 2, True, "تجلسان"),
        ("يقرأ", 2, False, "يقرآن"),
        ("يقرأ", 3, False, "يقرؤون"),
    ],
)
def test_arabic_verbs(verb: str, number: int, feminine: bool, form: str) -> None:
    assert conjugate(verb, number, feminine) == form


def test_the_grammar_is_its_own_domain() -> None:
    domain = Domain.of(english_words(), word_pairs())
    assert all(domain.accepts(sentence) for sentence in sentences())
