"""The embedding scorer of translations with a real model."""

from __future__ import annotations

from pathlib import Path

import pytest

from stages.base import StageError
from stages.translate.scorers import EmbeddingScorer

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
