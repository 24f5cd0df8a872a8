"""From a Hugging Face translation model to a folder that the translate stage can use.

The weights become CTranslate2's, the tokeniser's own files go along, a map says with which pieces
of the vocabulary each script is written (stages/translate/script_map.py), and a card says what it
all is: family, languages with the model's own codes, licence, where it came from, checksums. Needs
transformers and torch (extra `convert`); what it writes needs neither.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import langcodes
from langcodes.tag_parser import LanguageTagError

from pipeline.errors import ModelError
from stages.translate.card import CARD, ModelCard, target_tokens
from stages.translate.errors import ModelFolderError
from stages.translate.families import FAMILIES
from stages.translate.families.port import END
from stages.translate.language_table import codes
from stages.translate.script_map import (
    SCRIPT_MAP,
    anchors_of,
    map_lines,
    script_map,
    target_vocabulary,
)

QUANTISATIONS = (
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
)
_MODEL_TYPES = {"t5": "madlad400", "mt5": "madlad400", "marian": "marian", "mbart": "mbart50"}
_LICENCE = re.compile(r"^license:\s*([^\s#]+)", re.MULTILINE)


@dataclass(frozen=True)
class Conversion:
    """What to convert and what to say of it; empty fields are found out from the folder.
    Languages are BCP-47 tags."""

    source: Path
    """Folder of a Hugging Face model: config.json, weights, tokeniser."""
    output: Path
    origin: str
    """Where the folder came from, as the card tells: a reference with its revision."""
    family: str = ""
    quantisation: str = "int8"
    name: str = ""
    licence: str = ""
    source_languages: list[str] = field(default_factory=list)
    target_languages: list[str] = field(default_factory=list)


def convert(conversion: Conversion) -> dict[str, Any]:
    """Convert into `output`, which appears whole or not at all; gives its card.

    Raises ModelError that says what is missing or wrong.
    """
    family = conversion.family or find_family(conversion.source)
    if family not in FAMILIES or family == "plain":
        raise ModelError(
            f"family {family!r} cannot be converted",
            f"families are {', '.join(name for name in FAMILIES if name != 'plain')}",
        )
    licence = conversion.licence or _licence_of(conversion.source)
    if not licence:
        raise ModelError(
            f"{conversion.source} does not say its licence", "say it with --licence, say MIT"
        )
    if conversion.output.exists():
        raise ModelError(f"{conversion.output} exists already", "name another folder or remove it")
    conversion.output.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=conversion.output.parent, prefix=".convert-"))
    try:
        folder = work / "model"
        _convert_weights(conversion, folder)
        if family == "mbart50":
            _start_with_end(folder)
        _copy_tokeniser(conversion.source, folder, family)
        card = _card(conversion, folder, family, licence)
        write_script_map(folder, ModelCard.model_validate(card))
        card["files"] = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
        text = json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / CARD).write_text(text + "\n", encoding="utf-8")
        _try_out(folder)
        folder.replace(conversion.output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return card


def find_family(folder: Path) -> str:
    """The family of a Hugging Face folder, by its config and tokeniser. Raises ModelError."""
    kind = str(_json(folder / "config.json").get("model_type", ""))
    if kind == "m2m_100":
        told = folder / "tokenizer_config.json"
        name = str(_json(told).get("tokenizer_class", "")) if told.is_file() else ""
        is_m2m = name.startswith("M2M100") or (not name and (folder / "vocab.json").is_file())
        return "m2m100" if is_m2m else "nllb"
    if kind not in _MODEL_TYPES:
        raise ModelError(
            f"{folder} is a model of type {kind!r}, which is no translation model known here",
            "models of type m2m_100 (NLLB, M2M-100), t5 (MADLAD-400), marian and mbart are",
        )
    return _MODEL_TYPES[kind]


def _convert_weights(conversion: Conversion, folder: Path) -> None:
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise ModelError(
            f"conversion needs {error.name}, which is not installed",
            "install it with: pip install 'polyreel[convert]'",
        ) from error
    if conversion.quantisation not in QUANTISATIONS:
        raise ModelError(
            f"quantisation {conversion.quantisation!r} is not known",
            f"known: {', '.join(QUANTISATIONS)}",
        )

    class Converter(TransformersConverter):  # type: ignore[misc]
        def load_tokenizer(self, *args: Any, **kwargs: Any) -> Any:
            return _with_languages(super().load_tokenizer(*args, **kwargs))

    try:
        Converter(str(conversion.source), low_cpu_mem_usage=True).convert(
            str(folder), quantization=conversion.quantisation
        )
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise ModelError(f"{conversion.source} cannot be converted: {error}") from error


def _start_with_end(folder: Path) -> None:
    """mBART-50's decoder starts with the end mark. CTranslate2 takes a config that does not name
    its tokeniser for one of mBART-25, which starts with a language instead; and transformers 5
    does not tell what the beginning mark is."""
    path = folder / "config.json"
    config = _json(path)
    config |= {"bos_token": config["bos_token"] or "<s>", "decoder_start_token": END}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _with_languages(tokenizer: Any) -> Any:
    """M2M-100's tokeniser in transformers 5 leaves its language tokens out of its vocabulary."""
    languages: dict[str, int] = getattr(tokenizer, "lang_token_to_id", {})
    vocabulary = tokenizer.get_vocab() | languages
    tokenizer.get_vocab = lambda: dict(vocabulary)
    return tokenizer


def _copy_tokeniser(source: Path, folder: Path, family: str) -> None:
    kind = FAMILIES[family]
    for names in filter(None, (kind.source_files, kind.target_files)):
        found = next((source / name for name in names if (source / name).is_file()), None)
        if found is None:
            raise ModelError(f"{source} has no tokeniser: {' or '.join(names)} is missing")
        shutil.copyfile(found, folder / found.name)


def _card(conversion: Conversion, folder: Path, family: str, licence: str) -> dict[str, Any]:
    vocabulary = _vocabulary(folder)
    if family in ("madlad400", "marian"):
        known = _named_in_tokens(vocabulary, r"<2(\w+)>" if family == "madlad400" else r">>(\w+)<<")
    else:
        scheme = FAMILIES[family].scheme
        known = {
            tag: code
            for tag, code in (codes(scheme) if scheme else {}).items()
            if FAMILIES[family].language_token(code) in vocabulary
        }
    sources = conversion.source_languages or _sources(conversion.source, family, known)
    targets = conversion.target_languages or sorted(known) or _told(conversion.source, "target")
    if not sources or not targets:
        raise ModelError(
            f"{conversion.source} does not say its languages",
            "say them with --source-languages and --target-languages, as BCP-47 tags",
        )
    names = {tag: known[tag] for tag in sorted({*sources, *targets}) if tag in known}
    key = "language_codes" if FAMILIES[family].scheme else "target_tokens"
    return {
        "name": conversion.name or re.split(r"[/@]", conversion.origin.rstrip("/"))[-1],
        "version": _revision(conversion.origin),
        "family": family,
        "is_demo": False,
        "source_languages": sources,
        "target_languages": targets,
        key: names,
        "licence": licence,
        "origin": conversion.origin,
        "quantisation": conversion.quantisation,
    }


def write_script_map(folder: Path, card: ModelCard) -> None:
    """Say with which pieces the scripts of the model's languages are written."""
    pieces = script_map(target_vocabulary(folder), target_tokens(card), anchors_of(folder))
    if pieces:
        (folder / SCRIPT_MAP).write_bytes(map_lines(pieces).encode("utf-8"))


def _named_in_tokens(vocabulary: frozenset[str], pattern: str) -> dict[str, str]:
    """Languages that a vocabulary names in tokens of its own: tag -> code."""
    known: dict[str, str] = {}
    for token in sorted(vocabulary):
        if found := re.fullmatch(pattern, token):
            for tag in _tags([found.group(1)]):
                known.setdefault(tag, found.group(1))
    return known


def _sources(folder: Path, family: str, known: dict[str, str]) -> list[str]:
    return _told(folder, "source") if family == "marian" else sorted(known)


def _told(folder: Path, side: str) -> list[str]:
    """Languages of one side as the tokeniser's config tells them: eng, or eng+fra."""
    path = folder / "tokenizer_config.json"
    told = str(_json(path).get(f"{side}_lang") or "") if path.is_file() else ""
    return sorted(_tags(re.split(r"[+\s,]+", told)))


def _tags(names: list[str]) -> list[str]:
    """BCP-47 tags of names that are language codes."""
    tags = []
    for name in names:
        try:
            tag = langcodes.standardize_tag(name.replace("_", "-"), macro=True)
        except LanguageTagError:
            continue
        if langcodes.tag_is_valid(tag) and tag not in ("und", "mul"):
            tags.append(str(tag))
    return tags


def _vocabulary(folder: Path) -> frozenset[str]:
    names = ("shared_vocabulary.json", "source_vocabulary.json", "target_vocabulary.json")
    found = [folder / name for name in names if (folder / name).is_file()]
    return frozenset(
        token for path in found for token in json.loads(path.read_text(encoding="utf-8"))
    )


def _revision(origin: str) -> str:
    return origin.rpartition("@")[2] if "@" in origin else "local"


def _licence_of(folder: Path) -> str:
    """The licence in the front matter of a model's README."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    front = text.split("---")[1] if text.startswith("---") and text.count("---") > 1 else ""
    found = _LICENCE.search(front)
    return found.group(1) if found else ""


def _try_out(folder: Path) -> None:
    """Open what was written, as a run would."""
    from stages.translate.translator import open_model

    try:
        open_model(folder, "default", 1)
    except ModelFolderError as error:
        raise ModelError(f"the converted model cannot be used: {error}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} is no JSON object")
    return value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
