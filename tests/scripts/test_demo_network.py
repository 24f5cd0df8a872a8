"""The demo translator's network survives its export: what is read back computes the same."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

PIECES = ["<pad>", "<unk>", "<s>", "</s>", "<2de>", "a", "b", "c", "x", "y", "z"]


def test_an_export_is_read_back_as_it_was_rounded(tmp_path: Path) -> None:
    import torch

    from scripts.demo_network import Network, Shape, export, load, round_weights

    torch.manual_seed(3)
    shape = Shape(len(PIECES), width=16, inner=32, heads=4, encoder_layers=2, decoder_layers=1)
    network = Network(shape, dropout=0.0).eval()
    source, target = torch.tensor([[4, 5, 6, 7, 3]]), torch.tensor([[2, 8, 9]])
    plain = network(source, target)
    round_weights(network)
    rounded = network(source, target)
    export(network, PIECES, tmp_path, "int8")
    again = load(tmp_path, shape).eval()
    assert torch.allclose(again(source, target), rounded, atol=1e-5)
    assert not torch.allclose(plain, rounded, atol=1e-5)
    round_weights(again)
    assert torch.allclose(again(source, target), rounded, atol=1e-5)


def test_weights_behind_the_rounded_ones_are_trained() -> None:
    import torch

    from scripts.demo_network import Network, Shape, round_weights

    torch.manual_seed(3)
    network = Network(Shape(len(PIECES), width=16, inner=32), dropout=0.0)
    round_weights(network)
    network(torch.tensor([[4, 5, 3]]), torch.tensor([[2, 8]])).sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
