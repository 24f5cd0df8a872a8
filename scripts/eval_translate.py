"""Does the translate stage keep a model's quality? BLEU and chrF on people's translations.

A small model is trained on parallel captions (or taken, with --model), then the test captions are
translated by CTranslate2 directly, sentence for line, and by the stage with segmentation,
protection and memory on, twice, so that the second time comes from memory. Scores are sacrebleu's.
The model is for evaluation only and lies outside of the source tree.

    python scripts/eval_translate.py --corpus CAPTIONS --json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pipeline.testing import run_unit_stage  # noqa: E402
from scripts.caption_translator import Recipe, read_lines, train_translator  # noqa: E402
from stages.translate.batching import most_tokens  # noqa: E402
from stages.translate.config import TranslateConfig  # noqa: E402
from stages.translate.stage import TranslateStage  # noqa: E402

TEST = "test_2016_flickr"


def model_folder(options: argparse.Namespace, recipe: Recipe) -> Path:
    """The model, trained now if it is not there."""
    if options.model:
        return Path(options.model)
    root = Path(os.environ.get("POLYREEL_CACHE") or "~/.cache/polyreel").expanduser()
    folder = root / "evaluation" / f"captions-{recipe.source}-{recipe.target}"
    if not (folder / "card.json").is_file():
        print(f"training {folder}", file=sys.stderr)
        train_translator(Path(options.corpus), folder, recipe)
    return folder


def directly(folder: Path, lines: Sequence[str], beam_size: int) -> list[str]:
    """Every line as one sentence through CTranslate2, nothing else; with the stage's limit on how
    long an answer may be, which cuts the loops of a weak model."""
    import ctranslate2
    import sentencepiece

    engine = ctranslate2.Translator(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
    )
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "sentencepiece.model"))
    config = TranslateConfig()
    tokens = pieces.encode(list(lines), out_type=str)
    found = [""] * len(lines)
    for length in sorted({len(each) for each in tokens}):
        some = [i for i, each in enumerate(tokens) if len(each) == length]
        results = engine.translate_batch(
            [tokens[i] for i in some],
            beam_size=beam_size,
            max_decoding_length=most_tokens(
                length, config.max_output_ratio, config.max_output_extra
            ),
            max_batch_size=2048,
            batch_type="tokens",
            max_input_length=0,
        )
        for i, result in zip(some, results, strict=True):
            found[i] = pieces.decode(result.hypotheses[0])
    return found


def by_stage(
    folder: Path, lines: Sequence[str], recipe: Recipe, beam_size: int, work: Path, cache: Path
) -> list[dict[str, Any]]:
    """The stage's rows for the lines, in order."""
    captions = [
        {"caption_id": f"c{i:06d}", "shot_id": f"s{i:06d}", "source_id": "source",
         "teacher": "people", "style": "short", "language": recipe.source, "text": text,
         "is_demo": False, "outcome": "kept"}
        for i, text in enumerate(lines)
    ]  # fmt: skip
    config = TranslateConfig(
        model=str(folder), languages=[recipe.target], cache=str(cache), beam_size=beam_size
    )
    ids = ("caption_id", "shot_id", "source_id")
    choices = [{name: row[name] for name in ids} | {"selected": True} for row in captions]
    tables = {"captions": captions, "choices": choices}
    run = run_unit_stage(TranslateStage(config), work, tables)
    return sorted(run.tables["translations"], key=lambda row: str(row["caption_id"]))


def scores(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """sacrebleu's BLEU and chrF."""
    import sacrebleu

    bleu = sacrebleu.corpus_bleu(list(hypotheses), [list(references)]).score
    chrf = sacrebleu.corpus_chrf(list(hypotheses), [list(references)]).score
    return {"bleu": round(bleu, 2), "chrf": round(chrf, 2)}


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Direct scores, the stage's, how many lines differ and why."""
    recipe = Recipe()
    folder = model_folder(options, recipe)
    lines, references = (
        read_lines(Path(options.corpus), TEST, tag) for tag in (recipe.source, recipe.target)
    )
    plain = directly(folder, lines, options.beam_size)
    with tempfile.TemporaryDirectory() as work:
        place = Path(work)
        first, again = (
            by_stage(folder, lines, recipe, options.beam_size, place / name, place / "memory")
            for name in ("first", "again")
        )
    ours = [row["text"] or "" for row in first]
    differing = [i for i, row in enumerate(first) if row["text"] != plain[i]]
    return {
        "direct": scores(plain, references),
        "stage": scores(ours, references),
        "lines": len(lines),
        "lines_that_differ": len(differing),
        "of_them_split": sum((first[i]["n_sentences"] or 0) > 1 for i in differing),
        "of_them_protected": sum(any(map(str.isdigit, lines[i])) for i in differing),
        "kept": sum(row["outcome"] == "kept" for row in first),
        "flagged": sum(row["status"] == "flagged" for row in first),
        "same_from_memory": first == again,
        "examples": [[lines[i], plain[i], ours[i]] for i in differing[: options.show]],
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", required=True, help="folder with train.LANG.gz and so on")
    parser.add_argument("--model", default="", help="a folder that was trained before")
    parser.add_argument("--beam-size", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="examples of lines that differ")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    found = evaluate(options)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
