"""One table names every language for every family."""

from __future__ import annotations

import langcodes
import pytest

from stages.translate.language_table import LanguageCodes, codes, language_table
from stages.translate.languages import serving_tag

FOURTEEN = {
    "en": ("eng_Latn", "en", "eng", "en", "en", "en_XX"),
    "zh-Hans": ("zho_Hans", "zh", "zho", "zh", "zh", "zh_CN"),
    "es": ("spa_Latn", "es", "spa", "es", "es", "es_XX"),
    "fr": ("fra_Latn", "fr", "fra", "fr", "fr", "fr_XX"),
    "de": ("deu_Latn", "de", "deu", "de", "de", "de_DE"),
    "hi": ("hin_Deva", "hi", "hin", "hi", "hi", "hi_IN"),
    "ar": ("arb_Arab", "ar", "arb", "ar", "ar", "ar_AR"),
    "ru": ("rus_Cyrl", "ru", "rus", "ru", "ru", "ru_RU"),
    "bn": ("ben_Beng", "bn", "ben", "bn", "bn", "bn_IN"),
    "ur": ("urd_Arab", "ur", "urd", "ur", "ur", "ur_PK"),
    "si": ("sin_Sinh", "si", "sin", "si", "si", "si_LK"),
    "ta": ("tam_Taml", "ta", "tam", "ta", "ta", "ta_IN"),
    "sv": ("swe_Latn", "sv", "swe", "sv", "sv", "sv_SE"),
    "ja": ("jpn_Jpan", "ja", "jpn", "ja", "ja", "ja_XX"),
}
SCHEMES = ["flores", "iso639_1", "iso639_3", "fasttext", "m2m100", "mbart50"]


@pytest.mark.parametrize("tag", FOURTEEN)
def test_the_fourteen(tag: str) -> None:
    assert language_table()[tag] == LanguageCodes(tag, *FOURTEEN[tag])


def test_tags_are_standard_bcp_47() -> None:
    for tag in language_table():
        assert langcodes.tag_is_valid(tag), tag
        assert langcodes.standardize_tag(tag) == tag


@pytest.mark.parametrize("scheme", ["flores", "m2m100", "mbart50"])
def test_a_model_code_names_one_language(scheme: str) -> None:
    found = list(codes(scheme).values())  # type: ignore[arg-type]
    assert len(set(found)) == len(found)


def test_every_code_of_the_families_is_there() -> None:
    assert len(codes("flores")) == 202
    assert len(codes("m2m100")) == 100
    assert len(codes("mbart50")) == 52


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh", "zho_Hans"),
        ("zh-CN", "zho_Hans"),
        ("zh-TW", "zho_Hant"),
        ("zh-Hant", "zho_Hant"),
        ("en-GB", "eng_Latn"),
        ("pt-BR", "por_Latn"),
        ("arb", "arb_Arab"),
        ("nb-NO", "nob_Latn"),
        ("tl", "tgl_Latn"),
        ("sr-Latn", None),
        ("tlh", None),
        ("und", None),
    ],
)
def test_near_tags_find_their_code(tag: str, code: str | None) -> None:
    named = codes("flores")
    served = serving_tag(tag, named)
    assert (named[served] if served else None) == code


@pytest.mark.torch
def test_the_codes_are_those_of_the_families_own_tokenisers() -> None:
    pytest.importorskip("transformers")
    from transformers.models.m2m_100 import tokenization_m2m_100
    from transformers.models.mbart50 import tokenization_mbart50
    from transformers.models.nllb import tokenization_nllb

    assert set(codes("flores").values()) == set(tokenization_nllb.FAIRSEQ_LANGUAGE_CODES)
    assert set(codes("m2m100").values()) == set(
        tokenization_m2m_100.FAIRSEQ_LANGUAGE_CODES["m2m100"]
    )
    assert set(codes("mbart50").values()) == set(tokenization_mbart50.FAIRSEQ_LANGUAGE_CODES)
