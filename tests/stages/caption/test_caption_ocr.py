"""The `ocr` teacher with its real models, which come in rapidocr's own wheel."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest
from caption_rows import jpeg, keyframe, shot_row, unit_rows, write_pack

from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.caption.teachers.ocr import OcrTeacher, resized, wheel_model

SALE = ("BREAD SALE", 60, 120)
TODAY = ("ONLY TODAY", 60, 240)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the models were asked, in order: gate or read."""
    asked: list[str] = []
    for name in ("_shows_text", "_read"):
        whole = getattr(OcrTeacher, name)

        def counted(self: OcrTeacher, image: Any, whole: Any = whole, name: str = name) -> Any:
            asked.append(name.strip("_").split("_")[0])
            return whole(self, image)

        monkeypatch.setattr(OcrTeacher, name, counted)
    return asked


def test_text_is_read_once_in_order_and_plain_pictures_only_cost_a_glance(
    tmp_path: Path, no_network: None, looks: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    refs = write_pack(
        tmp_path,
        "frames-unit0.tar",
        {
            "plain.jpg": jpeg([]),
            "sale.jpg": jpeg([SALE, TODAY]),
            "again.jpg": jpeg([SALE]),
            "broken.jpg": b"\xff\xd8 no picture",
        },
    )
    shown: list[list[Row]] = [
        [keyframe(refs["plain.jpg"], 1.0), keyframe(refs["sale.jpg"], 2.0)],
        [keyframe(refs["sale.jpg"], 6.0), keyframe(refs["again.jpg"], 7.25)],
        [keyframe(refs["broken.jpg"], 11.0)],
        [],
    ]
    shots = [
        shot_row("s1", i, i * 5.0, i * 5.0 + 5, keyframes=frames) for i, frames in enumerate(shown)
    ]
    stage = CaptionStage(CaptionConfig(teachers=["ocr", "visual"]))
    made = run_unit_stage(stage, tmp_path, unit_rows(shots))
    rows = {(row["shot_id"], row["teacher"]): row for row in made.tables["captions"]}
    plain, text, broken, none = (rows[shot["shot_id"], "ocr"] for shot in shots)

    assert text["text"] == "BREAD SALE ONLY TODAY"
    assert (text["style"], text["language"]) == ("on_screen_text", "en")
    assert text["language_origin"] == "identified"
    assert text["inputs"] == ["frame@6.000s", "frame@7.250s"]
    assert text["confidence"] > 0.8
    assert 0.01 < text["text_share"] < 1
    assert plain["text_share"] == 0
    assert re.fullmatch(r"text covers up to \d+\.\d% of a keyframe", text["detail"])
    assert "PP-OCR" in text["model"]
    assert plain["reason"] == none["reason"] == Reason.NO_TEXT_FOUND
    assert plain["inputs"] == ["frame@1.000s"]
    assert (broken["outcome"], broken["reason"]) == (Outcome.FAILED, Reason.UNREADABLE)
    assert looks == ["shows", "shows", "read", "read"]

    seen = [rows[shot["shot_id"], "visual"] for shot in shots]
    assert ["text on the screen" in row["text"] for row in seen] == [False, True, False, False]
    assert [row["inputs"] for row in seen[1:3]] == [["measurements", "ocr"], ["measurements"]]
    assert capfd.readouterr() == ("", "")


def test_a_time_budget_leaves_out_keyframes_and_says_how_many(
    tmp_path: Path, no_network: None, looks: list[str]
) -> None:
    refs = write_pack(tmp_path, "frames-unit0.tar", {"sale.jpg": jpeg([SALE])})
    shot = shot_row("s1", 0, 0.0, 5.0, keyframes=[keyframe(refs["sale.jpg"], t) for t in (1, 2, 3)])
    spent = CaptionConfig.model_validate({"teachers": ["ocr"], "ocr": {"budget_s": 1e-6}})
    row = run_unit_stage(CaptionStage(spent), tmp_path, unit_rows([shot])).tables["captions"][0]
    assert row["text"] == "BREAD SALE"
    assert row["inputs"] == ["frame@1.000s"]
    assert row["detail"].endswith("; 2 not read after 1e-06 s")
    assert looks == ["shows", "read"]


def test_a_rapidocr_without_its_models_is_refused_and_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"\*_det_\*\.onnx.*caption.teachers"):
        wheel_model(tmp_path, "*_det_*.onnx")


def test_pictures_only_shrink() -> None:
    import numpy as np

    image = np.zeros((360, 640, 3), np.uint8)
    assert resized(image, 320).shape == (180, 320, 3)
    assert resized(image, 2000) is image
    assert resized(np.zeros((1, 5000, 3), np.uint8), 320).shape == (1, 320, 3)
