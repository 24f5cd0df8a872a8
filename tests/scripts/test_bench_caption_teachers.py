"""The benchmarks of the teachers: what they compare is what they say."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
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


class Engine:
    def run(self) -> None:
        time.sleep(0.02)

    def transcribe(self) -> tuple[Iterator[int], str]:
        def heard() -> Iterator[int]:
            for number in range(3):
                time.sleep(0.01)
                self.run()
                yield number

        return heard(), "en"


def test_time_counts_to_the_innermost_door(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("run", "transcribe"):
        monkeypatch.setattr(Engine, name, getattr(Engine, name))
    doors = bench_caption_overhead.Doors()
    doors.watch(Engine, "run", "engines")
    doors.watch_segments(Engine, "transcribe", "libraries")
    doors.start()
    segments, language = Engine().transcribe()
    for _ in segments:
        time.sleep(0.005)
    doors.stop()
    assert language == "en"
    assert doors.wall_s["engines"] >= 0.06
    assert doors.wall_s["libraries"] >= 0.03
    assert doors.wall_s["rest"] >= 0.015
    assert doors.cpu_s["engines"] < doors.wall_s["engines"]
    shares = [bench_caption_overhead.share(doors.wall_s, kind) for kind in doors.wall_s]
    assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_an_error_inside_closes_the_door() -> None:
    doors = bench_caption_overhead.Doors()
    with pytest.raises(ValueError, match="invalid literal"):
        doors.through("engines", int)("no number")
    doors.start()
    time.sleep(0.005)
    doors.stop()
    assert set(doors.wall_s) == {"rest"}
