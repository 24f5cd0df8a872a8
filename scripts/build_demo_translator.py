"""Build the packaged demo translator: caption grammar, a small transformer, CTranslate2 int8.

The quickstart has to translate without a network, and no real model fits into a source tree. This
one knows the caption grammar and nothing else, and its card says so. Run it in an environment with
torch (no dependency of the package); the result depends on the seed and the options alone, up to
the torch build and the number of threads.

Two courses from nothing teach the grammar. Then the exported model is polished: round by round it
is asked for all that it learned, and a short course with rounded weights goes over what came out
wrong or nearly so. A round starts from the exported files alone, so `--polish-only` goes on where
an earlier run stopped. Held-out sentences take part in none of this.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import sentencepiece  # noqa: E402
import torch  # noqa: E402

from scripts.demo_grammar import TARGETS, english_words, pairs, sentences, word_pairs  # noqa: E402
from scripts.demo_grammar.meanings import Act, Action, Meaning, Sight  # noqa: E402
from scripts.demo_network import BEGIN, END, PAD, UNKNOWN, Network, export  # noqa: E402
from scripts.demo_training import (  # noqa: E402
    Course,
    Row,
    answers,
    encode,
    language_token,
    polish,
    shape_of,
    show,
    train,
)
from stages.caption.visual_grammar import Scene, all_sentences  # noqa: E402

FILES = ("model.bin", "config.json", "shared_vocabulary.json", "sentencepiece.model")
DESCRIPTION = (
    "A demonstration model trained only on sentences of Polyreel's caption grammar. It translates "
    "the visual teacher's captions and some everyday sentences, and is of no use for anything else."
)

VERSION = 3
"""Of the packaged model; goes up with every model that replaces it."""
FIGURES = {
    "held_out_exact": "share of the composed sentences never trained on that are translated to "
    "the letter",
    "visual_exact": "the same share of all sentences of the visual teacher, trained on or not",
    "grammar_exact": "the same share of all sentences of the grammar",
}


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
    add("--rounds", type=int, default=6, help="polishing rounds at most")
    add("--polish-steps", type=int, default=400, help="batches of a polishing round")
    add("--polish-rate", type=float, default=2e-4)
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--polish-only", action="store_true", help="polish the model in --output further"
    )
    only.add_argument(
        "--measure-only",
        action="store_true",
        help="measure the model in --output again and rewrite its card",
    )
    return parser.parse_args(argv)


def build(options: argparse.Namespace, languages: Sequence[str], split: Split, work: Path) -> None:
    """Train a model and export it into `work`."""
    train_pieces(split, languages, options.vocabulary, work)
    pieces = sentencepiece.SentencePieceProcessor(str(work / "sentencepiece.model"))
    vocabulary = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    network = Network(shape_of(vocabulary, options), options.dropout)
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
    failed = [each for each in answers(folder, rows, options.threads) if not each.is_exact]
    show(failed)
    wrong = frozenset(each.row for each in failed)
    seen = set(all_sentences())
    figures = {
        "held_out_exact": exactness(split.held_out, wrong),
        "visual_exact": exactness([row for row in rows if row[1] in seen], wrong),
        "grammar_exact": exactness(rows, wrong),
    }
    write_card(folder, languages, figures, options.seed)
    return figures


def copy_model(folder: Path, into: Path) -> None:
    """The files of a model, without its card."""
    for name in FILES:
        shutil.copyfile(folder / name, into / name)


def main(argv: Sequence[str] | None = None) -> None:
    """Build into a temporary folder and move the finished model into place."""
    options = arguments(argv)
    languages = sorted(options.languages.split(","))
    unknown = [language for language in languages if language not in TARGETS]
    if unknown:
        raise SystemExit(f"no grammar for {', '.join(unknown)}; known: {', '.join(TARGETS)}")
    split = split_pairs(languages, options)
    options.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    if not options.measure_only:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            if options.polish_only:
                copy_model(options.output, work)
            else:
                build(options, languages, split, work)
            polish(work, split_pairs(languages, options, COURSES[-1]).train, options)
            copy_model(work, options.output)
    figures = measure(options.output, languages, split, options)
    size_bytes = sum(path.stat().st_size for path in options.output.iterdir())
    print(json.dumps({**figures, "size_bytes": size_bytes}, indent=1))


if __name__ == "__main__":
    main()
