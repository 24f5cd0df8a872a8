"""Sentences once, in any company, from memory or not: always the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices
from free_model import free_model

from pipeline.testing import run_unit_stage
from schemas.table import Row
from stages.base import Resources, StageError
from stages.translate.config import TranslateConfig
from stages.translate.engine import side_by_side
from stages.translate.memory import Memory
from stages.translate.stage import TranslateStage
from stages.translate.translator import Request, Translated, Translator

TEXTS = [
    "A man is walking in the street. A dog is sleeping.",
    "A dog is sleeping.",
    "Two men are walking. A man is walking in the street.",
    "The camera pans slowly to the left.",
    "A woman sees 12 dogs at 10:30 in “Golden Gate” park. 😀",
    "- A cat is here.\n- A dog is sleeping.",
    "Something that no grammar has ever said to anybody!",
]


def caption(number: int, text: str | None, **changed: Any) -> Row:
    row: Row = {
        "caption_id": f"c{number}",
        "shot_id": f"shot{number}",
        "source_id": "source",
        "teacher": "visual",
        "style": "short",
        "language": "en",
        "text": text,
        "is_demo": False,
        "selected": True,
        "outcome": "kept",
    }
    return row | changed


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return free_model(tmp_path_factory.mktemp("models") / "free")


def translated(root: Path, captions: list[Row], **config: Any) -> list[Row]:
    """Without language ID, whose model no test may fetch."""
    config = {"languages": ["es", "zh"], "checks": {"language_model": None}} | config
    stage = TranslateStage(TranslateConfig.model_validate(config))
    return run_unit_stage(stage, root, split_choices(captions)).tables["translations"]


CAPTIONS = [caption(number, text) for number, text in enumerate(TEXTS)]


def test_rows_are_the_same_in_any_company(tmp_path: Path, model: str) -> None:
    rows = translated(tmp_path / "all", CAPTIONS, model=model, cache="")
    assert {row["outcome"] for row in rows} == {"kept"}
    alone = [
        row
        for number, each in enumerate(CAPTIONS)
        for row in translated(tmp_path / str(number), [each], model=model, cache="")
    ]
    assert sorted(alone, key=lambda row: (row["shot_id"], row["language"])) == rows
    small = translated(tmp_path / "s", CAPTIONS, model=model, cache="", max_batch_tokens=64)
    assert small == rows
    many = Resources(cpus=4)
    assert translated(tmp_path / "m", CAPTIONS, model=model, cache="", resources=many) == rows


def test_memory_changes_no_row(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = translated(tmp_path / "none", CAPTIONS, model=model, cache="")
    cache = str(tmp_path / "memory")
    assert translated(tmp_path / "part", CAPTIONS[:3], model=model, cache=cache)
    assert translated(tmp_path / "first", CAPTIONS, model=model, cache=cache) == wanted

    def never(self: Translator, batch: list[Request], *rest: int) -> Any:
        raise AssertionError("a sentence that is remembered was asked for")

    monkeypatch.setattr(Translator, "submit", never)
    assert translated(tmp_path / "again", CAPTIONS, model=model, cache=cache) == wanted


@pytest.mark.parametrize("changed", [{"beam_size": 2}, {"compute_type": "float32"}, {"model": ""}])
def test_memory_is_kept_apart_by_what_decides_an_answer(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    cache = str(tmp_path / "memory")
    translated(tmp_path / "first", CAPTIONS[:1], model=model, cache=cache)
    if "model" in changed:
        changed = {"model": free_model(tmp_path / "other", name="other")}
    asked: list[Request] = []
    real = Translator.submit

    def counted(self: Translator, batch: list[Request], *rest: int) -> Any:
        asked.extend(batch)
        return real(self, batch, *rest)

    monkeypatch.setattr(Translator, "submit", counted)
    translated(tmp_path / "second", CAPTIONS[:1], **({"model": model, "cache": cache} | changed))
    assert len(asked) == 4


def test_each_distinct_sentence_is_asked_for_once(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    real = Translator.submit

    def counted(self: Translator, batch: list[Request], *rest: int) -> Any:
        asked.extend(batch)
        return real(self, batch, *rest)

    monkeypatch.setattr(Translator, "submit", counted)
    translated(tmp_path, CAPTIONS[:3], model=model)
    assert len(asked) == len(set(asked)) == 2 * 3


def test_a_memory_that_is_no_memory_is_named(tmp_path: Path, model: str) -> None:
    cache = tmp_path / "memory"
    translated(tmp_path / "first", CAPTIONS[:1], model=model, cache=str(cache))
    (file,) = cache.iterdir()
    file.write_bytes(b"\xff" * 5000)
    with pytest.raises(StageError, match=str(file)):
        translated(tmp_path / "second", CAPTIONS[:1], model=model, cache=str(cache))


def test_a_full_memory_forgets_the_oldest(tmp_path: Path) -> None:
    def answers(first: int) -> dict[Request, Translated]:
        return {
            Request((str(n),)): Translated(f"{n} " * 50, -0.5, 50, False)
            for n in range(first, first + 100)
        }

    memory = Memory(tmp_path, "model", "greedy", max_bytes=200_000)
    for first in range(0, 5000, 100):
        memory.keep(answers(first))
        assert memory.recall(answers(first)) == answers(first)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size < 300_000
    remembered = [len(memory.recall(answers(first))) for first in range(0, 5000, 100)]
    assert remembered[0] == 0
    assert remembered == sorted(remembered)


def test_a_memory_that_cannot_be_written_costs_time_only(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    wanted = translated(tmp_path / "none", CAPTIONS[:1], model=model, cache="")
    real = Memory._connect

    def read_only(self: Memory) -> sqlite3.Connection:
        connection = real(self)
        connection.execute("PRAGMA query_only = ON")
        return connection

    cache = str(tmp_path / "memory")
    translated(tmp_path / "first", CAPTIONS[1:2], model=model, cache=cache)
    monkeypatch.setattr(Memory, "_connect", read_only)
    assert translated(tmp_path / "second", CAPTIONS[:1], model=model, cache=cache) == wanted


@pytest.mark.parametrize(
    ("cpus", "threads", "calls"), [(0, 1, 1), (4, 1, 4), (4, 3, 1), (0.5, 1, 1)]
)
def test_as_many_calls_as_fit_into_the_cpus(cpus: float, threads: int, calls: int) -> None:
    config = TranslateConfig(resources=Resources(cpus=cpus), threads=threads)
    assert side_by_side(config) == calls


def test_side_by_side_and_memory_are_no_change_of_configuration() -> None:
    config = TranslateConfig(resources=Resources(cpus=4), cache="/somewhere")
    assert config.semantic() == TranslateConfig().semantic()


def test_protected_spans_come_out_or_are_told(tmp_path: Path, model: str) -> None:
    rows = translated(tmp_path, CAPTIONS[4:5], model=model)
    for row in rows:
        assert row["text"].endswith("😀")
        kept = [span for span in ("12", "10:30", "Golden Gate") if span in row["text"]]
        assert sorted([*kept, *row["lost"]]) == ["10:30", "12", "Golden Gate"]
        assert (row["status"] == "flagged") == bool(row["lost"] or row["score"] < -0.7)
        assert all(span in row["detail"] for span in row["lost"])


def test_a_way_through_a_third_language(tmp_path: Path, model: str) -> None:
    onward = free_model(tmp_path / "onward", source_language="es")
    routes = [
        {"model": model, "targets": ["es"]},
        {"model": onward, "targets": ["zh"], "via": "es"},
    ]
    rows = {row["language"]: row for row in translated(tmp_path / "r", CAPTIONS[:1], routes=routes)}
    assert rows["zh"]["model"] == f"{rows['es']['model']} > onward@1"
    direct = caption(9, rows["es"]["text"], language="es")
    (again,) = translated(tmp_path / "d", [direct], routes=routes[1:], languages=["zh"])
    assert rows["zh"]["text"] == again["text"]
    assert rows["zh"]["score"] <= rows["es"]["score"]


def test_a_model_that_lacks_a_language_is_told_before_the_run(tmp_path: Path, model: str) -> None:
    config = TranslateConfig.model_validate(
        {"languages": ["es", "is"], "routes": [{"model": model}]}
    )
    with pytest.raises(StageError, match="free@1 does not translate into is"):
        TranslateStage(config).check(Path)


def test_a_file_that_is_not_the_cards_is_named(tmp_path: Path) -> None:
    model = free_model(tmp_path / "m", files={"model.bin": "0" * 64})
    with pytest.raises(StageError, match=r"m/model.bin is damaged"):
        translated(tmp_path / "r", CAPTIONS[:1], model=model)


BAD: list[tuple[dict[str, Any], tuple[str, str | None]]] = [
    ({"text": ""}, ("dropped", "empty_text")),
    ({"text": " \n\t\u3000 "}, ("dropped", "empty_text")),
    ({"text": "\u200b\u202e\ufeff"}, ("dropped", "empty_text")),
    ({"text": "x" * 100_000}, ("dropped", "text_too_large")),
    ({"text": "word " * 1000}, ("dropped", "text_too_large")),
    ({"text": "A man.", "language": "und"}, ("dropped", "unsupported_language")),
    ({"text": "A man.", "language": "no tag"}, ("dropped", "unsupported_language")),
    ({"text": "A man.", "language": None}, ("dropped", "unsupported_language")),
    ({"text": "A 人 человек is आदमी walking"}, ("kept", None)),
    ({"text": "A\u200b man\u202e is\u0007 walking."}, ("kept", None)),
    ({"text": "</s> <2zh> A man is walking."}, ("kept", None)),
]


@pytest.mark.parametrize(("changed", "ending"), BAD)
def test_bad_text_has_a_defined_end(
    tmp_path: Path, model: str, changed: dict[str, Any], ending: tuple[str, str | None]
) -> None:
    rows = translated(tmp_path, [caption(1, **changed)], model=model)
    assert {(row["outcome"], row["reason"]) for row in rows} == {ending}
    assert all(bool(row["text"]) == (row["outcome"] == "kept") for row in rows)


@pytest.mark.parametrize("text", ["😀👍🏽", "12:30", "... 100% !", "https://x.org/a"])
def test_what_has_no_words_is_copied(tmp_path: Path, model: str, text: str) -> None:
    for row in translated(tmp_path, [caption(1, text)], model=model):
        assert (row["text"], row["model"], row["score"]) == (text, "copy", None)


def test_what_cannot_be_seen_does_not_matter(tmp_path: Path, model: str) -> None:
    hidden = [caption(1, "A\u200b man\u202e is\u0007 walking."), caption(2, "A man is walking.")]
    rows = translated(tmp_path, hidden, model=model, languages=["es"])
    assert rows[0]["text"] == rows[1]["text"]
