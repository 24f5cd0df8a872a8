"""The stage: scores and places in the rows, models named and checked, no teacher asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from caption_rows import cue_row, shot_row, source_row, unit_rows
from select_rows import chosen_from

from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import StageError
from stages.select.config import SelectConfig
from stages.select.fit import fit
from stages.select.pick import Pick
from stages.select.quantiles import Quantiles
from stages.select.ranker import Option
from stages.select.stage import SelectStage, metadata_of

LIGHT = ["metadata", "subtitle", "visual"]
TITLES = ["A chef slices ripe tomatoes", "Two dogs chase a ball in the park"]


def stage(**select: Any) -> SelectStage:
    return SelectStage(SelectConfig.model_validate(select))


def run(root: Path, **select: Any) -> dict[str, list[Row]]:
    shots = [shot_row(f"s{at}", 0, 0.0, 5.0) for at in range(2)]
    sources = [source_row(f"s{at}", title=title, language="en") for at, title in enumerate(TITLES)]
    cues = [cue_row(0, 1.0, 4.0, "first we cut the tomatoes", language="en", source_id="s0")]
    config = SelectConfig.model_validate(select)
    return chosen_from(root, unit_rows(shots, sources, cues), LIGHT, config)


def model_file(path: Path, favourite: str, alignment_model: str = "") -> str:
    """A ranker that learned nothing but who was picked."""
    options = tuple(Option(name, {}) for name in ("metadata/title", "visual/visual"))
    good = frozenset(at for at, option in enumerate(options) if option.label == favourite)
    picks = [Pick(f"c{at}", f"s{at}", options, good) for at in range(20)]
    path.write_text(json.dumps(fit(picks, alignment_model).to_json()))
    return str(path)


def test_every_candidate_with_a_text_has_scores_and_every_usable_one_a_place(
    tmp_path: Path,
) -> None:
    made = run(tmp_path, policy="best")
    captions = made["candidates"]
    for row in captions:
        assert (row["caption_scores"] is None) == (row["text"] is None) == (row["flags"] is None)
        assert (row["rank"] is None) == (row["outcome"] != Outcome.KEPT)
        assert (row["unusable"] is None) == (row["rank"] is not None)
        assert row["selected"] == (row["rank"] == 1)
    said = {
        (r["source_id"], r["teacher"]): r["caption_scores"] for r in captions if r["caption_scores"]
    }
    assert said["s0", "metadata"]["consensus"] > said["s1", "metadata"]["consensus"]
    assert said["s0", "metadata"]["n_words"] == 5
    for selection in made["selections"]:
        first, second = sorted(
            (r for r in captions if r["shot_id"] == selection["shot_id"] and r["rank"]),
            key=lambda row: row["rank"],
        )[:2]
        assert selection["caption_id"] == first["caption_id"]
        assert selection["runner_up_id"] == second["caption_id"]
        ahead = first["caption_scores"]["total"] - second["caption_scores"]["total"]
        assert selection["margin"] == pytest.approx(ahead, abs=2e-6)


def test_all_selects_several_rows_of_one_clip(tmp_path: Path) -> None:
    made = run(tmp_path, policy="all")
    chosen = [r["teacher"] for r in made["candidates"] if r["selected"] and r["text"]]
    assert sorted(chosen) == ["metadata", "metadata", "subtitle", "visual", "visual"]
    assert {row["policy"] for row in made["selections"]} == {"all"}


@pytest.mark.parametrize("favourite", ["metadata/title", "visual/visual"])
def test_learned_follows_the_picks_and_its_file_is_a_model_of_the_stage(
    tmp_path: Path, favourite: str
) -> None:
    reference = model_file(tmp_path / "model.json", favourite)
    assert reference in stage(policy="learned", model=reference).models()
    assert reference not in stage(policy="best", model=reference).models()
    made = run(tmp_path / "run", policy="learned", model=reference)
    chosen = {r["teacher"] for r in made["candidates"] if r["selected"]}
    assert chosen == {favourite.split("/")[0]}


def here(reference: str) -> Path:
    return Path(reference)


def test_a_file_that_does_not_fit_ends_the_run_before_it_starts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    fitted = model_file(tmp_path / "model.json", "visual/visual", "clip-a")
    scores = tmp_path / "calibration.json"
    scores.write_text(json.dumps(Quantiles({"consensus": [0.5]}).to_json()))
    aligned = {"alignment": {"model": "clip-b"}}
    for select, message in (
        ({"policy": "learned", "model": str(broken)}, r"select\.model: .*broken\.json"),
        ({"policy": "learned", "model": str(tmp_path / "no.json")}, "No such file"),
        ({"policy": "learned", "model": fitted}, r"trained with the alignment model clip-a"),
        ({"policy": "learned", "model": str(scores)}, "no file by `polyreel selector train`"),
        ({"calibration": fitted}, "no file by `polyreel selector calibrate`"),
        ({"calibration": str(scores), **aligned}, "no scores of the alignment model clip-b"),
    ):
        with pytest.raises(StageError, match=message):
            stage(**select).check(here)
    stage(calibration=str(scores)).check(here)


def test_a_calibration_makes_a_choice_independent_of_the_other_clips(tmp_path: Path) -> None:
    scores = tmp_path / "calibration.json"
    points = {"consensus": [0.0, 0.2, 0.4], "specificity": [0.1, 0.3, 0.5, 0.7]}
    scores.write_text(json.dumps(Quantiles(points).to_json()))
    both = run(tmp_path / "both", policy="best", calibration=str(scores))
    row = next(r for r in both["candidates"] if r["teacher"] == "metadata")
    consensus = Quantiles(points).of("consensus", row["caption_scores"]["consensus"])
    specificity = Quantiles(points).of("specificity", row["caption_scores"]["specificity"])
    assert consensus is not None
    assert specificity is not None
    assert row["caption_scores"]["total"] == pytest.approx((consensus + specificity + 2 * 0.5) / 4)


def test_a_clip_whose_every_candidate_fails_keeps_its_row_and_their_reasons(
    tmp_path: Path,
) -> None:
    shot = shot_row("s1", 0, 0.0, 5.0)
    looped = source_row(title="buy buy buy buy buy buy buy")
    tables = unit_rows([shot], [looped])
    made = chosen_from(tmp_path, tables, ["metadata", "subtitle"], SelectConfig())
    (selection,) = made["selections"]
    assert (selection["outcome"], selection["reason"]) == (Outcome.DROPPED, Reason.NO_CAPTION)
    assert "loop: The same words come again and again." in selection["detail"]
    assert "no_subtitle" in selection["detail"]
    metadata, subtitle = made["candidates"]
    assert metadata["flags"] == ["loop"]
    assert metadata["rank"] is subtitle["caption_scores"] is None
    assert metadata["unusable"] == "loop: The same words come again and again."
    assert subtitle["unusable"].startswith("no_subtitle")


def test_numbers_of_the_metadata_support_those_of_a_caption() -> None:
    chapters = [{"start_s": 0.0, "end_s": 9.0, "title": "Lap 7"}]
    row = source_row(title="Rally", description=None, tags=["1998"], chapters=chapters)
    assert metadata_of(row) == "Rally\n1998\nLap 7"


def test_a_selector_without_settings_needs_nothing_from_disk() -> None:
    plain = stage()
    assert plain.models() == []
    plain.check(here)
