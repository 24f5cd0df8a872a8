"""Build the packaged demo translator: caption grammar, a small transformer, CTranslate2 int8.

The quickstart has to translate without a network, and no real model fits into a source tree. This
one knows the caption grammar and nothing else, and its card says so. Run it in an environment with
torch (no dependency of the package); the result depends on the seed and the options alone, up to
the torch build.
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


@dataclass(frozen=True)
class Example:
    """Token ids of one pair, the target-language token first in `source`."""

    source: list[int]
    target: list[int]


@dataclass(frozen=True)
class Split:
    """Training and held-out pairs as (target language, English, translation)."""

    train: list[tuple[str, str, str]]
    held_out: list[tuple[str, str, str]]


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


def split_pairs(
    languages: Sequence[str], options: argparse.Namespace, *, polish: bool = False
) -> Split:
    """Hold out a share of the composed sentences, the same ones in every language.

    Rare sentences are repeated; for the polish, those that share no part with others most.
    """
    meanings = sentences()
    composed = [text for text, meaning in meanings.items() if is_composed(meaning)]
    order = random.Random(options.seed)
    held = set(order.sample(composed, int(len(composed) * options.held_out)))
    times = dict.fromkeys(meanings, options.repeat) | dict.fromkeys(composed, 1)
    if polish:
        alone = [text for text, m in meanings.items() if not isinstance(m, Scene | Action | Sight)]
        times |= dict.fromkeys(alone, options.repeat * options.polish_repeat)
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
    """One SentencePiece vocabulary for all languages, from the training side only."""
    english = [row[1] for row in split.train if row[0] == languages[0]]
    texts = sorted([*english, *(row[2] for row in split.train)])
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(texts) + "\n", encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=size,
        hard_vocab_limit=False,
        model_type="unigram",
        character_coverage=1.0,
        byte_fallback=False,
        normalization_rule_name="identity",
        max_sentencepiece_length=12,
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


def encode(
    rows: Sequence[tuple[str, str, str]], pieces: sentencepiece.SentencePieceProcessor
) -> list[Example]:
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
    epochs: int,
    rate: float,
    options: argparse.Namespace,
) -> None:
    """Adam with warm-up and a cosine down to nothing."""
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


def exactness(
    folder: Path, rows: Sequence[tuple[str, str, str]], threads: int, show: int = 5
) -> dict[str, float]:
    """Share of `rows` that the exported model translates to the letter, per language."""
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    translator = open_translator(folder, threads)
    tokens = [[language_token(row[0]), *pieces.encode(row[1], out_type=str)] for row in rows]
    results = translator.translate_batch(
        tokens, beam_size=1, batch_type="tokens", max_batch_size=4096, max_decoding_length=128
    )
    right: dict[str, list[bool]] = {}
    for (language, english, target), result in zip(rows, results, strict=True):
        got = pieces.decode(result.hypotheses[0])
        right.setdefault(language, []).append(got == target)
        if got != target and show > 0:
            show -= 1
            print(f"  {language}: {english}\n    want {target}\n    got  {got}")
    return {language: round(sum(hits) / len(hits), 5) for language, hits in sorted(right.items())}


def write_card(
    folder: Path, languages: Sequence[str], figures: dict[str, dict[str, float]], seed: int
) -> None:
    """What the model is, what it knows, and how well it does on sentences it never saw."""
    card = {
        "name": "polyreel-demo-translator",
        "version": 1,
        "family": "plain",
        "is_demo": True,
        "source_language": "en",
        "target_languages": list(languages),
        "target_tokens": {language: language_token(language) for language in languages},
        "sentence_case": True,
        "licence": "Apache-2.0",
        "description": DESCRIPTION,
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
    add("--held-out", type=float, default=0.4, help="share of composed sentences never trained on")
    add("--repeat", type=int, default=8, help="how often set phrases are seen per epoch")
    add("--vocabulary", type=int, default=2000, help="SentencePiece pieces")
    add("--width", type=int, default=128)
    add("--encoder-layers", type=int, default=3)
    add("--decoder-layers", type=int, default=2)
    add("--epochs", type=int, default=4)
    add("--batch", type=int, default=128, help="pairs per step")
    add("--learning-rate", type=float, default=2e-3)
    add("--polish-repeat", type=int, default=5, help="times --repeat, for set phrases, at the end")
    add("--polish-epochs", type=int, default=2)
    add("--polish-rate", type=float, default=6e-4, help="learning rate of the last epochs")
    add("--dropout", type=float, default=0.0)
    add("--threads", type=int, default=1, help="torch and CTranslate2 threads")
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
    train(network, encode(split.train, pieces), options.epochs, options.learning_rate, options)
    polish = encode(split_pairs(languages, options, polish=True).train, pieces)
    train(network, polish, options.polish_epochs, options.polish_rate, options)
    export(network.eval(), vocabulary, work, "int8")


def measure(
    folder: Path, languages: Sequence[str], split: Split, options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Measure the exported model and write its card."""
    rows = sorted({*split.train, *split.held_out})
    seen = set(all_sentences())
    figures = {
        "held_out_exact": exactness(folder, split.held_out, options.threads),
        "visual_exact": exactness(folder, [r for r in rows if r[1] in seen], options.threads),
        "grammar_exact": exactness(folder, rows, options.threads),
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
