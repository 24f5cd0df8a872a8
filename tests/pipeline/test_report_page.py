"""The report shows everything of a run, keeps to itself, and is the same each time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_run import EVIL, TEXTS, account, make_run

from pipeline.report import REPORT_PATH, write_report
from pipeline.report.build import build_report, funnel, seconds, text_direction
from pipeline.report.charts import histogram_svg, number
from pipeline.report.data import Histogram, load_report_data
from pipeline.storage import Storage
from schemas.outcomes import TEXT_FLAG_HELP, TextFlag

VOID = {"meta", "img", "br", "link", "rect", "line"}


class Checker(HTMLParser):
    """Notes every tag with its attributes, and fails on tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def parsed(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    return checker


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page(run: Storage) -> str:
    return build_report(load_report_data(run), account())


def test_the_page_needs_nothing_from_outside_and_runs_nothing(page: str) -> None:
    found = parsed(page)
    for tag, attributes in found.tags:
        assert tag not in ("script", "link", "iframe", "object")
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/jpeg;base64,"))
        assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in page
    assert "http" not in page


def test_text_from_outside_stays_text(page: str) -> None:
    assert EVIL not in page
    assert page.count("&lt;script&gt;") >= 2


def test_each_language_has_its_direction(page: str) -> None:
    found = parsed(page).tags
    directions = {a["lang"]: a["dir"] for _, a in found if "lang" in a and "dir" in a}
    assert directions == {"en": "ltr", "und": "ltr", "ar": "rtl", "es": "ltr"} | {
        "hi": "ltr",
        "zh": "ltr",
    }
    assert all(text in page for text in TEXTS.values())


def test_it_tells_of_every_reason_with_examples(page: str) -> None:
    for words in ("not_a_video", "moov atom not found", "near_duplicate", "wrong_language"):
        assert words in page
    assert "The same footage is kept under another shot." in page
    assert "loudness −61 dB" in page
    assert "polyreel why RUN shot00" in page


def test_pictures_are_inside_the_page(page: str) -> None:
    pictures = [a for tag, a in parsed(page).tags if tag == "img"]
    assert len(pictures) == 8 + 2
    assert "no picture" not in page


def test_counts_are_those_of_the_tables(run: Storage) -> None:
    data = load_report_data(run)
    assert data.totals["n_sources"] == 3
    assert data.totals["n_samples"] == len(data.samples) == 8
    languages = {row["language"]: row for row in data.languages}
    assert languages["zh"]["n_passed"] == 4
    assert languages["zh"]["reasons"] == [{"reason": "wrong_language", "n": 4}]
    assert languages["hi"]["n_flagged"] == 8
    teachers = {row["teacher"]: row for row in data.teachers}
    assert (teachers["asr"]["n_asked"], teachers["asr"]["n_usable"]) == (8, 0)
    assert teachers["visual"]["n_selected"] == 8
    counts = {(e.stage, e.reason): e.count for e in data.endings}
    assert counts["caption", "no_speech"] == 8
    shots = next(h for h in data.histograms if h.title == "Shot length")
    assert sum(shots.counts) == shots.n_values == 9
    assert [len(cluster["members"]) for cluster in data.clusters] == [2]
    assert data.clusters[0]["members"][0]["outcome"] == "kept"


def test_the_same_run_gives_the_same_page(run: Storage, page: str, tmp_path: Path) -> None:
    assert build_report(load_report_data(run), account()) == page
    again = make_run(tmp_path)
    assert write_report(again, account()) == REPORT_PATH
    assert again.read_bytes(REPORT_PATH).decode() == page


def test_a_run_without_anything_has_a_page_too(tmp_path: Path) -> None:
    empty = {"reconciled": True, "problems": [], "stages": {}, "samples": 0, "languages": {}}
    html = build_report(load_report_data(Storage(str(tmp_path))), empty)
    parsed(html)
    for words in ("No stage has run", "The dataset is empty", "There are no texts"):
        assert words in html


def test_an_account_that_does_not_balance_is_the_first_thing_to_see(run: Storage) -> None:
    wrong = account() | {"reconciled": False, "problems": ["split videos: 1 have no answer"]}
    html = build_report(load_report_data(run), wrong)
    assert html.index("does not balance") < html.index('id="funnel"')
    assert "1 have no answer" in html


def test_the_funnel_has_a_line_for_each_stage_and_its_parts() -> None:
    lines = funnel(account())
    assert [(line["stage"], line["item"], line["is_part"]) for line in lines] == [
        ("ingest", "videos", False),
        ("split", "videos", False),
        ("split", "shots", True),
        ("dedup", "shots", False),
        ("filter", "clips", False),
        ("filter", "texts", True),
    ]
    assert all(abs(sum(line["shares"].values()) - 100) < 1e-9 for line in lines)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.floats(0.1, 1e4))
def test_bars_stay_inside_their_chart(counts: list[int], high: float) -> None:
    counts[0] += 1
    svg = str(histogram_svg(Histogram("t", "s", 0.0, high, tuple(counts), 1, high / 2)))
    bars = re.findall(
        r'<rect class="bar" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg
    )
    assert len(bars) == sum(1 for count in counts if count)
    for x, y, width, height in (map(float, bar) for bar in bars):
        assert x >= 0
        assert x + width <= 320.01
        assert y >= 13.9
        assert y + height <= 112.01


@pytest.mark.parametrize(
    ("tag", "direction"),
    [("ar", "rtl"), ("ar-Latn", "ltr"), ("pa-Arab", "rtl"), ("zh-Hant", "ltr"), ("ur-PK", "rtl")],
)
def test_direction_follows_script_and_language(tag: str, direction: str) -> None:
    assert text_direction(tag) == direction


def test_numbers_are_short() -> None:
    assert [number(v) for v in (0.0, 12.0, 12.34, 0.04567, 1234.5)] == [
        "0",
        "12",
        "12.3",
        "0.0457",
        "1234",
    ]
    assert [seconds(v) for v in (8.44, 185, 7800)] == ["8.4 s", "3 min 05 s", "2 h 10 min"]


def test_what_checks_doubt_is_counted_and_told(run: Storage, page: str) -> None:
    rows = {row["language"]: row for row in load_report_data(run).languages}
    n_flagged = rows["hi"]["n_flagged"]
    assert rows["hi"]["flags"] == [{"flag": "low_score", "n": n_flagged}]
    assert n_flagged > 0
    assert rows["es"]["flags"] == []
    assert f'title="{TEXT_FLAG_HELP[TextFlag.LOW_SCORE]}">low_score {n_flagged}</span>' in page
    assert "demo-mt-1, beam 1 (low_score, repeats)" in page
