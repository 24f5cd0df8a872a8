"""Build the packaged demo translator: caption grammar, a small transformer, CTranslate2 int8.

The quickstart has to translate without a network, and no real model fits into a source tree. This
one knows the caption grammar and nothing else, and its card says so. Run it in an environment with
torch (no dependency of the package); the result depends on the seed and the options alone, up to
the torch build and the number of threads.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import sentencepiece  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as fn  # noqa: E402

from scripts.demo_grammar import TARGETS, english_words, pairs, sentences, word_pairs  # noqa: E402
from scripts.demo_grammar.meanings import Act, Action, Meaning, Sight  # noqa: E402
from scripts.demo_network import (  # noqa: E402
    BEGIN,
    END,
    PAD,
    UNKNOWN,
    Network,
    Shape,
    export,
    open_translator,
)
from stages.caption.visual_grammar import Scene, all_sentences  # noqa: E402

FILES = ("model.bin", "config.json", "shared_vocabulary.json", "sentencepiece.model")
DESCRIPTION = (
    "A demonstration model trained only on sentences of Polyreel's caption grammar. It translates "
    "the visual teacher's captions and some everyday sentences, and is of no use for anything else."
)

VERSION = 2
"""Of the packaged model; goes up with every model that replaces it."""
FIGURES = {
    "held_out_exact": "share of the composed sentences never trained on that are translated to "
    "the letter",
    "visual_exact": "the same share of all sentences of the visual teacher, trained on or not",
    "grammar_exact": "the same share of all sentences of the grammar",
}


@dataclass(frozen=True)
class Example:
    """Token ids of one pair, the target-language token first in `source`."""

    source: list[int]
    target: list[int]


Row = tuple[str, str, str]
"""Target language, English, translation."""


@dataclass(frozen=True)
class Split:
    """Pairs to learn from, with repetitions, and pairs that are only measured."""

    train: list[Row]
    held_out: list[Row]


def is_composed(meaning: Meaning) -> bool:
    """Made of parts that many sentences share. The rest are set phrases, learned by heart."""
    match meaning:
        case Scene():
            return bool(meaning.colours) and not meaning.is_achromatic
        case Action(_, act, place):
            return place is not None and act not in (Act.SWIM, Act.FLY)
        case Sight():
            return True
    return False


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


COURSES = (
    Course(phrases=4, alone=4, epochs=2, rate=1.5e-3),
    Course(phrases=4, alone=16, epochs=1, rate=5e-4),
)
"""First the grammar, then what occurs seldom, each with a rate that falls to nothing."""


def split_pairs(
    languages: Sequence[str], options: argparse.Namespace, course: Course = COURSES[0]
) -> Split:
    """Hold out a share of the composed sentences, the same ones in every language and course."""
    meanings = sentences()
    composed = [text for text, meaning in meanings.items() if is_composed(meaning)]
    order = random.Random(options.seed)
    held = set(order.sample(composed, int(len(composed) * options.held_out)))
    alone = [text for text, m in meanings.items() if not isinstance(m, Scene | Action | Sight)]
    times = dict.fromkeys(meanings, course.phrases) | dict.fromkeys(alone, course.alone)
    times |= dict.fromkeys(composed, 1)
    train, held_out = [], []
    for language in languages:
        for english, target in pairs(language):
            row = (language, english, target)
            if english in held:
                held_out.append(row)
            else:
                train.extend([row] * times[english])
    return Split(train, held_out)


def train_pieces(split: Split, languages: Sequence[str], size: int, folder: Path) -> None:
    """One SentencePiece vocabulary for all languages, from the training side only.

    Byte-pair merges of distinct sentences: with the default size most words of the grammar become
    one piece, in every script. Unigram pieces of the same corpus cut Indic words into letters,
    which makes sentences three times as long and training five times as slow.
    """
    texts = sorted({text for row in split.train for text in row[1:]})
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(texts) + "\n", encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=size,
        hard_vocab_limit=False,
        model_type="bpe",
        character_coverage=1.0,
        byte_fallback=False,
        normalization_rule_name="identity",
        max_sentencepiece_length=24,
        num_threads=1,
        shuffle_input_sentence=False,
        control_symbols=[language_token(language) for language in languages],
        pad_id=PAD,
        unk_id=UNKNOWN,
        bos_id=BEGIN,
        eos_id=END,
        minloglevel=2,
    )


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
            logits = network(source, target[:, :-1])
            loss = fn.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        print(f"epoch {epoch + 1}/{epochs}: loss {total / count:.4f}", flush=True)


def wrong_rows(folder: Path, rows: Sequence[Row], threads: int, show: int = 20) -> frozenset[Row]:
    """The rows that the exported model does not translate to the letter; a few are printed."""
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    translator = open_translator(folder, threads)
    tokens = [[language_token(row[0]), *pieces.encode(row[1], out_type=str)] for row in rows]
    results = translator.translate_batch(
        tokens, beam_size=1, batch_type="tokens", max_batch_size=4096, max_decoding_length=128
    )
    wrong = set()
    for row, result in zip(rows, results, strict=True):
        got = pieces.decode(result.hypotheses[0])
        if got != row[2]:
            wrong.add(row)
            if len(wrong) <= show:
                print(f"  {row[0]}: {row[1]}\n    want {row[2]}\n    got  {got}")
    return frozenset(wrong)


def exactness(rows: Sequence[Row], wrong: frozenset[Row]) -> dict[str, float]:
    """Share of `rows` that are not `wrong`, per language."""
    right: dict[str, list[bool]] = {}
    for row in rows:
        right.setdefault(row[0], []).append(row not in wrong)
    return {language: round(sum(hits) / len(hits), 5) for language, hits in sorted(right.items())}


def write_card(
    folder: Path, languages: Sequence[str], figures: dict[str, dict[str, float]], seed: int
) -> None:
    """What the model is, what it knows, and how well it does on sentences it never saw."""
    card = {
        "name": "polyreel-demo-translator",
        "version": VERSION,
        "family": "plain",
        "is_demo": True,
        "source_language": "en",
        "target_languages": list(languages),
        "target_tokens": {language: language_token(language) for language in languages},
        "sentence_case": True,
        "licence": "Apache-2.0",
        "description": DESCRIPTION,
        "training_script": "scripts/build_demo_translator.py",
        "figures": FIGURES,
        "seed": seed,
        **figures,
        "domain": {"words": english_words(), "pairs": word_pairs()},
    }
    text = json.dumps(card, ensure_ascii=False, indent=1)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--output", type=Path, default=ROOT / "stages" / "translate" / "demo_model")
    add("--languages", default=",".join(TARGETS), help="comma-separated (default: %(default)s)")
    add("--seed", type=int, default=1, help="decides split, order and weights")
    add("--held-out", type=float, default=0.5, help="share of composed sentences never trained on")
    add("--vocabulary", type=int, default=4000, help="SentencePiece pieces at most")
    add("--width", type=int, default=128)
    add("--encoder-layers", type=int, default=3)
    add("--decoder-layers", type=int, default=2)
    add("--batch", type=int, default=64, help="pairs per step")
    add("--dropout", type=float, default=0.0)
    add("--threads", type=int, default=2, help="torch and CTranslate2 threads")
    add(
        "--measure-only",
        action="store_true",
        help="measure the model in --output again and rewrite its card",
    )
    return parser.parse_args(argv)


def build(options: argparse.Namespace, languages: Sequence[str], split: Split, work: Path) -> None:
    """Train a model and export it into `work`."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    train_pieces(split, languages, options.vocabulary, work)
    pieces = sentencepiece.SentencePieceProcessor(str(work / "sentencepiece.model"))
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    shape = Shape(
        len(vocabulary),
        width=options.width,
        inner=4 * options.width,
        encoder_layers=options.encoder_layers,
        decoder_layers=options.decoder_layers,
    )
    network = Network(shape, options.dropout)
    size = sum(parameter.numel() for parameter in network.parameters())
    print(f"{len(split.train)} training pairs, {len(vocabulary)} pieces, {size} parameters")
    for course in COURSES:
        rows = split_pairs(languages, options, course).train
        train(network, encode(rows, pieces), course, options)
    export(network.eval(), vocabulary, work, "int8")


def measure(
    folder: Path, languages: Sequence[str], split: Split, options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Measure the exported model and write its card."""
    rows = sorted({*split.train, *split.held_out})
    wrong = wrong_rows(folder, rows, options.threads)
    seen = set(all_sentences())
    figures = {
        "held_out_exact": exactness(split.held_out, wrong),
        "visual_exact": exactness([row for row in rows if row[1] in seen], wrong),
        "grammar_exact": exactness(rows, wrong),
    }
    write_card(folder, languages, figures, options.seed)
    return figures


def main(argv: Sequence[str] | None = None) -> None:
    """Build into a temporary folder and move the finished model into place."""
    options = arguments(argv)
    languages = sorted(options.languages.split(","))
    unknown = [language for language in languages if language not in TARGETS]
    if unknown:
        raise SystemExit(f"no grammar for {', '.join(unknown)}; known: {', '.join(TARGETS)}")
    split = split_pairs(languages, options)
    options.output.mkdir(parents=True, exist_ok=True)
    if not options.measure_only:
        with tempfile.TemporaryDirectory() as folder:
            build(options, languages, split, Path(folder))
            for name in FILES:
                shutil.copyfile(Path(folder) / name, options.output / name)
    figures = measure(options.output, languages, split, options)
    size_bytes = sum(path.stat().st_size for path in options.output.iterdir())
    print(json.dumps({**figures, "size_bytes": size_bytes}, indent=1))


if __name__ == "__main__":
    main()
