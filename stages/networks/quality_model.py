"""How good a translation is, without a reference: the networks of COMET-Kiwi (Rei et al. 2022).

COMET's own package holds numpy below 2, transformers below 5 and protobuf below 5, so it cannot
stand beside this one. What is needed of it is small: XLM-RoBERTa reads translation and source as
one text, its layers are mixed into one, and a small network makes a score of the first token.
"""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from stages.base import StageError

_BATCH = 32
_CHECKPOINT = Path("checkpoints") / "model.ckpt"
_ENCODERS = ("XLM-RoBERTa", "XLM-RoBERTa-XL")
_SEGMENTS = ("mt", "src")
_VARIANCE_FLOOR = 1e-12


class QualityModel:
    """A published COMET-Kiwi folder: hparams.yaml, checkpoints/model.ckpt, and the tokeniser and
    config.json of the encoder that it names in `encoder/`, or in Hugging Face's local cache.
    Nothing is fetched."""

    def __init__(self, path: Path, setting: str) -> None:
        """`path`: the folder, or the checkpoint in it. `setting`: the config key that names it,
        for messages. Raises StageError when a package or the model is missing or of another
        kind."""
        if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
            raise StageError(
                f"{setting} needs torch and transformers: pip install 'polyreel[quality]', or set "
                "it to null"
            )
        folder = path if path.is_dir() else path.parents[1]
        try:
            self._network = _Network(folder, folder / _CHECKPOINT if path.is_dir() else path)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise StageError(f"{setting}: {path} cannot be loaded: {error}") from error

    def scores(self, texts: Sequence[tuple[str, str]]) -> list[float]:
        """Quality of each (source, translation), in order; about 0 to 1, higher is better."""
        ids = [self._network.ids(source, target) for source, target in texts]
        scores = [0.0] * len(ids)
        by_length = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        for start in range(0, len(by_length), _BATCH):
            batch = by_length[start : start + _BATCH]
            found = self._network.batch([ids[i] for i in batch])
            for index, score in zip(batch, found, strict=True):
                scores[index] = score
        return scores


class _Network:
    """Encoder, mix of layers and estimator, as COMET's UnifiedMetric computes them."""

    def __init__(self, folder: Path, checkpoint: Path) -> None:
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        try:
            stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise ValueError(f"{checkpoint} holds more than weights: {error}") from error
        settings = yaml.safe_load((folder / "hparams.yaml").read_text(encoding="utf-8"))
        settings = _checked({**settings, **stored.get("hyper_parameters", {})})
        weights = stored["state_dict"]
        encoder = _encoder_place(folder, settings)
        try:
            config = AutoConfig.from_pretrained(encoder, local_files_only=True)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(encoder, local_files_only=True)
        except OSError as error:
            raise OSError(
                f"config.json and tokeniser of {encoder} are neither in {folder / 'encoder'} nor "
                "in Hugging Face's cache; put them there"
            ) from error
        self._most_tokens: int = config.max_position_embeddings - 2
        self._encoder: Any = AutoModel.from_config(config, add_pooling_layer=False).float()
        _load(self._encoder, weights, "encoder.model.")
        self._estimator: Any = _estimator(config.hidden_size, settings).float()
        _load(self._estimator, weights, "estimator.ff.")
        self._layer_shares: Any = _layer_shares(weights, settings, config.num_hidden_layers + 1)
        self._is_normed: bool = settings["sent_layer"] == "mix" and bool(settings["layer_norm"])
        self._encoder.eval()
        self._estimator.eval()

    def ids(self, source: str, target: str) -> list[int]:
        """Token ids of both, the translation first, cut at what the encoder takes."""
        begin, end = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        first, second = (
            self._tokenizer(text, add_special_tokens=False)["input_ids"][: self._most_tokens - 4]
            for text in (target, source)
        )
        return [begin, *first, end, end, *second, end][: self._most_tokens]

    def batch(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """One score per row of ids."""
        import torch

        longest = max(map(len, rows))
        padding = self._tokenizer.pad_token_id
        ids = torch.tensor([[*row, *[padding] * (longest - len(row))] for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        with torch.inference_mode():
            layers = self._encoder(ids, attention_mask=mask, output_hidden_states=True)
            mixed = sum(
                share * (_normed(layer, mask) if self._is_normed else layer)
                for share, layer in zip(self._layer_shares, layers.hidden_states, strict=True)
                if share
            )
            return [float(score) for score in self._estimator(mixed[:, 0]).flatten()]


def _checked(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ValueError for a metric of another kind."""
    kind = settings.get("class_identifier", "unified_metric")
    segments = settings.get("input_segments", ["mt", "src", "ref"])
    if kind != "unified_metric" or tuple(segments) != _SEGMENTS:
        raise ValueError(
            f"it is a {kind} over {', '.join(segments)}; what is read here is a unified_metric "
            "over mt, src (COMET-Kiwi)"
        )
    if settings["encoder_model"] not in _ENCODERS:
        raise ValueError(
            f"its encoder is {settings['encoder_model']}; known: {', '.join(_ENCODERS)}"
        )
    return settings


def _encoder_place(folder: Path, settings: Mapping[str, Any]) -> str:
    """Where config and tokeniser are: beside the checkpoint, else in the local cache."""
    own = folder / "encoder"
    return str(own) if own.is_dir() else str(settings["pretrained_model"])


def _load(part: Any, weights: Mapping[str, Any], prefix: str) -> None:
    """The weights of one part, all of them. Raises ValueError."""
    own = {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
    missing = part.load_state_dict(own, strict=False).missing_keys
    if missing:
        raise ValueError(f"it has no {prefix}{missing[0]}, one of {len(missing)} that are missing")


def _estimator(width: int, settings: Mapping[str, Any]) -> Any:
    """The network from the first token to the score. Its linear maps are numbered with the
    activations and dropouts between them, by which the checkpoint names them."""
    from torch import nn

    sizes = [width, *settings["hidden_sizes"], 1]
    parts: list[Any] = []
    for size, following in pairwise(sizes):
        parts += [nn.Linear(size, following), _activation(settings["activations"]), nn.Dropout()]
    parts = parts[:-2]
    if settings["final_activation"] is not None:
        parts.append(_activation(settings["final_activation"]))
    return nn.Sequential(*parts)


def _activation(name: str) -> Any:
    from torch import nn

    found = getattr(nn, name.title(), None)
    if found is None:
        raise ValueError(f"it wants the activation {name}, which torch does not have")
    return found()


def _layer_shares(
    weights: Mapping[str, Any], settings: Mapping[str, Any], count: int
) -> list[float]:
    """What each layer, the embeddings first, adds to the mix."""
    import torch

    layer = settings["sent_layer"]
    if layer != "mix":
        return [float(index == layer) for index in range(count)]
    raw = torch.cat(
        [weights[f"layerwise_attention.scalar_parameters.{index}"] for index in range(count)]
    ).float()
    is_sparse = settings["layer_transformation"] == "sparsemax"
    shares = sparsemax(raw.tolist()) if is_sparse else raw.softmax(dim=0).tolist()
    gamma = float(weights["layerwise_attention.gamma"])
    return [gamma * share for share in shares]


def sparsemax(values: Sequence[float]) -> list[float]:
    """The point of the simplex that is nearest to `values` (Martins and Astudillo 2016)."""
    total, threshold = 0.0, 0.0
    for count, value in enumerate(sorted(values, reverse=True), start=1):
        total += value
        if 1 + count * value <= total:
            break
        threshold = (total - 1) / count
    return [max(0.0, value - threshold) for value in values]


def _normed(layer: Any, mask: Any) -> Any:
    """Each text's tokens, padding left out, to mean 0 and variance 1."""
    shown = mask[:, :, None].float()
    count = (shown.sum(dim=(1, 2)) * layer.shape[2])[:, None, None]
    mean = (layer * shown).sum(dim=(1, 2), keepdim=True) / count
    variance = (((layer - mean) * shown) ** 2).sum(dim=(1, 2), keepdim=True) / count
    return (layer - mean) / (variance + _VARIANCE_FLOOR).sqrt()
