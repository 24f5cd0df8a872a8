"""The embedding scorer of translations with a real model."""

from __future__ import annotations

from pathlib import Path

import pytest
from choice_rows import split_choices

from pipeline.testing import run_unit_stage
from stages.base import StageError
from stages.translate.config import TranslateConfig
from stages.translate.scorers import EmbeddingScorer
from stages.translate.stage import TranslateStage

pytestmark = pytest.mark.torch

SOURCE = "Two dogs are playing in the snow."
SAME = "A pair of dogs plays outside in the snow."
OTHER = "A chef is cutting vegetables in a kitchen."


def test_what_means_the_same_is_near_and_what_does_not_is_far(minilm: Path) -> None:
    scorer = EmbeddingScorer(minilm)
    own, same, other = scorer.score([(SOURCE, SOURCE), (SOURCE, SAME), (SOURCE, OTHER)])
    assert own == pytest.approx(1.0, abs=1e-5)
    assert other < 0.3 < 0.7 < same
    assert scorer.score([]) == []


def test_a_pair_scores_the_same_in_any_company(minilm: Path) -> None:
    scorer = EmbeddingScorer(minilm)
    long = ((SOURCE + " ") * 20, OTHER)
    alone = scorer.score([(SOURCE, SAME)])
    assert scorer.score([long, (SOURCE, SAME)])[1] == pytest.approx(alone[0], abs=1e-5)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=str(tmp_path)):
        EmbeddingScorer(tmp_path)


@pytest.mark.parametrize(("least", "flags"), [(-1.0, []), (0.99, ["embeddings_apart"])])
def test_the_stage_rates_its_translations(
    minilm: Path, tmp_path: Path, least: float, flags: list[str]
) -> None:
    checks = {
        "language_model": None,
        "embedding_model": str(minilm),
        "min_embedding_similarity": least,
    }
    stage = TranslateStage(TranslateConfig(languages=["es"], cache="", checks=checks))
    caption = {
        "caption_id": "c", "shot_id": "shot", "source_id": "source", "teacher": "visual",
        "style": "short", "language": "en", "text": "A dog is sleeping.", "is_demo": False,
        "selected": True, "outcome": "kept",
    }  # fmt: skip
    source = split_choices([caption])
    (row,) = run_unit_stage(stage, tmp_path, source).tables["translations"]
    found = row["checks"]["embeddings_apart"]
    pair = (str(caption["text"]), "Un perro está durmiendo.")
    assert row["text"] == pair[1]
    assert found["value"] == pytest.approx(EmbeddingScorer(minilm).score([pair])[0], abs=1e-5)
    assert (row["flags"], found["limit"]) == (flags, pytest.approx(least))
