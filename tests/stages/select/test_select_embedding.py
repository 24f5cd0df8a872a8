"""Consensus by a real sentence-embedding model: the same meaning in other words is agreement."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from caption_rows import shot_row, unit_rows

from pipeline.testing import StageRun, run_unit_stage
from stages.base import StageError
from stages.caption.teacher import Candidate
from stages.networks.sentence_model import SentenceModel, check_sentence_model
from stages.select.config import SelectConfig
from stages.select.stage import SelectStage
from stages.translate.scorers import EmbeddingScorer

TEXTS = {
    "right": "A young dog runs on the beach.",
    "paraphrase": "A puppy is sprinting along the seashore.",
    "lookalike": "A young don runs on the bench.",
    "echo": "The young don ran to the bench.",
    "again": "Along the ocean, a little hound gallops.",
}
"""Three say one thing in different words, two say another in the words of the first."""


def chosen(root: Path, **settings: object) -> StageRun:
    config = SelectConfig.model_validate({"policy": "consensus"} | settings)
    shot = shot_row("s1", 0, 0.0, 5.0)
    rows = [
        Candidate(shot["shot_id"], name, "x", "en", text).row("s1") for name, text in TEXTS.items()
    ]
    return run_unit_stage(SelectStage(config), root, unit_rows([shot]) | {"captions": rows})


def teacher_of(made: StageRun) -> str:
    (selection,) = made.tables["selections"]
    captions = made.storage.read_table("captions/part-unit0.parquet").to_pylist()
    return str({r["caption_id"]: r["teacher"] for r in captions}[selection["caption_id"]])


@pytest.mark.torch
@pytest.mark.models
def test_meaning_wins_where_letters_mislead(minilm: Path, tmp_path: Path) -> None:
    by_letters = chosen(tmp_path / "letters")
    by_meaning = chosen(tmp_path / "meaning", embedding={"model": str(minilm)})
    assert teacher_of(by_letters) == "lookalike"
    assert teacher_of(by_meaning) in ("right", "paraphrase", "again")
    (selection,) = by_meaning.tables["selections"]
    assert "(mean cosine)" in selection["why"]
    scores = [row["caption_scores"] for row in by_meaning.tables["choices"]]
    assert all(-1 <= s["semantic_consensus"] <= 1 and s["consensus"] is not None for s in scores)
    without = [row["caption_scores"] for row in by_letters.tables["choices"]]
    assert [s["consensus"] for s in scores] == [s["consensus"] for s in without]
    assert all(s["semantic_consensus"] is None for s in without)
    again = chosen(tmp_path / "again", embedding={"model": str(minilm)})
    assert again.tables == by_meaning.tables


@pytest.mark.torch
@pytest.mark.models
def test_one_port_serves_translations_too(minilm: Path) -> None:
    vectors = SentenceModel(minilm, "test").vectors(list(TEXTS.values()))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    right, paraphrase, lookalike = (TEXTS[n] for n in ("right", "paraphrase", "lookalike"))
    scorer = EmbeddingScorer(minilm)
    same, other = scorer.score([(right, paraphrase), (lookalike, paraphrase)])
    assert same > other + 0.2
    assert same == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-5)
    assert scorer.score([]) == []


def test_a_model_that_cannot_be_loaded_is_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = SelectStage(SelectConfig.model_validate({"embedding": {"model": str(tmp_path)}}))
    assert stage.models() == [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StageError, match=r"select\.embedding\.model needs sentence-transformers"):
        stage.check(Path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(StageError, match=r"has neither modules\.json nor config\.json"):
        check_sentence_model(tmp_path, "select.embedding.model")
