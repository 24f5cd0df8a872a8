"""The benchmarks of the teachers: what they compare is what they say."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from pipeline.models.cache import ModelCache
from scripts import bench_asr, bench_caption_overhead, bench_ocr
from stages.caption.config import AsrConfig


def test_text_is_written_where_it_can_be_seen_and_backgrounds_repeat() -> None:
    background = bench_ocr.drawn(3)
    np.testing.assert_array_equal(background, bench_ocr.drawn(3))
    shown, line = bench_ocr.written(background, 24, random.Random(1))
    changed = np.abs(shown.astype(int) - background).max(axis=2) > 40
    rows = np.flatnonzero(changed.any(axis=1))
    assert 12 < rows[-1] - rows[0] < 40
    assert changed.sum() > 20 * len(line)


def test_a_line_is_read_when_most_of_its_letters_are() -> None:
    assert bench_ocr.is_read("BREAKING NEWS", "CNN BREAKlNG NEWS 24")
    assert not bench_ocr.is_read("BREAKING NEWS", "sausages")
    assert not bench_ocr.is_read("BREAKING NEWS", "")


def test_ocr_is_measured_with_and_without_its_gate(capsys: pytest.CaptureFixture[str]) -> None:
    bench_ocr.main(["--drawn", "1", "--heights", "40", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["plain"]["keyframes"] <= 1
    row = found["with_text"]["40"]
    assert (row["keyframes"], row["lines_read"], row["recall_kept"]) == (1, 1, 1.0)
    assert row["ms_gated"] > 0
    assert "text 40 px" in bench_ocr.table(found)


@pytest.mark.models
def test_asr_is_measured_beside_faster_whisper(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if ModelCache(may_fetch=False).find(AsrConfig().model) is None:
        pytest.skip("the default Whisper model is not here: polyreel models pull")
    bench_asr.main([str(corpus / "speech" / "jfk.flac"), "--rounds", "1", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["sound_s"] == pytest.approx(11, abs=0.1)
    assert all(20 <= own["words"] <= 24 for own in found["contestants"].values())
    assert all(own["polyreel_to_it_cpu"] > 0 for own in found["contestants"].values())
    assert "faster_whisper_batched" in bench_asr.table(found)


@pytest.mark.parametrize(
    ("file", "name", "kind"),
    [
        ("~", "<built-in method ctranslate2._ext.generate>", "models"),
        ("~", "<built-in method onnxruntime.capi.onnxruntime_pybind11_state.run>", "models"),
        ("~", "<built-in method cv2.resize>", "libraries"),
        ("/v/lib/site-packages/rapidocr/main.py", "run", "libraries"),
        ("/v/lib/site-packages/ftfy/__init__.py", "fix_text", "rest"),
        ("/polyreel/stages/caption/stage.py", "process", "rest"),
        ("~", "<method 'append' of 'list' objects>", "rest"),
    ],
)
def test_time_is_told_apart_by_where_it_goes(file: str, name: str, kind: str) -> None:
    assert bench_caption_overhead.kind_of(file, name) == kind
