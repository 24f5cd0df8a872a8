"""The demo translator's network: a small pre-norm transformer that CTranslate2 can run unchanged.

Positions follow CTranslate2's built-in sinusoids (first position is 1, sines before cosines),
embeddings are scaled by the square root of the width and shared with the output projection, so
nothing but weights has to be carried over. Only the model builder needs this; torch is no
dependency of the package.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from ctranslate2.specs import TransformerSpec
from torch import Tensor, nn
from torch.nn import functional as fn
from torch.nn.utils import parametrize

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
_KINDS = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""Element types by CTranslate2's numbers for them."""


@dataclass(frozen=True)
class Shape:
    """Size of the network."""

    vocabulary: int
    width: int = 128
    inner: int = 512
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 2


class Attention(nn.Module):  # type: ignore[misc, unused-ignore]
    """Multi-head attention; keys and values come from `memory` when it is given."""

    def __init__(self, shape: Shape, *, cross: bool) -> None:
        super().__init__()
        self.heads = shape.heads
        width = shape.width
        if cross:
            self.inputs = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, 2 * width)])
        else:
            self.inputs = nn.ModuleList([nn.Linear(width, 3 * width)])
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        if memory is None:
            query, key, value = self.inputs[0](x).chunk(3, dim=-1)
        else:
            query = self.inputs[0](x)
            key, value = self.inputs[1](memory).chunk(2, dim=-1)
        split = [t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (query, key, value)]
        mixed = fn.scaled_dot_product_attention(split[0], split[1], split[2], attn_mask=mask)
        out: Tensor = self.output(mixed.transpose(1, 2).flatten(-2))
        return out


class FeedForward(nn.Module):  # type: ignore[misc, unused-ignore]
    """Two linear maps with a ReLU between."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.first = nn.Linear(shape.width, shape.inner)
        self.second = nn.Linear(shape.inner, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(fn.relu(self.first(x)))
        return out


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """Encoder layer, or decoder layer when `cross`."""

    def __init__(self, shape: Shape, dropout: float, *, cross: bool) -> None:
        super().__init__()
        self.own = Attention(shape, cross=False)
        self.own_norm = nn.LayerNorm(shape.width)
        self.cross = Attention(shape, cross=True) if cross else None
        self.cross_norm = nn.LayerNorm(shape.width) if cross else None
        self.feed = FeedForward(shape)
        self.feed_norm = nn.LayerNorm(shape.width)
        self.drop = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, mask: Tensor, memory: Tensor | None = None, seen: Tensor | None = None
    ) -> Tensor:
        x = x + self.drop(self.own(self.own_norm(x), mask))
        if self.cross is not None and self.cross_norm is not None:
            x = x + self.drop(self.cross(self.cross_norm(x), seen, memory))
        return x + self.drop(self.feed(self.feed_norm(x)))


class Network(nn.Module):  # type: ignore[misc, unused-ignore]
    """Encoder and decoder over one shared vocabulary."""

    def __init__(self, shape: Shape, dropout: float = 0.1, longest: int = 256) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        layers, width = nn.ModuleList, shape.width
        self.encoder = layers(
            Layer(shape, dropout, cross=False) for _ in range(shape.encoder_layers)
        )
        self.encoder_norm = nn.LayerNorm(width)
        self.decoder = layers(
            Layer(shape, dropout, cross=True) for _ in range(shape.decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(dropout)
        self.register_buffer("positions", sinusoids(longest, width), persistent=False)

    def _embed(self, ids: Tensor) -> Tensor:
        positions: Tensor = self.get_buffer("positions")
        x = self.embedding(ids) * math.sqrt(self.shape.width)
        out: Tensor = self.drop(x + positions[: ids.shape[1]])
        return out

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits of the token after each target token."""
        seen = (source != PAD)[:, None, None, :]
        memory = self._embed(source)
        for layer in self.encoder:
            memory = layer(memory, seen)
        memory = self.encoder_norm(memory)
        length = target.shape[1]
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        x = self._embed(target)
        for layer in self.decoder:
            x = layer(x, causal, memory, seen)
        return fn.linear(self.decoder_norm(x), self.embedding.weight)


def sinusoids(length: int, width: int) -> Tensor:
    """CTranslate2's position encodings: positions count from 1, sines fill the first half."""
    scales = width // 2
    rates = torch.exp(-torch.arange(scales) * (math.log(10000) / (scales - 1)))
    angles = torch.arange(1, length + 1)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().numpy().astype(np.float32)
    return array


def _linear(spec: object, linear: nn.Linear) -> None:
    spec.weight, spec.bias = _array(linear.weight), _array(linear.bias)  # type: ignore[attr-defined]


def _norm(spec: object, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)  # type: ignore[attr-defined]


def _attention(spec: object, attention: Attention, norm: nn.LayerNorm) -> None:
    _norm(spec.layer_norm, norm)  # type: ignore[attr-defined]
    linears = [*attention.inputs, attention.output]
    for target, linear in zip(spec.linear, linears, strict=True):  # type: ignore[attr-defined]
        _linear(target, linear)


def _layer(spec: object, layer: Layer) -> None:
    _attention(spec.self_attention, layer.own, layer.own_norm)  # type: ignore[attr-defined]
    if layer.cross is not None and layer.cross_norm is not None:
        _attention(spec.attention, layer.cross, layer.cross_norm)  # type: ignore[attr-defined]
    _norm(spec.ffn.layer_norm, layer.feed_norm)  # type: ignore[attr-defined]
    _linear(spec.ffn.linear_0, layer.feed.first)  # type: ignore[attr-defined]
    _linear(spec.ffn.linear_1, layer.feed.second)  # type: ignore[attr-defined]


def export(network: Network, vocabulary: list[str], folder: Path, quantisation: str) -> None:
    """Write `network` as a CTranslate2 model folder."""
    shape = network.shape
    spec = TransformerSpec.from_config(
        (shape.encoder_layers, shape.decoder_layers), shape.heads, pre_norm=True
    )
    embedding = _array(network.embedding.weight)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    _norm(spec.encoder.layer_norm, network.encoder_norm)
    _norm(spec.decoder.layer_norm, network.decoder_norm)
    for target, layers in (
        (spec.encoder.layer, network.encoder),
        (spec.decoder.layer, network.decoder),
    ):
        for part, layer in zip(target, layers, strict=True):
            _layer(part, layer)
    spec.config.add_source_eos = True
    spec.config.decoder_start_token = "<s>"
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize(quantization=quantisation)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


class Rounded(nn.Module):  # type: ignore[misc, unused-ignore]
    """A matrix as `export` rounds it to int8, each row by its largest weight; gradients pass."""

    def forward(self, weight: Tensor) -> Tensor:
        scale = weight.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        rounded: Tensor = weight + ((weight / scale).round() * scale - weight).detach()
        return rounded


def round_weights(network: Network) -> None:
    """From now on compute with the weights that an export will have; train those behind them."""
    for part in list(network.modules()):
        if isinstance(part, nn.Linear | nn.Embedding):
            parametrize.register_parametrization(part, "weight", Rounded())


def open_translator(folder: Path, threads: int) -> ctranslate2.Translator:
    """The exported model, on the CPU."""
    return ctranslate2.Translator(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
    )


def load(folder: Path, shape: Shape) -> Network:
    """The network of a model folder that `export` wrote; int8 weights as they are rounded."""
    stored = read_weights(folder / "model.bin")
    network = Network(shape, dropout=0.0)

    def matrix(name: str) -> Tensor:
        weight = torch.from_numpy(stored[name].astype(np.float32, copy=True))
        scale = stored.get(f"{name}_scale")
        return weight if scale is None else weight / torch.from_numpy(scale.copy())[:, None]

    def linear(name: str, target: nn.Linear) -> None:
        target.weight.data = matrix(f"{name}/weight")
        target.bias.data = matrix(f"{name}/bias")

    def norm(name: str, target: nn.LayerNorm) -> None:
        target.weight.data = matrix(f"{name}/gamma")
        target.bias.data = matrix(f"{name}/beta")

    def attention(name: str, part: Attention, before: nn.LayerNorm) -> None:
        norm(f"{name}/layer_norm", before)
        for index, each in enumerate([*part.inputs, part.output]):
            linear(f"{name}/linear_{index}", each)

    network.embedding.weight.data = matrix("decoder/embeddings/weight")
    norm("encoder/layer_norm", network.encoder_norm)
    norm("decoder/layer_norm", network.decoder_norm)
    for side, layers in (("encoder", network.encoder), ("decoder", network.decoder)):
        for index, layer in enumerate(layers):
            name = f"{side}/layer_{index}"
            attention(f"{name}/self_attention", layer.own, layer.own_norm)
            if layer.cross is not None:
                attention(f"{name}/attention", layer.cross, layer.cross_norm)
            norm(f"{name}/ffn/layer_norm", layer.feed_norm)
            linear(f"{name}/ffn/linear_0", layer.feed.first)
            linear(f"{name}/ffn/linear_1", layer.feed.second)
    return network


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a CTranslate2 model.bin (version 6), aliases among them."""
    data, at = path.read_bytes(), 0

    def numbers(form: str) -> tuple[int, ...]:
        nonlocal at
        found = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(f"<{form}")
        return found

    def text() -> str:
        nonlocal at
        (size,) = numbers("H")
        at += size
        return data[at - size : at].rstrip(b"\0").decode()

    numbers("I")
    text()
    _, count = numbers("II")
    arrays: dict[str, np.ndarray] = {}
    for _ in range(count):
        name = text()
        (rank,) = numbers("B")
        shape = numbers(f"{rank}I")
        kind, size = numbers("BI")
        arrays[name] = np.frombuffer(data, _KINDS[kind], offset=at, count=math.prod(shape))
        arrays[name] = arrays[name].reshape(shape)
        at += size
    (count,) = numbers("I")
    for _ in range(count):
        alias, name = text(), text()
        arrays[alias] = arrays[name]
    return arrays
