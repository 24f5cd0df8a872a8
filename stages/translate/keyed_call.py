"""How a call of CTranslate2 is told which pieces to choose among (see script_map.py).

CTranslate2 looks for keys among the source tokens of a call as they are given, before it cuts them
to `max_input_length`. So the key stands behind the longest sentence, and its length is the limit:
the encoder never sees the key. It stands there twice, because an end mark that is last but one is
kept in the cut. `check_keys` looks whether the CTranslate2 that is installed does all this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.translate.errors import ModelFolderError
from stages.translate.script_map import SCRIPT_MAP

_TOLERANCE = 1e-3


def keyed(sources: Sequence[Sequence[str]], key: str, n_marks: int) -> dict[str, Any]:
    """The arguments of `translate_batch` that name sources and pieces; without a key, all pieces.

    `n_marks`: how many marks CTranslate2 itself adds to a source.
    """
    tokens = [list(source) for source in sources]
    if not key:
        return {"source": tokens, "max_input_length": 0, "use_vmap": False}
    longest = max(tokens, key=len)
    limit = len(longest) + n_marks
    longest += [key, key]
    return {"source": tokens, "max_input_length": limit, "use_vmap": True}


def check_keys(
    folder: Path, engine: Any, places: Mapping[str, Sequence[int]], n_marks: int
) -> None:
    """Rate the first token of an answer by the smallest key and by all pieces, and compare.

    `places`: key -> its pieces' places in the vocabulary, ascending. Raises ModelFolderError.
    """
    if not places:
        return
    import numpy as np

    key = min(places, key=lambda key: (len(places[key]), key))

    def ratings(key: str) -> Any:
        result = engine.translate_batch(
            **keyed([["<unk>", "\u2581a", "\u2581", "</s>"], ["<unk>"]], key, n_marks),
            beam_size=1, max_decoding_length=1, return_logits_vocab=True,
        )[0]  # fmt: skip
        return np.array(result.logits[0][0]).ravel()

    narrow, whole = ratings(key), ratings("")
    wanted = whole[list(places[key])]
    if narrow.shape == wanted.shape and np.allclose(narrow, wanted, _TOLERANCE, _TOLERANCE):
        return
    import ctranslate2

    raise ModelFolderError(
        f"{folder / SCRIPT_MAP}: CTranslate2 {ctranslate2.__version__} does not choose among the "
        f"pieces of {key} as it should; remove the file, or install another version"
    )
