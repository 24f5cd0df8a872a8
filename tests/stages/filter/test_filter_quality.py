"""The quality model: what it learns, that it is the same each time, and how it fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages.base import StageError
from stages.filter.quality import QualityModel, train
from stages.filter.quality_file import load_model, save_model

WHO = ("A man", "A woman", "The dog", "Two children", "A tall boy")
DOES = ("rides a horse", "walks along the beach", "plays in the park", "sits on a red chair")
KEPT = [f"{who} {does} {when}." for who in WHO for does in DOES for when in ("today", "at noon")]
BUY = ("BUY NOW", "Best deal", "Click here", "Free offer", "Cheap pills")
DROPPED = [f"{buy} {n} %% off!!! order {n} call" for buy in BUY for n in range(8)]


@pytest.fixture(scope="module")
def model() -> QualityModel:
    return train(KEPT[::2], DROPPED[::2])


def test_it_tells_held_out_lines_apart(model: QualityModel) -> None:
    assert all((model.quality(text) or 0) > 0.5 for text in KEPT[1::2])
    assert all((model.quality(text) or 1) < 0.5 for text in DROPPED[1::2])


def test_perplexity_is_low_on_what_it_was_trained_on(model: QualityModel) -> None:
    known = [model.perplexity(text) or 0 for text in KEPT[1::2]]
    noise = [model.perplexity(text) or 0 for text in ("xqzj wvkk zzpt qq", "9$# @@ ^^ ~~ ||")]
    assert 1 <= min(known) <= max(known) < min(noise)


@pytest.mark.parametrize("text", ["", "  ", "\u200b"])
def test_nothing_is_measured_on_no_text(model: QualityModel, text: str) -> None:
    assert model.quality(text) is None
    assert model.perplexity(text) is None


def test_the_same_lines_give_the_same_bytes(tmp_path: Path, model: QualityModel) -> None:
    for name, made in (("a.npz", model), ("b.npz", train(KEPT[::2], DROPPED[::2]))):
        save_model(made, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = load_model(tmp_path / "a.npz")
    assert again.quality(KEPT[1]) == model.quality(KEPT[1])
    assert again.perplexity(KEPT[1]) == model.perplexity(KEPT[1])


def test_one_sided_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        train(KEPT, ["", "!!!"])


def test_a_broken_model_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no model")
    with pytest.raises(StageError, match=r"broken\.npz cannot be read"):
        load_model(broken)
    np.savez(tmp_path / "other.npz", format=np.asarray(99))
    with pytest.raises(StageError, match="another format"):
        load_model(tmp_path / "other.npz")
    (tmp_path / "lid.bin").write_bytes(b"no model")
    with pytest.raises(StageError, match="no fastText model"):
        load_model(tmp_path / "lid.bin")
