"""Train a small translator on parallel captions, to have real translations to measure with.

Multi30k-like folders hold `train.en.gz` and `train.de.gz`, line by line parallel. What comes out is
a CTranslate2 model of the stage's `plain` family. It is for evaluation only: it is never shipped,
and its card says so. Needs torch (extra `train`).
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "caption-evaluation-translator"


@dataclass(frozen=True)
class Recipe:
    """What the model is and how it is trained; the result depends on nothing else but torch."""

    source: str = "en"
    target: str = "de"
    vocabulary: int = 3000
    width: int = 128
    encoder_layers: int = 2
    decoder_layers: int = 1
    epochs: int = 9
    batch: int = 64
    rate: float = 3e-3
    smoothing: float = 0.1
    dropout: float = 0.05
    seed: int = 1
    threads: int = 1


Pair = tuple[list[int], list[int]]


def read_lines(corpus: Path, name: str, language: str) -> list[str]:
    """The lines of `corpus`/`name`.`language`.gz."""
    with gzip.open(corpus / f"{name}.{language}.gz", "rt", encoding="utf-8") as file:
        return [line.strip() for line in file]


def train_translator(corpus: Path, folder: Path, recipe: Recipe) -> None:
    """Train by `recipe` on `corpus` and write the model with its card to `folder`."""
    import torch

    from scripts.demo_network import Network, Shape, export

    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    folder.mkdir(parents=True, exist_ok=True)
    texts = [read_lines(corpus, "train", tag) for tag in (recipe.source, recipe.target)]
    pieces = _train_pieces([line for side in texts for line in side], folder, recipe)
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    width = recipe.width
    shape = Shape(
        len(vocabulary), width, 4 * width, 4, recipe.encoder_layers, recipe.decoder_layers
    )
    network = Network(shape, recipe.dropout)
    pairs = [
        ([*pieces.encode(left), pieces.eos_id()], [2, *pieces.encode(right), pieces.eos_id()])
        for left, right in zip(*texts, strict=True)
    ]
    _train(network, pairs, recipe)
    export(network.eval(), vocabulary, folder, "int8")
    _write_card(folder, recipe)


def _train_pieces(lines: list[str], folder: Path, recipe: Recipe) -> Any:
    import sentencepiece

    from scripts.demo_network import BEGIN, END, PAD, UNKNOWN

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=recipe.vocabulary,
        character_coverage=1.0,
        num_threads=1,
        pad_id=PAD,
        unk_id=UNKNOWN,
        bos_id=BEGIN,
        eos_id=END,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))


def _train(network: Any, pairs: Sequence[Pair], recipe: Recipe) -> None:
    """AdamW, one cycle, label smoothing; prints the mean loss of every epoch."""
    import torch
    from torch.nn import functional as fn

    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, betas=(0.9, 0.98))
    steps = recipe.epochs * (-(-len(pairs) // recipe.batch) + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps, pct_start=0.1
    )
    order = random.Random(recipe.seed)
    network.train()
    for epoch in range(recipe.epochs):
        total, count = 0.0, 0
        for source, target in _batches(pairs, recipe.batch, order):
            logits = network(source, target[:, :-1])
            loss = fn.cross_entropy(
                logits.flatten(0, 1),
                target[:, 1:].flatten(),
                ignore_index=0,
                label_smoothing=recipe.smoothing,
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        print(f"epoch {epoch + 1}/{recipe.epochs}: loss {total / count:.4f}", flush=True)


def _batches(pairs: Sequence[Pair], size: int, order: random.Random) -> Iterator[tuple[Any, Any]]:
    """One epoch of padded batches of like lengths, shuffled."""
    import torch

    shuffled = list(pairs)
    order.shuffle(shuffled)
    by_length = sorted(shuffled, key=lambda pair: (len(pair[1]), len(pair[0])))
    groups = [by_length[start : start + size] for start in range(0, len(by_length), size)]
    order.shuffle(groups)
    for group in groups:
        sides = [[pair[side] for pair in group] for side in (0, 1)]
        longest = [max(map(len, rows)) for rows in sides]
        left, right = (
            torch.tensor([[*row, *[0] * (most - len(row))] for row in rows])
            for rows, most in zip(sides, longest, strict=True)
        )
        yield left, right


def _write_card(folder: Path, recipe: Recipe) -> None:
    card = {
        "name": NAME,
        "version": 1,
        "family": "plain",
        "is_demo": False,
        "source_language": recipe.source,
        "target_languages": [recipe.target],
        "licence": "for evaluation only; not to be distributed",
        "description": f"Trained on parallel captions with {recipe}",
    }
    text = json.dumps(card, ensure_ascii=False, indent=1)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")
