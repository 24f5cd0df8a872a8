"""A model that chooses among fewer pieces says what it would say if it would use no others."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from free_model import DEMO, free_model
from test_translate_engine import caption, translated

from stages.translate import keyed_call
from stages.translate.card import read_card, route, target_tokens
from stages.translate.errors import ModelFolderError
from stages.translate.script_map import (
    SCRIPT_MAP,
    anchors_of,
    map_lines,
    script_map,
    target_vocabulary,
)
from stages.translate.translator import Request, Translated, Translator, open_model

TARGETS = ("ar", "bn", "de", "hi", "ja", "ru", "ta", "zh")
SENTENCES = [
    "A man is walking in the street.",
    "A dog is sleeping.",
    "Two men are walking.",
    "The camera pans slowly to the left.",
    "Two women are sitting under a tree.",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo model without its limits, with a map."""
    place = Path(free_model(tmp_path_factory.mktemp("models") / "narrow"))
    tokens = target_tokens(read_card(place))
    pieces = script_map(target_vocabulary(place), tokens, anchors_of(place))
    (place / SCRIPT_MAP).write_text(map_lines(pieces), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Translator:
    return open_model(folder, "int8", 1)


def requests(
    model: Translator, target: str, narrow: bool, said: Sequence[str] = SENTENCES
) -> list[Request]:
    way = route(model.card, "en", target)
    assert way is not None
    found = [model.request(sentence, way, narrow) for sentence in said]
    assert all(bool(request.pieces_key) == narrow for request in found)
    return found


def answers(model: Translator, asked: Sequence[Request]) -> list[Translated]:
    return model.submit(list(asked), 1, 40)()


@pytest.mark.parametrize("target", TARGETS)
def test_an_answer_of_allowed_pieces_is_the_same(model: Translator, target: str) -> None:
    whole = answers(model, requests(model, target, narrow=False))
    narrow = answers(model, requests(model, target, narrow=True))
    assert [each.text for each in narrow] == [each.text for each in whole]
    assert all(n.score >= w.score for n, w in zip(narrow, whole, strict=True))


def test_neither_company_nor_what_was_asked_before_matters(model: Translator) -> None:
    """CTranslate2 forgets some of where the pieces were when they change."""
    asked = {target: requests(model, target, narrow=True) for target in TARGETS}
    asked |= {f"{target} whole": requests(model, target, narrow=False) for target in TARGETS}
    alone = {r: answers(model, [r])[0] for own in asked.values() for r in own}
    order = random.Random(5)
    for _ in range(3):
        for target in order.sample(sorted(asked), len(asked)):
            some = order.sample(asked[target], order.randint(1, len(SENTENCES)))
            assert answers(model, some) == [alone[request] for request in some]


def test_rows_do_not_depend_on_batches_memory_or_side_by_side(tmp_path: Path, folder: Path) -> None:
    texts = [*SENTENCES, "A woman sees NASA 12 times.", "Something that nobody said!"]
    rows = [caption(number, text) for number, text in enumerate(texts)]
    options = {"model": str(folder), "languages": list(TARGETS)}
    wanted = translated(tmp_path / "a", rows, **options, cache="")
    others: list[dict[str, Any]] = [
        {"max_batch_tokens": 64},
        {"cache": str(tmp_path / "memory")},
        {"cache": str(tmp_path / "memory")},
        {"resources": {"cpus": 3}, "cache": ""},
    ]
    for number, changed in enumerate(others):
        assert translated(tmp_path / f"b{number}", rows, **(options | changed)) == wanted


def test_a_sentence_with_a_name_has_the_whole_vocabulary(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    real = Translator.submit

    def noted(self: Translator, batch: list[Request], *rest: int) -> Any:
        assert len({request.pieces_key for request in batch}) == 1
        seen[bool(batch[0].pieces_key)] |= {request.source[0] for request in batch}
        return real(self, batch, *rest)

    monkeypatch.setattr(Translator, "submit", noted)
    options = {"model": str(folder), "languages": ["de", "ru"]}
    named, plain = caption(1, "A man looks at NASA."), caption(2, "A man looks.")
    translated(tmp_path / "named", [named], **options)
    assert seen == {True: {"<2de>"}, False: {"<2ru>"}}
    translated(tmp_path / "plain", [plain], **options)
    assert seen == {True: {"<2de>", "<2ru>"}, False: {"<2ru>"}}
    seen[True].clear()
    translated(tmp_path / "off", [plain], **options, narrow_vocabulary=False)
    assert seen == {True: set(), False: {"<2de>", "<2ru>"}}


def test_memory_tells_narrow_answers_from_others(tmp_path: Path, folder: Path) -> None:
    rows = [caption(1, "Something that no grammar has ever said to anybody!")]
    options = {"model": str(folder), "languages": ["hi"]}
    cache = str(tmp_path / "memory")
    results = [
        [
            translated(tmp_path / f"{place}{narrow}", rows, **options, **kept)[0]["score"]
            for narrow in (True, False)
            for kept in [{"narrow_vocabulary": narrow, "cache": place and cache}]
        ]
        for place in ("", "memory", "again")
    ]
    assert results[0] == results[1] == results[2]
    assert results[0][0] > results[0][1]


def test_without_a_map_all_is_as_before() -> None:
    model = open_model(DEMO, "int8", 1)
    way = route(model.card, "en", "ru")
    assert way is not None
    assert model.request("A man.", way, True) == model.request("A man.", way, False)


@pytest.mark.parametrize("once", [True, False])
def test_another_ctranslate2_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    """As if it had no eye for keys, or let the encoder see them."""
    real = keyed_call.keyed

    def other(sources: Sequence[Sequence[str]], key: str, n_marks: int) -> dict[str, Any]:
        found = real(sources, key, n_marks)
        if key and once:
            found["max_input_length"] += 1
        elif key:
            found["use_vmap"] = False
        return found

    monkeypatch.setattr(keyed_call, "keyed", other)
    with pytest.raises(ModelFolderError, match=r"vmap.txt: CTranslate2 .* does not choose"):
        open_model(folder, "int8", 1)


def test_a_damaged_map_ends_the_run_with_its_name(tmp_path: Path, folder: Path) -> None:
    place = Path(free_model(tmp_path / "damaged"))
    text = (folder / SCRIPT_MAP).read_text(encoding="utf-8")
    (place / SCRIPT_MAP).write_text(text[: len(text) // 2] + "\ufffd", encoding="utf-8")
    with pytest.raises(ModelFolderError, match=r"vmap.txt is damaged.*remove the file"):
        open_model(place, "int8", 1)


def test_the_encoder_never_sees_a_key() -> None:
    """Where the source ends with an end mark, and where CTranslate2 adds one."""
    for sources, marks in (([["a", "</s>"], ["b", "c", "</s>"]], 0), ([["a"], ["b", "c"]], 1)):
        found = keyed_call.keyed(sources, "scripts:Cyrl", marks)
        limit = found["max_input_length"] - marks
        assert [tokens[:limit] for tokens in found["source"]] == sources
        assert json.dumps(found["source"]).count("scripts:Cyrl") == 2
