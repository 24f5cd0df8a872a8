"""Every family, converted: what our tokens make of it is what transformers' generate makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import SENTENCES, build, tokenizer_of

from pipeline.errors import ModelError
from pipeline.models.convert import Conversion, convert
from stages.translate.card import Route, read_card, route, target_tokens
from stages.translate.memory import model_fingerprint
from stages.translate.script_map import key_of, read_script_map, target_vocabulary
from stages.translate.translator import open_model

pytestmark = pytest.mark.torch
pytest.importorskip("torch")
pytest.importorskip("transformers")

LENGTH = 24
FAMILIES = ["nllb", "m2m100", "mbart50", "madlad400", "marian"]
Built = tuple[str, Path, Path]


@pytest.fixture(scope="module", params=FAMILIES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    family: str = request.param
    folder = tmp_path_factory.mktemp("models")
    build(family, folder / "hf")
    convert(
        Conversion(
            folder / "hf", folder / "ct2", f"hf:example/{family}@abc123", licence="MIT",
            quantisation="float32",
        )
    )  # fmt: skip
    return family, folder / "hf", folder / "ct2"


def asked(family: str, tokenizer: Any, sentence: str, way: Route) -> tuple[list[str], int | None]:
    """transformers' own source tokens, and the token id that its decoder is made to begin with."""
    if family in ("nllb", "m2m100", "mbart50"):
        code = {"nllb": "eng_Latn", "m2m100": "en", "mbart50": "en_XX"}[family]
        tokenizer.src_lang = code
        token = f"__{way.token}__" if family == "m2m100" else way.token
        return tokenizer(sentence)["input_ids"], tokenizer.convert_tokens_to_ids(token)
    mark = f"<2{way.token}>" if family == "madlad400" else f">>{way.token}<<"
    return tokenizer(f"{mark} {sentence}")["input_ids"], None


@pytest.mark.parametrize("sentence", SENTENCES[:3])
def test_the_same_tokens_go_in_and_come_out(built: Built, sentence: str) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM

    family, hf, ct2 = built
    ours = open_model(ct2, "float32", 1)
    way = route(ours.card, "en", "de")
    assert way is not None
    tokenizer = tokenizer_of(hf)
    model = AutoModelForSeq2SeqLM.from_pretrained(hf).eval()
    ids, first = asked(family, tokenizer, sentence, way)
    request = ours.request(sentence, way)
    known = json.loads((ct2 / "shared_vocabulary.json").read_text())
    seen = [token if token in known else "<unk>" for token in request.source]
    assert seen == tokenizer.convert_ids_to_tokens(ids)

    forced: dict[str, Any] = {"forced_bos_token_id": first, "forced_eos_token_id": None}
    with torch.no_grad():
        (theirs,) = model.generate(
            torch.tensor([ids]),
            num_beams=1,
            do_sample=False,
            max_new_tokens=LENGTH,
            no_repeat_ngram_size=2,
            **forced,
        ).tolist()
    wanted = tokenizer.convert_ids_to_tokens(theirs[1:])
    result = ours._engine.translate_batch(
        [list(request.source)],
        target_prefix=[list(request.prefix)] if request.prefix else None,
        beam_size=1,
        max_decoding_length=LENGTH,
        no_repeat_ngram_size=2,
    )[0]
    assert result.hypotheses[0] == wanted[: len(result.hypotheses[0])]
    assert wanted[len(result.hypotheses[0]) :] in ([], ["</s>"])
    assert len(set(wanted)) > 4, "an answer of few tokens would prove little"
    n_prefix, never = len(request.prefix), ours._family._never
    written = [i for i, token in zip(theirs[1:], wanted, strict=True) if token not in never]
    text = tokenizer.decode(written)
    assert ours._family.text(result.hypotheses[0][n_prefix:]).split() == text.split()


def test_narrow_answers_are_the_best_of_the_scripts_pieces(built: Built) -> None:
    """In turn, so that what CTranslate2 remembers of the pieces before would be seen."""
    _, _, ct2 = built
    ours = open_model(ct2, "float32", 1)
    vocabulary = target_vocabulary(ct2)
    places = read_script_map(ct2, target_tokens(ours.card))
    batches, wanted = {}, {}
    for language in ("de", "zh-Hans"):
        way = route(ours.card, "en", language)
        assert way is not None
        batch = [ours.request(f"A man {text}", way, True) for text in ("walks.", "in the street.")]
        (key,) = {request.pieces_key for request in batch}
        assert key == key_of(way.model_language)
        forbidden = set(vocabulary) - {vocabulary[i] for i in places[key]}
        results = ours._engine.translate_batch(
            [list(request.source) for request in batch],
            target_prefix=[list(request.prefix) for request in batch] if batch[0].prefix else None,
            beam_size=1,
            max_decoding_length=LENGTH,
            suppress_sequences=[[piece] for piece in sorted(forbidden)],
        )
        n_prefix = len(batch[0].prefix)
        batches[language] = batch
        wanted[language] = [ours._family.text(each.hypotheses[0][n_prefix:]) for each in results]
    for language in ("de", "zh-Hans", "de", "zh-Hans"):
        done = ours.submit(batches[language], 1, LENGTH)()
        assert [each.text for each in done] == wanted[language]


def test_a_text_cannot_steer_the_model(built: Built) -> None:
    _, _, ct2 = built
    ours = open_model(ct2, "float32", 1)
    way = route(ours.card, "en", "de")
    assert way is not None
    clean, hostile = (ours.request(text, way).source for text in ("street", SENTENCES[3]))
    steering = {token for token in hostile if token in ours._family._never}
    assert steering == {token for token in clean if token in ours._family._never}


def test_the_card_tells_what_the_model_is(built: Built) -> None:
    family, _, ct2 = built
    card = read_card(ct2)
    assert (card.family, card.version, card.licence) == (family, "abc123", "MIT")
    assert (card.origin, card.quantisation) == (f"hf:example/{family}@abc123", "float32")
    assert "en" in card.sources
    assert "de" in card.target_languages
    assert route(card, "en", "zh-Hans") is not None
    assert model_fingerprint(ct2, card)


def test_an_existing_folder_is_left_alone(built: Built) -> None:
    _, hf, ct2 = built
    with pytest.raises(ModelError, match="exists already"):
        convert(Conversion(hf, ct2, "x", licence="MIT"))
