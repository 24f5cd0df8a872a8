"""Metadata: what speaks of the video stays, what speaks to the platform goes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.metadata_text import (
    SourceText,
    chapter_title,
    clean_description,
    clean_title,
    metadata_caption,
    source_text,
)

FIELDS = ["title", "chapter", "description", "tags"]


def caption(text: SourceText, chapter: str = "", **changes: object) -> tuple[str, list[str]]:
    settings = {
        "fields": FIELDS,
        "max_description_chars": 60,
        "max_tags": 3,
        "max_chars": 200,
    } | changes
    return metadata_caption(text, chapter, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("🔥🔥 How to bake bread!! 🍞 #baking #food https://x.y/z", "How to bake bread!!"),
        ("Episode #1: The Start", "Episode #1: The Start"),
        ("@chef makes soup | ", "makes soup"),
        ("VID_20190304_112233.mp4", ""),
        ("IMG 0042", ""),
        ("untitled", ""),
        ("🔥🔥🔥", ""),
        ("烤面包 🍞 #面包", "烤面包"),
        ("كيف تصنع الخبز", "كيف تصنع الخبز"),
        (None, ""),
    ],
)
def test_titles(raw: str | None, clean: str) -> None:
    assert clean_title(raw) == clean


def test_descriptions_lose_what_is_not_about_the_video() -> None:
    description = """
        We bake rye bread in a wood oven.
        It takes two days
        ---------
        0:00 Intro
        12:30 Dough
        Subscribe to my channel!
        Follow me on Instagram: @baker
        Recipe: https://example.com/bread
        © 2024 Bakers
        #bread #oven
    """
    assert clean_description(description) == (
        "We bake rye bread in a wood oven. It takes two days."
    )


def test_title_chapter_and_opening_of_the_description_make_the_caption() -> None:
    text = SourceText("Rye bread", "We bake bread. It takes a very long time to get it right.", ())
    assert caption(text, "Kneading", max_description_chars=40) == (
        "Rye bread. Kneading. We bake bread.",
        ["title", "chapter", "description"],
    )
    assert caption(text, "rye BREAD!", max_description_chars=0) == ("Rye bread", ["title"])


def test_without_a_title_the_first_sentence_has_to_do_however_long() -> None:
    text = SourceText("", "We bake bread in a very old oven that stands behind the house. Yes.", ())
    said, used = caption(text, max_description_chars=0)
    assert said == "We bake bread in a very old oven that stands behind the house."
    assert used == ["description"]


def test_tags_are_the_last_resort() -> None:
    assert caption(SourceText("", "", ("a", "b", "c", "d"))) == ("a, b, c", ["tags"])
    assert caption(SourceText("T", "", ("a",)))[1] == ["title"]
    assert caption(SourceText("", "", ())) == ("", [])


@pytest.mark.parametrize("tags", [None, [], ["", "#", "🔥"]])
def test_tags_that_are_null_or_empty_are_no_tags(tags: list[str] | None) -> None:
    assert source_text(None, None, tags).tags == ()


CHAPTERS = [
    {"start_s": 0.0, "end_s": 10.0, "title": "Start"},
    {"start_s": 10.0, "end_s": 30.0, "title": "Middle"},
    {"start_s": None, "end_s": None, "title": "Broken"},
    {"start_s": 30.0, "end_s": 40.0, "title": None},
]


@pytest.mark.parametrize(
    ("start_s", "end_s", "title"),
    [
        (0, 5, "Start"),
        (8, 12, "Start"),
        (9, 14, "Middle"),
        (31, 35, ""),
        (50, 60, ""),
        (25, 60, ""),
    ],
)
def test_the_chapter_that_covers_most_of_the_clip(start_s: float, end_s: float, title: str) -> None:
    assert chapter_title(CHAPTERS, start_s, end_s, 0.5) == title
    assert chapter_title(None, start_s, end_s, 0.5) == ""


@pytest.mark.parametrize("text", ["a@" * 50_000, "-a" * 50_000, "Wir backen Brot. " * 6_000])
def test_a_description_of_100_000_characters_costs_little(text: str) -> None:
    before = time.process_time()
    said, _ = caption(source_text("Bread", text, None))
    assert time.process_time() - before < 1
    assert said.startswith("Bread")
    assert len(said) <= 200


@given(st.text(max_size=80), st.text(max_size=200), st.lists(st.text(max_size=9), max_size=4))
def test_a_caption_is_within_its_length_and_says_what_it_was_made_of(
    title: str, description: str, tags: list[str]
) -> None:
    said, used = caption(source_text(title, description, tags), max_chars=50)
    assert len(said) <= 50
    assert bool(said) == bool(used)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        (
            "A giant rabbit leaves his burrow. More at https://example.org",
            "A giant rabbit leaves his burrow.",
        ),
        (
            "A rabbit wakes up in the morning. Full film: www.example.org",
            "A rabbit wakes up in the morning.",
        ),
        (
            "A rabbit runs through the town zoo https://example.org",
            "A rabbit runs through the town zoo.",
        ),
    ],
)
def test_words_that_only_lead_to_a_link_go_with_it(description: str, said: str) -> None:
    assert clean_description(description) == said
