"""Quality estimation reads COMET's own checkpoints and scores as COMET does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_comet import write_comet

from stages.base import StageError
from stages.networks.quality_model import QualityModel, sparsemax
from stages.translate.scorers import QualityScorer

PAIRS = [
    ("a dog sleeps.", "ein hund schläft."),
    ("a cat runs.", "ein hund schläft."),
    ("a dog runs.", ""),
    ("a dog sleeps a dog runs a dog sleeps abc", "eine katze läuft ein hund läuft xyz eine katze."),
    ("a dog xyz sleeps" * 3, "ein hund abc." * 4),
]
KINDS: dict[str, dict[str, Any]] = {
    "sparse mix of normed layers": {},
    "soft mix": {"layer_transformation": "softmax", "layer_norm": False},
    "one layer, sigmoid": {"sent_layer": 1, "final_activation": "Sigmoid"},
}
BY_COMET = {
    "sparse mix of normed layers": [-0.90298, -0.95265, -0.91381, -0.84211, -0.97206],
    "soft mix": [-0.82439, -0.83625, -0.82259, -0.80642, -0.84382],
    "one layer, sigmoid": [0.24706, 0.23255, 0.24891, 0.26403, 0.22362],
}
"""What unbabel-comet 2.2.7 says of PAIRS with the same checkpoints."""


@pytest.mark.parametrize(
    ("values", "shares"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([3.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([0.5, 0.25, -1.0], [0.625, 0.375, 0.0]),
        ([-4.0], [1.0]),
    ],
)
def test_sparsemax(values: list[float], shares: list[float]) -> None:
    assert sparsemax(values) == pytest.approx(shares)


@pytest.mark.torch
class TestWithTorch:
    @pytest.mark.parametrize("kind", KINDS)
    def test_scores_are_those_of_comet(self, kind: str, tmp_path: Path) -> None:
        folder = write_comet(tmp_path / "model", **KINDS[kind])
        found = QualityScorer(folder).score(PAIRS)
        assert found == pytest.approx(BY_COMET[kind], abs=2e-5)

    @pytest.mark.parametrize("kind", KINDS)
    def test_scores_are_those_of_the_comet_that_is_here(self, kind: str, tmp_path: Path) -> None:
        comet = pytest.importorskip("comet", reason="unbabel-comet needs an environment of its own")
        folder = write_comet(tmp_path / "model", **KINDS[kind])
        changed = KINDS[kind] | {"pretrained_model": str(folder / "encoder")}
        wanted = write_comet(tmp_path / "theirs", **changed)
        model = comet.load_from_checkpoint(
            str(wanted / "checkpoints" / "model.ckpt"), strict=True, local_files_only=True
        )
        data = [{"src": source, "mt": target} for source, target in PAIRS]
        theirs = model.predict(data, batch_size=2, gpus=0, progress_bar=False).scores
        assert QualityScorer(folder).score(PAIRS) == pytest.approx(theirs, abs=2e-5)

    def test_a_pair_scores_the_same_in_any_company(self, tmp_path: Path) -> None:
        model = QualityModel(write_comet(tmp_path / "model") / "checkpoints" / "model.ckpt", "x")
        together = model.scores(PAIRS * 9)
        alone = [model.scores([pair])[0] for pair in PAIRS]
        assert together == pytest.approx(alone * 9, abs=1e-5)
        assert model.scores([]) == []

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"class_identifier": "regression_metric"}, "it is a regression_metric"),
            ({"input_segments": ["mt", "src", "ref"]}, "over mt, src, ref"),
            ({"encoder_model": "RemBERT"}, "its encoder is RemBERT"),
            ({"activations": "Nothing"}, "the activation Nothing"),
        ],
    )
    def test_a_metric_of_another_kind_is_refused(
        self, changed: dict[str, Any], reason: str, tmp_path: Path
    ) -> None:
        with pytest.raises(StageError, match=f"quality_model: .*{reason}"):
            QualityScorer(write_comet(tmp_path / "model", **changed))

    def test_weights_that_are_missing_are_named(self, tmp_path: Path) -> None:
        import torch

        folder = write_comet(tmp_path / "model")
        checkpoint = folder / "checkpoints" / "model.ckpt"
        stored = torch.load(checkpoint)
        del stored["state_dict"]["estimator.ff.3.bias"]
        torch.save(stored, checkpoint)
        with pytest.raises(StageError, match=r"it has no estimator\.ff\.3\.bias"):
            QualityScorer(folder)

    def test_missing_parts_are_named(self, tmp_path: Path) -> None:
        folder = write_comet(tmp_path / "model")
        (folder / "encoder").rename(tmp_path / "elsewhere")
        with pytest.raises(StageError, match="tokeniser of nowhere/tiny-encoder"):
            QualityScorer(folder)
        (folder / "checkpoints" / "model.ckpt").write_bytes(b"nothing")
        with pytest.raises(StageError, match=r"model\.ckpt"):
            QualityScorer(folder)
        with pytest.raises(StageError, match="cannot be loaded"):
            QualityScorer(tmp_path)


def test_without_torch_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(StageError, match=r"quality_model needs torch .*polyreel\[quality\]"):
        QualityScorer(tmp_path)
