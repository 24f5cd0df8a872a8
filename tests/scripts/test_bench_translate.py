"""The translation benchmark measures what it says, on a model of a few thousand weights."""

from __future__ import annotations

import json

import pytest

from scripts import bench_translate
from scripts.bench_translate import SHAPES, Shape, main, texts


def test_sentences_are_distinct() -> None:
    found = texts(50)
    assert len(set(found)) == len(found) == 50


@pytest.mark.bench
def test_figures_are_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(SHAPES, "small", Shape(9000, 32, 64, 2, 1))
    monkeypatch.setattr(bench_translate, "torch_model", lambda shape: None)
    main(["--json", "--shape", "small", "--sentences", "4", "--length", "4"])
    found = json.loads(capsys.readouterr().out)
    assert found["ratio_direct"] > 0
    assert found["sentences_per_s"] > 0
    assert found["ratio_transformers"] is None
