"""Each language may use the pieces of its scripts, and those of none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.translate.errors import ModelFolderError
from stages.translate.nothing_to_copy import nothing_to_copy
from stages.translate.script_map import (
    SCRIPT_MAP,
    key_of,
    map_lines,
    read_script_map,
    script_map,
    scripts_written,
)

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
NEUTRAL = ["▁", "12", ".", "、", "।", "😀", "<0xE2>", "T", "▁TV"]
LATIN = ["▁street", "Straße", "ing"]
CYRILLIC = ["▁улица", "ый"]
JAPANESE = ["通", "通り", "の", "カメラ", "猫が"]
CHINESE = ["街道"]
NAMES = {"de": "deu_Latn", "ru": "rus_Cyrl", "ja": "jpn_Jpan", "zh-Hans": "zho_Hans"}
VOCABULARY = [
    *SPECIAL, *NEUTRAL, *LATIN, *CYRILLIC, *JAPANESE, *CHINESE, "Б通", *NAMES.values(), "<mask>",
]  # fmt: skip
ANCHORS = ["<s>", "</s>", "<unk>"]
LANGUAGES: dict[str, str | None] = {**NAMES}


def folder_with(folder: Path, lines: str) -> Path:
    (folder / "shared_vocabulary.json").write_text(json.dumps(VOCABULARY))
    (folder / "config.json").write_text(json.dumps({"decoder_start_token": "</s>"}))
    (folder / SCRIPT_MAP).write_bytes(lines.encode("utf-8"))
    return folder


def test_a_script_has_its_pieces_and_those_of_none() -> None:
    found = script_map(VOCABULARY, LANGUAGES, ANCHORS)
    common = {*SPECIAL, *NEUTRAL, "<mask>"}
    assert {key: set(own) - common for key, own in found.items()} == {
        "scripts:Latn": {*LATIN, "deu_Latn"},
        "scripts:Cyrl": {*CYRILLIC, "rus_Cyrl"},
        "scripts:Hani+Hira+Kana": {*JAPANESE, *CHINESE, "jpn_Jpan"},
        "scripts:Hani": {*CHINESE, "通", "zho_Hans"},
    }
    assert all(common <= set(own) for own in found.values())


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True))
def test_what_is_written_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, more: list[str]
) -> None:
    vocabulary = [*VOCABULARY, *(piece for piece in more if piece not in VOCABULARY)]
    found = script_map(vocabulary, LANGUAGES, ANCHORS)
    folder = folder_with(tmp_path_factory.mktemp("map"), map_lines(found))
    (folder / "shared_vocabulary.json").write_text(json.dumps(vocabulary))
    places = read_script_map(folder, LANGUAGES)
    assert {key: [vocabulary[i] for i in own] for key, own in places.items()} == found


def test_a_vocabulary_whose_answers_start_with_its_last_token_has_no_map() -> None:
    assert script_map([*VOCABULARY, "<begin>"], LANGUAGES, [*ANCHORS, "<begin>"]) == {}


@pytest.mark.parametrize(
    ("tag", "scripts"),
    [
        ("ja", {"Hani", "Hira", "Kana"}),
        ("ur", {"Arab"}),
        ("sr", {"Cyrl", "Latn"}),
        ("crh", {"Cyrl", "Latn"}),  # CLDR says Cyrillic, FLORES-200 Latin
        ("acm", {"Arab"}),  # not in CLDR
        ("tzm", {"Latn", "Tfng"}),
    ],
)
def test_scripts_are_those_of_both_authorities(tag: str, scripts: set[str]) -> None:
    assert scripts_written(tag) == scripts


@pytest.mark.parametrize("tag", ["tzm", "sat", "taq-Tfng", "und", "x-none"])
def test_a_script_that_cannot_be_told_has_no_key(tag: str) -> None:
    assert key_of(tag) is None


GOOD = map_lines(script_map(VOCABULARY, LANGUAGES, ANCHORS))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("улица", "улитка", "not in the vocabulary"),
        ("▁улица", "ый", "a piece twice"),
        ("scripts:Cyrl\t", "scripts:Cyrl ", "has no pieces"),
        ("<s> ", "", "lacks <s>"),
        (" rus_Cyrl", "", "rus_Cyrl has to be in scripts:Cyrl alone"),
        ("deu_Latn", "rus_Cyrl", "has to be in"),
        ("scripts:Cyrl\t<s> <pad> ", "scripts:Cyrl\t<s> ", "not the same place"),
    ],
)
def test_a_damaged_map_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in GOOD
    folder = folder_with(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ModelFolderError, match=why):
        read_script_map(folder, LANGUAGES)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, GOOD)
    (folder / SCRIPT_MAP).write_bytes(b"scripts:\xff\xfe\t<s>")
    with pytest.raises(ModelFolderError, match=r"vmap.txt is damaged"):
        read_script_map(folder, LANGUAGES)


def test_lines_of_others_are_left_alone(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "dog\t猫が perhaps\n\t.\n")
    assert read_script_map(folder, LANGUAGES) == {}


PLAIN = [
    "A man is walking in the street.",
    "Two black-and-white dogs (one old), 12 cats and 1,500 birds at 10:30!",
    "a man's t-shirt",
    "5 % & more — 😀 #1",
    "Ein mann läuft.",
    "",
]
WITH_NAMES = [
    "A man looks at his iPhone.",
    "People visit Paris",
    "A NASA rocket",
    "TV sets on a wall",
    "you and I",
    "a 4k video",
    "mail me@example.org",
    'a sign says "open"',
    "ünder_score",
    "T-Mobile opens",
]


@pytest.mark.parametrize("sentence", PLAIN)
def test_plain_words_leave_nothing_to_copy(sentence: str) -> None:
    assert nothing_to_copy(sentence, {"Cyrl"})


@pytest.mark.parametrize("sentence", WITH_NAMES)
def test_what_may_be_copied_needs_its_letters(sentence: str) -> None:
    assert not nothing_to_copy(sentence, {"Cyrl"})


@pytest.mark.parametrize("sentence", [*PLAIN, "A man looks at his iPhone 4s in Paris."])
def test_letters_of_the_target_may_be_copied(sentence: str) -> None:
    assert nothing_to_copy(sentence, {"Latn"})


def test_scripts_without_case_are_plain() -> None:
    assert nothing_to_copy("一个男人在街上走。", {"Latn"})
    assert nothing_to_copy("एक आदमी सड़क पर चल रहा है।", {"Cyrl"})
    assert not nothing_to_copy("一个男人看NASA。", {"Cyrl"})
    assert not nothing_to_copy("他说「你好」", {"Latn"})


@given(st.text(max_size=40), st.text(max_size=40))
def test_more_text_is_never_more_plain(left: str, right: str) -> None:
    if nothing_to_copy(f"x {left} {right}", {"Deva"}):
        assert nothing_to_copy(f"x {left}", {"Deva"})
