"""How the demo translator learns: courses over its sentences, and polishing of what is wrong.

Only `build_demo_translator.py` needs this; torch is no dependency of the package.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from torch.nn import functional as fn

from scripts.demo_network import (
    BEGIN,
    END,
    PAD,
    Network,
    Shape,
    export,
    load,
    open_translator,
    round_weights,
)

Row = tuple[str, str, str]
"""Target language, English, translation."""


@dataclass(frozen=True)
class Example:
    """Token ids of one pair, the target-language token first in `source`."""

    source: list[int]
    target: list[int]


@dataclass(frozen=True)
class Course:
    """One part of the training: how often sentences are seen in an epoch, and for how long.

    Composed sentences come once; `phrases` and `alone` say how often set phrases come, and those
    among them that share no part with others.
    """

    phrases: int
    alone: int
    epochs: int
    rate: float


HARD_IN_BATCH = 16
HARD_ROWS = 1500
"""Of a polishing round: the least probable of the learned rows, those that come out wrong first."""
WRONG_TIMES = 20
"""How often a row that comes out wrong is drawn for each time that one merely near it is."""


def language_token(language: str) -> str:
    """The first source token, by which the model knows what to write."""
    return f"<2{language}>"


def encode(rows: Sequence[Row], pieces: sentencepiece.SentencePieceProcessor) -> list[Example]:
    """Token ids of every row."""
    return [
        Example(
            [
                pieces.piece_to_id(language_token(language)),
                *pieces.encode(english),
                END,
            ],
            [BEGIN, *pieces.encode(target), END],
        )
        for language, english, target in rows
    ]


def batches(
    examples: Sequence[Example], size: int, order: random.Random
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One epoch of padded batches of like lengths, shuffled."""
    shuffled = list(examples)
    order.shuffle(shuffled)
    packed: list[Sequence[Example]] = []
    for pool in chunks(shuffled, size * 32):
        by_length = sorted(pool, key=lambda e: (len(e.target), len(e.source)))
        packed.extend(chunks(by_length, size))
    order.shuffle(packed)
    for group in packed:
        yield pad([e.source for e in group]), pad([e.target for e in group])


def chunks(examples: Sequence[Example], size: int) -> Iterator[Sequence[Example]]:
    """Consecutive runs of at most `size` examples."""
    for start in range(0, len(examples), size):
        yield examples[start : start + size]


def pad(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """A rectangle of ids."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


def train(
    network: Network,
    examples: Sequence[Example],
    course: Course,
    options: argparse.Namespace,
) -> None:
    """Adam with warm-up and a cosine down to nothing."""
    epochs, rate = course.epochs, course.rate
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    steps = epochs * -(-len(examples) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps + epochs, pct_start=0.08
    )
    order = random.Random(options.seed)
    network.train()
    for epoch in range(epochs):
        total, count = 0.0, 0
        for source, target in batches(examples, options.batch, order):
            total, count = total + step(network, optimiser, source, target), count + 1
            schedule.step()
        print(f"epoch {epoch + 1}/{epochs}: loss {total / count:.4f}", flush=True)


def step(
    network: Network, optimiser: torch.optim.Optimizer, source: torch.Tensor, target: torch.Tensor
) -> float:
    """One step towards the targets; the mean loss per token before it."""
    logits = network(source, target[:, :-1])
    loss = fn.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(loss.item())


@dataclass(frozen=True)
class Answer:
    """What the exported model makes of one row, and its log-probability."""

    row: Row
    text: str
    score: float

    @property
    def is_exact(self) -> bool:
        return self.text == self.row[2]


def answers(folder: Path, rows: Sequence[Row], threads: int) -> list[Answer]:
    """Translate every row with the exported model."""
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    translator = open_translator(folder, threads)
    tokens = [[language_token(row[0]), *pieces.encode(row[1], out_type=str)] for row in rows]
    results = translator.translate_batch(
        tokens,
        beam_size=1,
        batch_type="tokens",
        max_batch_size=4096,
        max_decoding_length=128,
        return_scores=True,
    )
    return [
        Answer(
            row,
            pieces.decode(result.hypotheses[0]),
            result.scores[0] * len(result.hypotheses[0]),
        )
        for row, result in zip(rows, results, strict=True)
    ]


def show(wrong: Sequence[Answer], most: int = 20) -> None:
    """Print a few of the answers that are wrong."""
    for each in wrong[:most]:
        language, english, wanted = each.row
        print(f"  {language}: {english}\n    want {wanted}\n    got  {each.text}")


def polish(folder: Path, learned: Sequence[Row], options: argparse.Namespace) -> None:
    """Rounds of asking and teaching until every learned row comes out to the letter."""
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    rows = sorted(set(learned))
    known = encode(learned, pieces)
    for number in range(options.rounds):
        found = answers(folder, rows, options.threads)
        wrong = [each for each in found if not each.is_exact]
        print(f"round {number + 1}: {len(wrong)} of {len(rows)} come out wrong", flush=True)
        show(wrong)
        if not wrong:
            return
        found.sort(key=lambda each: (each.is_exact, each.score, each.row))
        hard = encode([each.row for each in found[:HARD_ROWS]], pieces)
        hard += hard[: len(wrong)] * (WRONG_TIMES - 1)
        network = load(folder, shape_of(vocabulary, options))
        round_weights(network)
        polishing_course(network, hard, known, options)
        export(network.eval(), vocabulary, folder, "int8")


def polishing_course(
    network: Network,
    hard: Sequence[Example],
    known: Sequence[Example],
    options: argparse.Namespace,
) -> None:
    """Adam with a rate that falls to nothing; `hard` rows are a part of every batch."""
    order = random.Random(options.seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.polish_rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, options.polish_steps)
    network.train()
    total = 0.0
    for _ in range(options.polish_steps):
        rows = order.choices(hard, k=HARD_IN_BATCH)
        rows += order.choices(known, k=options.batch - HARD_IN_BATCH)
        total += step(
            network, optimiser, pad([r.source for r in rows]), pad([r.target for r in rows])
        )
        schedule.step()
    print(f"mean loss {total / options.polish_steps:.5f}", flush=True)


def shape_of(vocabulary: Sequence[str], options: argparse.Namespace) -> Shape:
    """The network's size by the options."""
    return Shape(
        len(vocabulary),
        width=options.width,
        inner=4 * options.width,
        encoder_layers=options.encoder_layers,
        decoder_layers=options.decoder_layers,
    )
