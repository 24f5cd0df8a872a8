"""scripts/eval_lid.py on a file of its own, and what counts as a fit text."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pipeline.models.cache import ModelCache
from scripts import eval_lid
from scripts.lid_texts import HELD_OUT, TUNING, Sample, n_words
from stages.filter.config import LID_176


def test_tuning_and_held_out_texts_share_no_package() -> None:
    packages = [
        {source.reference.split("==")[0] for source in group} for group in (TUNING, HELD_OUT)
    ]
    assert not packages[0] & packages[1]
    assert all(source.licence for source in (*TUNING, *HELD_OUT))


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert n_words("A man rides - 3 horses") == 4
    assert n_words("一个男人骑马") == 3
    assert n_words("") == 0


def test_texts_of_five_words_count_in_both_groups_and_und_is_wrong() -> None:
    rows = [Sample("en", "a b c", "f", 3), Sample("nb", "a b c d e", "f", 5)]
    assert eval_lid.accuracy(rows, ["und", "no"], "3_5") == 0.5
    assert eval_lid.accuracy(rows, ["und", "no"], "5_15") == 1.0
    assert eval_lid.accuracy([], [], "3_5") is None


@pytest.mark.models
def test_a_file_is_scored_beside_the_bare_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if ModelCache(may_fetch=False).find(LID_176) is None:
        pytest.skip("lid.176.ftz is not here: polyreel models pull")
    lines = [
        "en\tA man rides a horse",
        "de\tEin Mann reitet am weiten Strand",
        "zh\t一个男人骑马去海滩",
    ]
    (tmp_path / "texts.tsv").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(sys, "argv", ["x", "--file", str(tmp_path / "texts.tsv"), "--json"])
    monkeypatch.setattr(eval_lid, "TIMED_PER_LANGUAGE", 20)
    eval_lid.main()
    found = json.loads(capsys.readouterr().out)
    assert (found["accuracy_3_5"], found["accuracy_5_15"]) == (1.0, 1.0)
    assert found["baseline_3_5"] < 1.0
    assert set(found["by_language"]) == {"de", "en", "zh"}
    assert found["texts_per_s"] > 0
