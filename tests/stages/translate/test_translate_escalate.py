"""What a check doubts is tried again, dearer each time, and the best try is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from choice_rows import split_choices
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.testing import run_unit_stage
from schemas.outcomes import Reason, TextFlag, TextKind
from schemas.table import Row
from scripts.chat_server import BROKEN, ChatServer
from stages.base import StageError, Unit, dropped, kept
from stages.translate.ask import unquoted, worded
from stages.translate.checks.result import Check
from stages.translate.config import DEMO_MODEL, TranslateConfig
from stages.translate.config_checks import PROMPT
from stages.translate.edited import text_sha256, with_edits
from stages.translate.escalate import Asked, Try, best, escalate, settle
from stages.translate.finished import Finished
from stages.translate.scorers import EmbeddingScorer
from stages.translate.stage import TranslateStage
from stages.translate.texts import SourceText

UNIT = cast(Unit, None)


def finished(text: str | None, name: str = "a", model: str = "m") -> Finished:
    source = SourceText(TextKind.CAPTION, name, "s", "en", f"source {name}", "shot", name)
    ending = kept() if text else dropped(Reason.EMPTY_TRANSLATION, "nothing came out")
    return Finished(source, "de", model, False, ending, text)


def judged(_: Unit, done: Sequence[Finished]) -> list[list[Check]]:
    """One check that counts exclamation marks: each is a doubt."""
    flags = list(TextFlag)
    return [
        [Check(flags[i], 1.0, most=0) for i in range((each.text or "").count("!"))] for each in done
    ]


class Says:
    """A way that gives each text a fixed answer, and notes what it was asked."""

    def __init__(self, settings: str, answers: dict[str, str | None]) -> None:
        self.settings = settings
        self.answers = answers
        self.asked: list[str] = []

    def translate(self, unit: Unit, asked: Sequence[Asked]) -> list[Finished]:
        self.asked = [source.text_id for source, _ in asked]
        return [
            replace(finished(self.answers[source.text_id], source.text_id), model=self.settings)
            for source, _ in asked
        ]

    def close(self) -> None:
        self.asked = []


def test_only_what_is_doubted_goes_on_and_the_best_is_kept() -> None:
    first = [finished("good", "a"), finished("bad!!", "b"), finished(None, "c")]
    better = Says("beam 8", {"b": "less bad!", "c": "there"})
    best_ = Says("model x", {"b": "worse!!!"})
    last = Says("model y", {"b": "good"})
    never = Says("never", {})
    tries = escalate(UNIT, first, "beam 1", [better, best_, last, never], judged)
    assert [way.asked for way in (better, best_, last, never)] == [["b", "c"], ["b"], ["b"], []]
    settled = [settle(own) for own in tries]
    assert [each.text for each in settled] == ["good", "good", "there"]
    assert settled[0].tries == ()
    settings = [row["settings"] for row in settled[1].tries]
    assert settings == ["beam 1", "beam 8", "model x", "model y"]
    assert [len(row["flags"]) for row in settled[1].tries] == [2, 1, 3, 0]
    assert settled[2].tries[0]["detail"] == "nothing came out"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6))
def test_no_try_is_kept_that_more_checks_doubt_than_another(marks: list[int]) -> None:
    tries = []
    for number, count in enumerate(marks):
        done = finished(f"{number}" + "!" * count)
        tries.append(Try(done, tuple(judged(UNIT, [done])[0]), str(number)))
    chosen = best(tries)
    assert int(chosen.settings) == marks.index(min(marks))


def caption(text: str) -> Row:
    return {
        "caption_id": "c", "shot_id": "shot", "source_id": "source", "teacher": "visual",
        "style": "short", "language": "en", "text": text, "is_demo": False, "selected": True,
        "outcome": "kept",
    }  # fmt: skip


def translated(root: Path, **config: Any) -> Row:
    checks = {"language_model": None} | config.pop("checks", {})
    stage = TranslateStage(TranslateConfig(languages=["es"], cache="", checks=checks, **config))
    (row,) = run_unit_stage(stage, root, split_choices([caption("A dog is sleeping.")])).tables[
        "translations"
    ]
    return row


def test_the_stage_tries_beams_and_models(tmp_path: Path) -> None:
    ways = [{"beam_size": 4}, {"model": DEMO_MODEL, "beam_size": 2}]
    row = translated(tmp_path / "a", flag_below_score=0, escalate=ways)
    assert [each["settings"] for each in row["tries"]] == [
        "beam 1", "beam 4", f"beam 2, model {DEMO_MODEL}",
    ]  # fmt: skip
    assert {each["text"] for each in row["tries"]} == {"Un perro está durmiendo."}
    assert (row["status"], row["text"]) == ("flagged", "Un perro está durmiendo.")
    sure = translated(tmp_path / "b", escalate=ways)
    assert (sure["status"], sure["tries"], sure["flags"]) == ("auto", [], [])


def test_a_try_must_be_another_way() -> None:
    with pytest.raises(ValidationError, match=r"needs a beam_size"):
        TranslateConfig(escalate=[{}])
    stage = TranslateStage(TranslateConfig(escalate=[{"model": "/m"}]))
    assert "/m" in stage.models()
    with pytest.raises(StageError, match="no such folder"):
        stage.check(lambda ref: Path(ref) if ref == "/m" else _demo(ref))


def _demo(reference: str) -> Path:
    from pipeline.models.cache import ModelCache

    return ModelCache(may_fetch=False).find(reference) or Path("absent")


def test_a_row_tells_every_check(tmp_path: Path) -> None:
    row = translated(tmp_path)
    by = row["checks"]
    assert list(by) == [str(flag) for flag in TextFlag]
    assert by["too_short_for_source"]["value"] == pytest.approx(24 / 18)
    assert by["wrong_language"]["value"] is None
    assert by["low_quality_estimate"]["passed"] is True


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def asking(server: ChatServer, **ask: Any) -> dict[str, Any]:
    local = {"base_url": server.base_url, "retry_base_s": 0.01, "timeout_s": 20, "max_retries": 1}
    return {
        "servers": {"local": local},
        "escalate": [{"ask": {"server": "local", "model": "m"} | ask}],
        "flag_below_score": 0,
    }


def test_a_language_model_is_asked_for_what_is_doubted(server: ChatServer, tmp_path: Path) -> None:
    server.behaviour.answer = lambda body: '"Un perro duerme."'
    row = translated(tmp_path, **asking(server))
    (request,) = server.requests
    said = request["messages"][0]["content"]
    assert "from English (en) into Spanish (es)" in said
    assert "A dog is sleeping." in said
    assert (row["text"], row["status"], row["model"]) == ("Un perro duerme.", "auto", "m")
    assert [(each["settings"], each["flags"]) for each in row["tries"]] == [
        ("beam 1", ["low_score"]), ("asked of local", []),
    ]  # fmt: skip


def test_a_worse_answer_and_a_broken_server_cost_nothing(
    server: ChatServer, tmp_path: Path
) -> None:
    server.behaviour.answer = lambda body: "A dog is sleeping."
    row = translated(tmp_path / "a", **asking(server))
    assert row["text"] == "Un perro está durmiendo."
    assert row["tries"][1]["flags"] == ["untranslated_copy"]
    server.behaviour.fault_for = lambda body: BROKEN
    row = translated(tmp_path / "b", **asking(server))
    assert (row["text"], row["status"]) == ("Un perro está durmiendo.", "flagged")
    assert row["tries"][1]["text"] is None
    assert "HTTP 500" in row["tries"][1]["detail"]


def test_braces_in_a_text_are_text_and_quotes_of_its_own_stay() -> None:
    assert "a {target} {x} b" in worded(PROMPT, "a {target} {x} b", "en", "zh-Hans")
    assert unquoted('"Hola"', "Hello") == "Hola"
    assert unquoted('"Hola"', '"Hello"') == '"Hola"'
    assert unquoted('"A" y "B"', "A and B") == '"A" y "B"'


def test_an_unknown_server_is_found_before_the_run() -> None:
    ask = {"server": "far", "model": "m"}
    stage = TranslateStage(TranslateConfig(escalate=[{"ask": ask}]))
    with pytest.raises(StageError, match="'far' is not in translate"):
        stage.check(_demo)
    with pytest.raises(ValidationError, match="has no beam_size"):
        TranslateConfig(escalate=[{"ask": ask, "beam_size": 2}])
    moved = TranslateConfig(servers={"far": {"base_url": "http://127.0.0.1:1/v1"}})
    assert moved.semantic() == TranslateConfig().semantic()


def test_an_edit_takes_the_place_of_a_translation_of_its_source() -> None:
    done = finished("maschinell")
    edit = {
        "translation_id": done.translation_id, "text": "von Hand", "editor": "Ann",
        "edited_at": "2030", "source_sha256": text_sha256("source a"),
    }  # fmt: skip
    (edited,) = with_edits([done], [edit])
    assert (edited.row()["text"], edited.row()["status"]) == ("von Hand", "edited")
    (stale,) = with_edits([done], [edit | {"source_sha256": "other"}])
    assert (stale.row()["text"], stale.row()["status"]) == ("maschinell", "auto")
    assert with_edits([done], []) == [done]


def test_back_translations_are_scored(tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    # The demo model does not translate from Spanish: there is nothing to score.
    row = translated(tmp_path, checks={"back_translation_model": DEMO_MODEL})
    assert row["checks"]["back_translation_differs"]["value"] is None


@pytest.mark.parametrize(
    ("scorer", "package", "option"),
    [
        (EmbeddingScorer, "sentence_transformers", "embedding_model needs sentence-transformers"),
    ],
)
def test_a_scorer_without_its_package_says_what_to_install(
    scorer: Any, package: str, option: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(StageError, match=option):
        scorer(tmp_path)
