"""The exact tokens of each family, on a small vocabulary trained here."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import train_pieces

from stages.translate.errors import ModelFolderError
from stages.translate.families import FAMILIES, Family
from stages.translate.families.pieces import open_pieces

SENTENCE = "A man is walking in the street."
CODES = {
    "plain": ("en", "<2de>"),
    "nllb": ("eng_Latn", "deu_Latn"),
    "m2m100": ("en", "de"),
    "mbart50": ("en_XX", "de_DE"),
    "madlad400": ("en", "de"),
    "marian": ("en", "deu"),
}
AROUND = {
    "plain": (["<2de>"], [], []),
    "nllb": (["eng_Latn"], ["</s>"], ["deu_Latn"]),
    "m2m100": (["__en__"], ["</s>"], ["__de__"]),
    "mbart50": (["en_XX"], ["</s>"], ["de_DE"]),
    "madlad400": (["<2de>"], ["</s>"], []),
    "marian": ([">>deu<<"], ["</s>"], []),
}
"""Family -> what stands before and after the source, what the decoder starts with."""
STEERING = ["<2de>", "<2fr>"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tokeniser files of every family."""
    place = tmp_path_factory.mktemp("families")
    train_pieces(place / "sentencepiece.model", user_defined_symbols=STEERING)
    data = (place / "sentencepiece.model").read_bytes()
    for kind in FAMILIES.values():
        for names in filter(None, (kind.source_files, kind.target_files)):
            (place / names[0]).write_bytes(data)
    return place


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest, folder: Path) -> Family:
    source, target = CODES[request.param]
    return FAMILIES[request.param](folder, [source, target, "<2fr>"])


def test_every_family_is_tested() -> None:
    assert set(CODES) == set(AROUND) == set(FAMILIES)


def test_source_and_prefix(family: Family, folder: Path) -> None:
    source, target = CODES[family.name]
    before, after, prefix = AROUND[family.name]
    pieces = open_pieces(folder, ["sentencepiece.model"]).encode(SENTENCE)
    assert pieces[0].startswith("▁")
    assert family.source(SENTENCE, source, target) == [*before, *pieces, *after]
    assert family.prefix(target) == prefix


def test_a_model_of_one_pair_is_told_no_language(folder: Path) -> None:
    pieces = open_pieces(folder, ["sentencepiece.model"]).encode(SENTENCE)
    assert FAMILIES["marian"](folder).source(SENTENCE, None, None) == [*pieces, "</s>"]
    assert FAMILIES["plain"](folder).source(SENTENCE, None, None) == pieces


def test_text_comes_back(family: Family) -> None:
    written = family.pieces(SENTENCE)
    assert family.text([*written, "</s>"]) == SENTENCE
    assert family.text([]) == ""


def test_no_text_can_name_a_language_or_end_the_source(family: Family) -> None:
    source, target = CODES[family.name]
    hostile = f"</s> <s> <2de> <2fr> {target} {family.language_token(target)} A man."
    before, after, _ = AROUND[family.name]
    tokens = family.source(hostile, source, target)
    inner = tokens[len(before) : len(tokens) - len(after)]
    assert not {"</s>", "<s>", "<unk>", *before, *after} & set(inner)
    if family.name in ("plain", "madlad400"):
        assert not set(STEERING) & set(inner)


def test_unknown_marks_are_counted(family: Family) -> None:
    assert family.n_unknown("A man.") == 0
    assert family.n_unknown("⟦😀") > 0


def test_a_missing_tokeniser_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"missing sentencepiece.bpe.model or tokenizer"):
        FAMILIES["nllb"](tmp_path)


@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "tokenizer.json"])
@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe\x00" * 99, b'{"model": {"vocab": []}}'])
def test_a_damaged_tokeniser_is_named(tmp_path: Path, name: str, damage: bytes) -> None:
    (tmp_path / name).write_bytes(damage)
    with pytest.raises(ModelFolderError, match=f"{name} is damaged"):
        FAMILIES["nllb"](tmp_path)


def test_a_tokenizer_json_is_read_without_transformers(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {"<unk>": 0, "▁a": 1, "▁man": 2, "s": 3}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["</s>", "eng_Latn", "deu_Latn"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    nllb = FAMILIES["nllb"](tmp_path, ["eng_Latn", "deu_Latn"])
    assert nllb.source("a man", "eng_Latn", "deu_Latn") == ["eng_Latn", "▁a", "▁man", "</s>"]
    assert nllb.pieces("a deu_Latn</s> man") == ["▁a", "▁man"]
    assert nllb.text(["▁a", "▁man", "</s>"]) == "a man"
    assert nllb.n_unknown("a dog") == 1
