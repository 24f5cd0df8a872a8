"""Which pieces of a many-language vocabulary a target language can be written with.

At each step of a translation the model rates every piece of its vocabulary, and with one of a
quarter of a million that is most of the work. A language needs the pieces of its scripts, and those
of no script: digits, punctuation, special tokens, bytes. So a model folder may hold CTranslate2's
vocabulary map (`vmap.txt`), with a line for each script or set of scripts that is the writing of
one of the model's languages: a key, a tab, the pieces. CTranslate2 chooses among the pieces of the
keys that it meets on the source side (see keyed_call.py for how a key gets there).

Latin pieces of one or two ASCII letters are in every line, so that a T恤 can be written.

CTranslate2 (4.8 and before) remembers at which place of the pieces it chooses among a token was,
and does not forget it when the pieces change. So what it looks up there must have one place in all
lines: a language's own token is in one line only, and the tokens that start and end every answer
have as many pieces before them in one line as in another. A vocabulary where that cannot be has no
map.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from stages.filter.scripts_unicode import SCRIPTS, script_of, scripts_of_tag
from stages.translate.errors import ModelFolderError
from stages.translate.families.port import SPECIAL
from stages.translate.language_table import language_table

Languages = Mapping[str, str | None]
"""Tag of each target language -> the token that names it to the model; None where none does."""

SCRIPT_MAP = "vmap.txt"
_KEY = "scripts:"
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_SEPARATORS = re.compile(r"[\t\n\r ]")
_SPACE = "\u2581"
_SHORT = 2
"""Letters of the longest Latin pieces that every language may use."""


@cache
def scripts_written(tag: str) -> frozenset[str]:
    """The scripts of a language by CLDR and, where it has a name there, by FLORES-200: they do not
    agree on all (Crimean Tatar, Tamazight)."""
    row = language_table().get(tag)
    found = scripts_of_tag(tag)
    if row is None or row.flores is None:
        return found
    return found | scripts_of_tag(f"{tag.partition('-')[0]}-{row.flores.partition('_')[2]}")


@cache
def key_of(tag: str) -> str | None:
    """The key of the scripts that a language is written in; None where they are not known, or
    cannot be told in a vocabulary."""
    scripts = scripts_written(tag)
    return _KEY + "+".join(sorted(scripts)) if scripts and scripts <= SCRIPTS else None


def script_map(
    vocabulary: Sequence[str], languages: Languages, anchors: Collection[str]
) -> dict[str, list[str]]:
    """The pieces of each key, in the order of the target side's `vocabulary`.

    `anchors`: the tokens that start and end every answer. {} where they cannot keep their places.
    """
    tokens_of: dict[str, set[str | None]] = {}
    for tag, token in languages.items():
        if key := key_of(tag):
            tokens_of.setdefault(key, set()).add(token)
    special = SPECIAL | set(anchors)
    named = set(languages.values()) - special
    writing = [(piece, _scripts(piece)) for piece in vocabulary if not _SEPARATORS.search(piece)]
    found = {}
    for key, own in sorted(tokens_of.items()):
        scripts = frozenset(key.removeprefix(_KEY).split("+"))
        found[key] = [
            piece
            for piece, in_scripts in writing
            if piece in special
            or (piece in own if piece in named else in_scripts <= scripts or _is_short(piece))
        ]
    place = {piece: index for index, piece in enumerate(vocabulary)}
    places = {key: [place[piece] for piece in own] for key, own in found.items()}
    return {} if _moved(places, place, anchors) else found


def map_lines(pieces: Mapping[str, Sequence[str]]) -> str:
    """The text of `vmap.txt`."""
    return "".join(f"{key}\t{' '.join(own)}\n" for key, own in pieces.items())


def read_script_map(folder: Path, languages: Languages) -> dict[str, list[int]]:
    """The keys of a model folder's map, each with the places of its pieces in the vocabulary,
    ascending; {} without a map.

    Lines that have no key of ours are left to whoever wrote them. Raises ModelFolderError for
    what CTranslate2 would take in silence and answer wrongly with.
    """
    path = folder / SCRIPT_MAP
    if not path.is_file():
        return {}
    try:
        # Not splitlines: a piece may hold what Python, and not CTranslate2, takes for an end.
        lines = path.read_bytes().decode("utf-8").split("\n")
        pieces = dict(_parsed(line) for line in lines if line.startswith(_KEY))
        places = _checked(pieces, target_vocabulary(folder), languages, anchors_of(folder))
    except (ValueError, OSError) as error:
        raise ModelFolderError(
            f"{path} is damaged: {error}; convert the model again, or remove the file"
        ) from error
    return places


def target_vocabulary(folder: Path) -> list[str]:
    """The tokens that a model writes, in order."""
    shared = folder / "shared_vocabulary.json"
    path = shared if shared.is_file() else folder / "target_vocabulary.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def anchors_of(folder: Path) -> list[str]:
    """The tokens that start and end every answer of a CTranslate2 model."""
    config = _engine_config(folder)
    usual = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    found = {config.get(name) or token for name, token in usual.items()}
    return sorted(found | {config.get("decoder_start_token") or "<s>"})


def marks_added(folder: Path) -> int:
    """How many marks CTranslate2 adds to a source of this model."""
    config = _engine_config(folder)
    return sum(bool(config.get(name)) for name in ("add_source_bos", "add_source_eos"))


def _engine_config(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return found


def _parsed(line: str) -> tuple[str, list[str]]:
    key, tab, rest = line.partition("\t")
    if not tab or not rest:
        raise ValueError(f"{key[:80]!r} has no pieces")
    return key, rest.split(" ")


def _checked(
    pieces: Mapping[str, Sequence[str]],
    vocabulary: Sequence[str],
    languages: Languages,
    anchors: Collection[str],
) -> dict[str, list[int]]:
    """The places of the pieces. Raises ValueError for what script_map would not have made."""
    place = {piece: index for index, piece in enumerate(vocabulary)}
    for key, own in pieces.items():
        strange = next((piece for piece in own if piece not in place), None)
        if strange is not None:
            raise ValueError(f"{key} has {strange[:80]!r}, which is not in the vocabulary")
        if len(set(own)) != len(own):
            raise ValueError(f"{key} has a piece twice")
        if missing := (set(anchors) & set(place)) - set(own):
            raise ValueError(f"{key} lacks {', '.join(sorted(missing))}")
    held = [(key, set(own)) for key, own in pieces.items()]
    for tag, token in languages.items():
        holders = {key for key, own in held if token in own}
        if token in place and key_of(tag) in pieces and holders != {key_of(tag)}:
            raise ValueError(f"{token} has to be in {key_of(tag)} alone")
    places = {key: sorted(place[piece] for piece in own) for key, own in pieces.items()}
    if moved := _moved(places, place, anchors):
        raise ValueError(f"{moved} has not the same place everywhere")
    return places


def _moved(
    places: Mapping[str, Sequence[int]], place: Mapping[str, int], anchors: Collection[str]
) -> str | None:
    """An anchor that has more pieces before it under one key than under another."""
    for anchor in sorted(set(anchors) & set(place)):
        if len({bisect_left(order, place[anchor]) for order in places.values()}) > 1:
            return anchor
    return None


def _scripts(piece: str) -> frozenset[str]:
    if _BYTE.fullmatch(piece):
        return frozenset()
    return frozenset(script for letter in piece if (script := script_of(letter)))


def _is_short(piece: str) -> bool:
    bare = piece.removeprefix(_SPACE)
    return len(bare) <= _SHORT and bare.isascii() and bare.isalpha()
