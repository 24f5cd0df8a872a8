"""How well a text fits a clip's pictures: mean cosine over its keyframes.

The two-tower models of the CLIP and SigLIP family give pictures and texts vectors in one space.
Mean cosine over up to 8 frames is what Step-Video-T2V and InternVid's clarification use. Texts
longer than the model reads (64 or 77 tokens) are cut by its tokenizer. Cosines of two models
have nothing to do with each other; see quantiles.py for how limits are set.

`open_scorer` loads a model from a local folder only; nothing of a folder's code is run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stages.base import StageError
from stages.select.config import AlignmentConfig

if TYPE_CHECKING:
    from PIL.Image import Image

_NEEDS = {"transformers": ("torch", "transformers"), "open_clip": ("torch", "open_clip")}
_MARKER = {"transformers": "config.json", "open_clip": "open_clip_config.json"}


class AlignmentScorer(Protocol):
    """Pictures and texts in, one cosine per text out."""

    def score(self, pictures: Sequence[Image], texts: Sequence[str]) -> list[float]:
        """For each text its mean cosine with the pictures, -1 to 1; at least one of each."""
        ...


def check_scorer(config: AlignmentConfig, folder: Path) -> None:
    """Raise StageError when the library is not installed or the folder holds no such model."""
    for package in _NEEDS[config.library]:
        if importlib.util.find_spec(package) is None:
            raise StageError(
                f"select.alignment.model needs the package {package}, which is not "
                "installed: pip install 'polyreel[align]'"
            )
    if not (folder / _MARKER[config.library]).is_file():
        raise StageError(
            f"select.alignment.model: {folder} has no {_MARKER[config.library]}, so it is "
            f"no model that {config.library} reads"
        )


def open_scorer(config: AlignmentConfig, folder: Path) -> AlignmentScorer:
    """Load the model. Raises StageError when it cannot be loaded or is of another family."""
    import torch

    torch.set_num_threads(config.threads)
    try:
        opened: AlignmentScorer
        if config.library == "transformers":
            opened = _Transformers(folder, config.device)
        else:
            opened = _OpenClip(folder, config.device)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise StageError(f"select.alignment.model: {folder}: {error}") from error
    return opened


class _Transformers:
    """CLIP, SigLIP, SigLIP 2, AltCLIP, Chinese-CLIP ... through transformers' auto classes."""

    def __init__(self, folder: Path, device: str) -> None:
        from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

        local = {"local_files_only": True, "trust_remote_code": False}
        self._model = AutoModel.from_pretrained(folder, **local).to(device).eval()
        for needed in ("get_image_features", "get_text_features"):
            if not hasattr(self._model, needed):
                raise ValueError(f"{type(self._model).__name__} has no {needed}")
        self._pictures = AutoImageProcessor.from_pretrained(folder, **local)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, **local)
        self._device = device

    def score(self, pictures: Sequence[Image], texts: Sequence[str]) -> list[float]:
        import torch

        # SigLIP was trained on texts padded to the full length and has no mask for less.
        longest = self._model.config.text_config.max_position_embeddings
        tokens = self._tokenizer(
            list(texts),
            padding="max_length",
            truncation=True,
            max_length=min(longest, self._tokenizer.model_max_length),
            return_tensors="pt",
        )
        pixels = self._pictures(images=list(pictures), return_tensors="pt")
        with torch.inference_mode():
            image = _vectors(self._model.get_image_features(**pixels.to(self._device)))
            text = _vectors(self._model.get_text_features(**tokens.to(self._device)))
        return mean_cosines(image, text)


class _OpenClip:
    """Any model of open_clip, saved as a folder with open_clip_config.json."""

    def __init__(self, folder: Path, device: str) -> None:
        import open_clip

        name = f"local-dir:{folder}"
        model, preprocess = open_clip.create_model_from_pretrained(name, device=device)
        self._model = model.eval()
        self._preprocess = preprocess
        self._tokenizer = open_clip.get_tokenizer(name)
        self._device = device

    def score(self, pictures: Sequence[Image], texts: Sequence[str]) -> list[float]:
        import torch

        pixels = torch.stack([self._preprocess(picture) for picture in pictures])
        with torch.inference_mode():
            image = self._model.encode_image(pixels.to(self._device))
            text = self._model.encode_text(self._tokenizer(list(texts)).to(self._device))
        return mean_cosines(image, text)


def _vectors(answer: Any) -> Any:
    """Newer releases of transformers wrap the vectors in an output object."""
    return answer if hasattr(answer, "shape") else answer.pooler_output


def mean_cosines(image: Any, text: Any) -> list[float]:
    """Tensors (pictures, d) and (texts, d) -> for each text its mean cosine with the pictures."""
    image = image.float() / image.float().norm(dim=-1, keepdim=True)
    text = text.float() / text.float().norm(dim=-1, keepdim=True)
    return [float(value) for value in (text @ image.T).mean(dim=1).cpu()]


def spread(n_there: int, n_most: int) -> list[int]:
    """Which of `n_there` things to take so that they are at most `n_most`, evenly spread: the
    middle of each of as many equal parts."""
    if n_there <= n_most:
        return list(range(n_there))
    return [(2 * part + 1) * n_there // (2 * n_most) for part in range(n_most)]
