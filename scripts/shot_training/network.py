"""The temporal network, its training on made films, and its export to ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from scripts.shot_training.dataset import CUT, MIXED, UNSURE, Example
from stages.split.detectors.shot_features import (
    BLOCKS,
    GRID,
    LAGS,
    MIX_MAPS,
    MIX_STEPS,
    N_FEATURES,
    SHIFT_EVERY,
)
from stages.split.detectors.shot_model import CONTEXT

CHANNELS = 48
DILATIONS = (1, 2, 4, 8, 16, 32)
WINDOW = 256
"""Frames of one training sample."""


class Block(nn.Module):  # type: ignore[misc]
    """Residual block: a dilated convolution over time, then a mix of channels. The convolution
    is written as a product with shifted copies, which CPUs do several times faster."""

    def __init__(self, channels: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.over_time = nn.Linear(3 * channels, channels)
        self.over_channels = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        d = self.dilation
        padded = nn.functional.pad(x, (0, 0, d, d))
        around = torch.cat([padded[:, : -2 * d], x, padded[:, 2 * d :]], dim=2)
        return x + self.over_channels(self.dropout(torch.relu(self.over_time(around))))


class ShotNet(nn.Module):  # type: ignore[misc]
    """Rows (batch, n, N_FEATURES) to logits (batch, n, 2) of `cut` and `mixed`."""

    def __init__(self, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(scale))
        self.inwards = nn.Linear(N_FEATURES, CHANNELS)
        self.blocks = nn.Sequential(*(Block(CHANNELS, d, 0.1) for d in DILATIONS))
        self.outwards = nn.Linear(CHANNELS, 2)
        assert sum(DILATIONS) == CONTEXT

    def forward(self, rows: Tensor) -> Tensor:
        x = ((rows - self.mean) * self.scale).clamp(-4, 4)
        x = self.blocks(torch.relu(self.inwards(x)))
        logits: Tensor = self.outwards(torch.relu(x))
        return logits


class Answers(nn.Module):  # type: ignore[misc]
    """Several networks' mean answer, as probabilities: what is exported."""

    def __init__(self, networks: list[ShotNet]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, rows: Tensor) -> Tensor:
        logits = [network(rows) for network in self.networks]
        return torch.sigmoid(torch.stack(logits).mean(dim=0))


def targets(labels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What to answer and how much it counts, each (n, 2). The edges of a gradual transition are
    not visible to the frame, so they count for nothing."""
    n = len(labels)
    cut, mixed = (labels & CUT) > 0, (labels & MIXED) > 0
    wanted = np.column_stack([cut, mixed]).astype(np.float32)
    weight = np.ones((n, 2), np.float32)
    weight[:, 0] = 1 + 3 * cut
    for at in np.flatnonzero(cut):
        near = slice(max(0, at - 2), at + 3)
        weight[near] *= 0
        weight[at] = (4, 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mixed.astype(np.int8), [0]])))
    for start, end in edges.reshape(-1, 2):
        soft = 1 + (end - start) // 6
        weight[max(0, start - 2) : start + soft, 1] = 0
        weight[end - soft : end + 2, 1] = 0
        middle = (start + end) // 2
        weight[middle - 1 : middle + 1, 1] = 2
        if end - start < 6:
            weight[max(0, start - 1) : end + 1, 0] = 0
    weight[(labels & UNSURE) > 0] = 0
    return wanted, weight


def mirrored(rng: Generator) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and signs of the features of a film that is mirrored left to right or upside
    down, at random."""
    flip_x, flip_y = rng.random(2) < 0.5
    grid = np.arange(BLOCKS).reshape(GRID, GRID)
    blocks = grid[:: -1 if flip_y else 1, :: -1 if flip_x else 1].ravel()
    columns: list[NDArray[np.int64]] = []
    sign = np.ones(N_FEATURES, np.float32)
    at = 0

    def add(n: int, order: NDArray[np.int64] | None = None) -> None:
        nonlocal at
        columns.append(at + (np.arange(n) if order is None else order))
        at += n

    for lag in LAGS:
        add(BLOCKS, blocks)
        add(8)
        if lag in SHIFT_EVERY:
            add(BLOCKS, blocks)
            sign[at + 1] = -1 if flip_x else 1
            sign[at + 2] = -1 if flip_y else 1
            add(4)
    for step in MIX_STEPS:
        add(3)
        if step in MIX_MAPS:
            add(BLOCKS, blocks)
            add(BLOCKS, blocks)
    add(N_FEATURES - at)
    return np.concatenate(columns), sign


def batches(
    rng: Generator,
    examples: list[Example],
    truth: Sequence[tuple[NDArray[np.float32], ...]],
    size: int,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """One epoch: a random window of every film in random order; batches mirrored at random."""
    order = rng.permutation(len(examples))
    for start in range(0, len(order) - size + 1, size):
        rows = np.zeros((size, WINDOW, N_FEATURES), np.float32)
        wanted, weight = np.zeros((2, size, WINDOW, 2), np.float32)
        for k, index in enumerate(order[start : start + size]):
            source = examples[index].rows
            first = int(rng.integers(max(1, len(source) - WINDOW + 1)))
            part = slice(first, first + WINDOW)
            window = source[part]
            rows[k, : len(window)] = window
            wanted[k, : len(window)] = truth[index][0][part]
            weight[k, : len(window)] = truth[index][1][part]
        columns, sign = mirrored(rng)
        flipped = torch.from_numpy(rows)[:, :, torch.from_numpy(columns)] * torch.from_numpy(sign)
        yield flipped, torch.from_numpy(wanted), torch.from_numpy(weight)


def train(examples: list[Example], seed: int, epochs: int, report: bool = True) -> ShotNet:
    """A network trained on the examples."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 77])
    some = np.concatenate([example.rows[::7] for example in examples[::3]]).astype(np.float32)
    mean = some.mean(0)
    network = ShotNet(mean, 1 / (some.std(0) + 0.02))
    truth = [targets(example.labels) for example in examples]
    size = 16
    total = epochs * (len(examples) // size)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total, pct_start=0.15)
    network.train()
    for epoch in range(epochs):
        losses = []
        for rows, wanted, weight in batches(rng, examples, truth, size):
            rows = rows + 0.02 * torch.randn_like(rows)
            logits = network(rows)
            loss = nn.functional.binary_cross_entropy_with_logits(
                logits, wanted, weight, reduction="sum"
            ) / (size * WINDOW)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        if report:
            print(f"seed {seed} epoch {epoch + 1}/{epochs} loss {np.mean(losses):.4f}", flush=True)
    network.eval()
    return network


def export(networks: list[ShotNet], path: Path) -> None:
    """Write the mean of the networks as ONNX, weights in half precision."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rows = torch.zeros(1, 2 * WINDOW, N_FEATURES)
    torch.onnx.export(
        Answers(networks),
        (rows,),
        str(path),
        input_names=["rows"],
        output_names=["answers"],
        dynamic_axes={"rows": {1: "n"}, "answers": {1: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(path))
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= CHANNELS * CHANNELS:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
