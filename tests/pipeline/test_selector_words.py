"""What `polyreel why` and the report say of a choice and of those that were not chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_run import account, make_run

from pipeline.accounts import account_for
from pipeline.report.build import build_report
from pipeline.report.data import load_report_data
from pipeline.selector.words import choice_in_words, scores_in_words
from pipeline.storage import Storage
from pipeline.why import story, tell
from schemas.table import Row
from schemas.tables import TABLES

SCORES: Row = {"consensus": 0.412, "specificity": 0.5, "total": 0.7, "alignment": None}


def rewritten(storage: Storage, table: str, change: Any) -> None:
    path = f"{table}/part-u0.parquet"
    rows = [row | change(row) for row in storage.read_table(path).to_pylist()]
    storage.write_table(path, TABLES[table].to_arrow(rows))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    storage = make_run(tmp_path_factory.mktemp("run"), n_shots=3)

    def heard(row: Row) -> Row:
        if row["teacher"] == "asr":
            return {"text": "Thank you.", "outcome": "kept", "reason": None, "detail": None}
        return {}

    def chosen(row: Row) -> Row:
        if row["caption_id"].endswith("-a"):
            scores = SCORES | {"total": 0.1}
            return {"rank": 2, "caption_scores": scores, "flags": ["boilerplate"]}
        return {"rank": 1, "caption_scores": SCORES, "flags": []}

    rewritten(storage, "captions", heard)
    rewritten(storage, "choices", chosen)
    rewritten(storage, "selections", lambda row: {"policy": "best", "margin": 0.6})
    return storage


def test_scores_are_short_and_unknown_ones_are_left_out() -> None:
    caption = {"caption_scores": SCORES, "flags": ["loop", "grammar"]}
    expected = "total 0.70, consensus 0.41, specificity 0.50; flags: loop, grammar"
    assert scores_in_words(caption) == expected
    assert scores_in_words({"caption_scores": None, "flags": None}) == ""
    choice = {"why": "a is better", "policy": "best", "margin": 0.25}
    assert choice_in_words(choice) == "a is better (policy best, margin 0.250)"
    assert choice_in_words(choice | {"margin": None}) == "a is better (policy best)"


def test_why_shows_the_chosen_caption_with_the_others_and_their_scores(run: Storage) -> None:
    lines = [line.strip() for line in tell(story(run, "shot00"))]
    chosen = lines.index('visual (chosen): "A man rides a horse along the beach at sunset."')
    assert lines[chosen + 1] == "place 1: total 0.70, consensus 0.41, specificity 0.50"
    other = lines.index('asr: "Thank you."')
    assert lines[other + 1].endswith(
        "total 0.10, consensus 0.41, specificity 0.50; flags: boilerplate"
    )
    assert "choice: the only usable candidate (policy best, margin 0.600)" in lines


def test_the_report_shows_all_candidates_of_a_clip_in_their_order(run: Storage) -> None:
    data = load_report_data(run)
    html = build_report(data, account())
    for sample in data.samples:
        assert [row["teacher"] for row in sample["candidates"]] == ["visual", "asr"]
    assert html.count("place 1: total 0.70, consensus 0.41, specificity 0.50") == 2
    assert html.count("flags: boilerplate") == 2
    assert html.count("(policy best, margin 0.600)") == 2
    teachers = {row["teacher"]: row for row in data.teachers}
    assert (teachers["asr"]["n_flagged"], teachers["visual"]["n_flagged"]) == (2, 0)
    assert teachers["visual"]["consensus"] == pytest.approx(0.412)


def test_translations_of_several_captions_are_told_apart(tmp_path: Path) -> None:
    storage = make_run(tmp_path, n_shots=2)
    rewritten(storage, "choices", lambda row: {"selected": True})
    lines = [line.strip() for line in tell(story(storage, "shot00"))]
    assert any(line.startswith("es of visual:") for line in lines)


def test_the_account_asks_for_every_chosen_caption(tmp_path: Path) -> None:
    storage = make_run(tmp_path, n_shots=2)
    storage.write_bytes("state/translate/u0.json", b"{}")
    assert account_for(storage)["problems"] == []
    rewritten(storage, "choices", lambda row: {"selected": True})
    (problem,) = account_for(storage)["problems"]
    assert problem.startswith("translate clip texts: 4 have no answer, shot00-a ar")
