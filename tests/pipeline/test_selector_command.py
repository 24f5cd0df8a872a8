"""`polyreel selector`: from a run to a sheet, from answers to a model that a run can use."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_run import jpeg
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.selector.picks import ALL_BAD
from pipeline.storage import Storage
from schemas.tables import TABLES
from stages.base import kept
from stages.caption.teacher import Candidate
from stages.select.balanced import Clip, balanced
from stages.select.choose import select
from stages.select.config import SelectConfig
from stages.select.quantiles import Quantiles
from stages.select.ranker import Ranker
from stages.select.score import ClipTexts, score_unit

EVIL = "</script><script>alert(1)</script> & <b>"
TEXTS = {
    "good": "A man in a red coat rides horse number {} along a beach",
    "dull": "there is something that is there",
    "evil": f"{EVIL} horse {{}} يركب",
    "echo": "A man in a red coat rides horse number {} along a beach",
}


def polyreel(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def make_run(root: Path, n_clips: int = 12) -> Storage:
    """A run with captions: three sources, a keyframe for each clip, four teachers."""
    storage = Storage(str(root))
    config = SelectConfig()
    storage.write_json("run.json", {"input": "x", "config": {"select": config.model_dump()}})
    data = jpeg(80)
    storage.write_bytes("packs/frames-u0.tar", data)
    frame = {"time_s": 1.0, "frame": 25, "width": 640, "height": 360}
    frame |= {"pack": "packs/frames-u0.tar", "offset": 0, "size_bytes": len(data)}
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("sources", "shots", "captions", "choices")
    }
    for number in range(3):
        name = f"video {number}.mp4"
        rows["sources"].append({"source_id": f"s{number}", "uri": name, "key": name} | kept())
    clips = []
    for number in range(n_clips):
        shot_id = f"shot{number:02d}"
        span = {"start_s": number * 5.0, "end_s": number * 5.0 + 2 + number % 3}
        rows["shots"].append(
            {
                "shot_id": shot_id, "source_id": f"s{number % 3}", "index": number, "scale": 0,
                "start_frame": number, "end_frame": number + 50,
                "start_pts": number, "end_pts": number + 50,
                "time_base": "1/25", "cover_start_s": 0.0, "cover_end_s": 2.0, "n_frames": 50,
                "start_kind": "cut", "end_kind": "cut", "keyframes": [frame] * (number % 4),
            } | span | kept()
        )  # fmt: skip
        said = [Candidate(shot_id, t, "x", "en", x.format(number)) for t, x in TEXTS.items()]
        clips.append(ClipTexts(shot_id, said))
    scored = score_unit(clips, config)
    for number, clip in enumerate(clips):
        selection = select(scored[clip.shot_id], config)
        source_id = f"s{number % 3}"
        rows["captions"] += [said.row(source_id) for said in clip.candidates]
        rows["choices"] += selection.choice_rows(clip.shot_id, source_id)
    for name, found in rows.items():
        storage.write_table(f"{name}/part-u0.parquet", TABLES[name].to_arrow(found))
    return storage


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("selector") / "run"
    make_run(root)
    return root


@pytest.fixture(scope="module")
def sheet(run: Path) -> Path:
    folder = run.parent / "sheet"
    done = polyreel("selector", "sample", str(run), "--clips", "9", "-o", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def items(sheet: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sheet / "sheet.jsonl").read_text().splitlines()]


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def test_the_sheet_is_one_page_that_needs_nothing_else_and_names_no_teacher(sheet: Path) -> None:
    html = (sheet / "sheet.html").read_text()
    page = Page(html)
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:image/jpeg;base64,").startswith("data:image/")
    assert "http" not in html
    assert EVIL not in html
    assert html.count("<article") == 9
    assert sum(tag == "script" for tag, _ in page.tags) == 2
    held = json.loads(page.scripts[0])
    assert held == items(sheet)
    visible = html[: html.index('<script type="application/json"')]
    for teacher in TEXTS:
        assert f">{teacher}<" not in visible
        assert f"{teacher}/x" not in visible


def test_equal_texts_are_one_option_and_each_order_is_drawn(sheet: Path) -> None:
    found = items(sheet)
    boxes = [a["value"] or "" for _, a in Page((sheet / "sheet.html").read_text()).tags
             if a.get("name") == "good"]  # fmt: skip
    assert len(boxes) == 9 * 3
    assert Counter(len(value.split()) for value in boxes) == {1: 18, 2: 9}
    orders = {tuple(c["teacher"] for c in item["candidates"]) for item in found}
    assert len(orders) > 3


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_sheet(
    run: Path, sheet: Path, tmp_path: Path
) -> None:
    for seed in ("0", "1"):
        arguments = ("--clips", "9", "--seed", seed, "-o", str(tmp_path / seed))
        assert polyreel("selector", "sample", str(run), *arguments).exit_code == 0
    for name in ("sheet.html", "sheet.csv", "sheet.jsonl"):
        assert (tmp_path / "0" / name).read_bytes() == (sheet / name).read_bytes()
        assert (tmp_path / "1" / name).read_bytes() != (sheet / name).read_bytes()


def test_clips_come_evenly_from_sources(sheet: Path) -> None:
    assert Counter(item["source_id"] for item in items(sheet)) == {"s0": 3, "s1": 3, "s2": 3}


clips = st.lists(
    st.builds(
        Clip,
        st.uuids().map(str),
        st.sampled_from("abcd"),
        st.floats(0, 60),
        st.none() | st.floats(0, 1),
    ),
    max_size=40,
    unique_by=lambda clip: clip.shot_id,
)


@given(clips, st.integers(1, 50), st.integers(0, 5), st.randoms())
def test_a_sample_has_no_clip_twice_and_does_not_depend_on_the_order_of_rows(
    found: list[Clip], n_clips: int, seed: int, shuffler: random.Random
) -> None:
    taken = balanced(found, n_clips, seed)
    assert len(taken) == len(set(taken)) == min(n_clips, len(found))
    shuffled = list(found)
    shuffler.shuffle(shuffled)
    assert balanced(shuffled, n_clips, seed) == taken


def answered(sheet: Path, good: tuple[str, ...] = ("good", "echo")) -> list[dict[str, Any]]:
    """Answers as the page saves them: the teachers in `good` are; of the second clip none."""
    answers = []
    for number, item in enumerate(items(sheet)):
        picked = [c["caption_id"] for c in item["candidates"] if c["teacher"] in good]
        all_bad = number == 1
        answers.append({**item, "picked": [] if all_bad else picked, "all_bad": all_bad})
    return answers


def save(path: Path, answers: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    return str(path)


def test_answers_train_a_model_that_a_config_can_name(sheet: Path, tmp_path: Path) -> None:
    picks = save(tmp_path / "picks.jsonl", answered(sheet))
    model = tmp_path / "model.json"
    done = polyreel("selector", "train", "--picks", picks, "--output", str(model))
    assert done.exit_code == 0, done.output
    assert "the trained selector" in done.output
    assert "always good/x" in done.output
    stored = json.loads(model.read_text())
    assert stored["metrics"]["n_clips"] == 8
    assert stored["metrics"]["teachers"]["dull/x"] == 0
    assert stored["metrics"]["model"] == 1
    assert Ranker.from_json(stored).biases.keys() == {f"{name}/x" for name in TEXTS}
    first = model.read_bytes()
    again = polyreel("selector", "train", "--picks", picks, "--output", str(model), "--json")
    assert json.loads(again.output)["chance"] == 0.5
    assert model.read_bytes() == first


def test_a_filled_csv_says_the_same_as_the_saved_answers(sheet: Path, tmp_path: Path) -> None:
    answers = answered(sheet)
    picked = {caption_id for answer in answers for caption_id in answer["picked"]}
    bad = {answer["shot_id"] for answer in answers if answer["all_bad"]}
    rows = list(csv.DictReader((sheet / "sheet.csv").open(encoding="utf-8-sig")))
    for row in rows:
        is_bad = row["option"] == ALL_BAD and row["shot_id"] in bad
        row["picked"] = "x" if row["caption_id"] in picked or is_bad else ""
    with (tmp_path / "sheet.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "sheet.jsonl").write_bytes((sheet / "sheet.jsonl").read_bytes())
    outputs = [
        polyreel("selector", "coverage", "--json", "--picks", path).output
        for path in (save(tmp_path / "picks.jsonl", answers), str(tmp_path / "sheet.csv"))
    ]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["n_clips"] == 9


def test_coverage_names_the_teachers_worth_running(sheet: Path, tmp_path: Path) -> None:
    answers = answered(sheet, good=("good",))
    for answer in answers[2:5]:
        answer["picked"] = [c["caption_id"] for c in answer["candidates"] if c["teacher"] == "dull"]
    picks = save(tmp_path / "picks.jsonl", answers)
    found = json.loads(polyreel("selector", "coverage", "-p", picks, "--json").output)
    assert [step["teacher"] for step in found["teachers"][:2]] == ["good/x", "dull/x"]
    assert [round(step["covered"] * 9) for step in found["teachers"]] == [5, 8, 8, 8]
    table = polyreel("selector", "coverage", "--picks", picks).output
    assert "good/x" in table
    assert "88.9%" in table


def test_a_clip_that_nobody_judged_does_not_count(sheet: Path, tmp_path: Path) -> None:
    answers = [{**a, "picked": [], "all_bad": False} for a in answered(sheet)]
    done = polyreel("selector", "coverage", "-p", save(tmp_path / "picks.jsonl", answers))
    assert done.exit_code == 2
    assert "there is no answer" in done.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 7}, "line 1: it is no clip of a sheet"),
        ({"candidates": []}, "line 1: it has no candidates"),
        ({"candidates": [{"caption_id": "x"}]}, "line 1: a candidate lacks"),
        ({"picked": ["nobody"]}, "line 1: picked must be"),
        ({"all_bad": True}, "line 1: picked must be"),
    ],
)
def test_a_broken_answer_is_named_by_file_and_line(
    sheet: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    picks = save(tmp_path / "picks.jsonl", [answered(sheet)[0] | change])
    done = polyreel("selector", "train", "-p", picks, "-o", str(tmp_path / "m.json"))
    assert done.exit_code == 2
    assert "picks.jsonl" in done.output
    assert message in " ".join(done.output.split())
    assert not (tmp_path / "m.json").exists()


def test_too_few_picks_are_said_to_be_too_few(sheet: Path, tmp_path: Path) -> None:
    picks = save(tmp_path / "picks.jsonl", answered(sheet)[:1])
    done = polyreel("selector", "train", "-p", picks, "-o", str(tmp_path / "m.json"))
    assert done.exit_code == 2
    assert "at least two sources" in done.output


def test_a_run_without_a_choice_to_make_is_said_so(tmp_path: Path) -> None:
    Storage(str(tmp_path)).write_json(
        "run.json", {"config": {"select": SelectConfig().model_dump()}}
    )
    done = polyreel("selector", "sample", str(tmp_path), "-o", str(tmp_path / "sheet"))
    assert done.exit_code == 2
    assert "no clip of this run has two different candidates" in done.output


def test_a_calibration_holds_the_quantiles_of_the_run(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    done = polyreel("selector", "calibrate", str(run), "-o", str(path))
    assert done.exit_code == 0, done.output
    assert "48 candidates" in done.output
    quantiles = Quantiles.from_json(json.loads(path.read_text()))
    assert quantiles.of("specificity", 0.0) == 0
    assert quantiles.of("specificity", 1.0) == 1
