"""How much of CTranslate2's speed is left when sentences go through the translate stage.

A model of NLLB's architecture with random weights and answers of one length translates the same
distinct sentences into thirteen languages three ways: by the stage (rows in, rows out, no memory),
by `ctranslate2.Translator.translate_batch` alone, the fastest of some sizes of token batches, with
the whole vocabulary or with the pieces of the target's scripts (stages/translate/script_map.py),
and by transformers' `generate`, the faster of two sizes of batches. Times are processor time, the
first two take turns, and medians are compared. Without transformers those figures are null.

How much the map of scripts saves depends on the vocabulary. That of NLLB-200 is not on PyPI; its
nearest neighbour there is XLM-RoBERTa's (in the wheel blingfire 0.1.8), which is mBART-50's too. So
the made-up pieces have its scripts (bench_vocabulary.py): 44 % Latin, 13 % Cyrillic ... In its
pieces the sentences have 10.2 tokens on average and the demo grammar's translations 12.5, beside
the mark of the language and of the end; captions by people have 15 to 18. The sentences have no
names or abbreviations, so all of them choose among the pieces of their scripts; of 29,000 captions
by people (Multi30k, English) 93 % do. `ratio_transformers_whole` is without the map.

    python scripts/bench_translate.py --json
    python scripts/bench_translate.py --shape small --rounds 3 --json
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pipeline.models.convert import write_script_map  # noqa: E402
from pipeline.testing import local_worker  # noqa: E402
from pipeline.worker import RunUnit, part_path  # noqa: E402
from schemas.tables import TABLES  # noqa: E402
from scripts.bench_vocabulary import PIECES, vocabulary  # noqa: E402
from scripts.demo_grammar import sentences  # noqa: E402
from stages.translate.batching import batches  # noqa: E402
from stages.translate.card import ModelCard  # noqa: E402
from stages.translate.config import TranslateConfig  # noqa: E402
from stages.translate.keyed_call import keyed  # noqa: E402
from stages.translate.language_table import codes  # noqa: E402
from stages.translate.script_map import key_of  # noqa: E402
from stages.translate.stage import TranslateStage  # noqa: E402

TARGETS = ("ar", "bn", "de", "es", "fr", "hi", "ja", "ru", "si", "sv", "ta", "ur", "zh-Hans")
LANGUAGES = {codes("flores")[tag]: tag for tag in ("en", *TARGETS)}
DIRECT_BATCH_TOKENS = (2048, 4096)
TRANSFORMERS_BATCH = (32, 128)


@dataclass(frozen=True)
class Shape:
    """Size of a model of NLLB's architecture; the default is a small one."""

    vocabulary: int = 32_000
    width: int = 512
    inner: int = 2048
    heads: int = 8
    layers: int = 6


SHAPES = {"small": Shape(), "nllb-600m": Shape(256_206, 1024, 4096, 16, 12)}


def texts(count: int) -> list[str]:
    """Distinct sentences of captions, from the demo grammar."""
    known = sorted(sentences())
    return known[:: max(1, len(known) // count)][:count]


def build(folder: Path, shape: Shape, tokens: list[str], torch_model: Any) -> None:
    """Write the CTranslate2 model, of `torch_model`'s weights where there is one, and its card."""
    import numpy as np
    from ctranslate2.specs import TransformerSpec

    spec = TransformerSpec.from_config(shape.layers, shape.heads, pre_norm=True, activation=0)
    weights = np.random.default_rng(1)
    if torch_model is not None:
        from ctranslate2.converters.transformers import M2M100Loader

        spec = M2M100Loader().get_model_spec(torch_model)
    else:
        _fill(spec, shape, weights)
    spec.config.decoder_start_token = "</s>"
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    tags = list(LANGUAGES.values())
    card = {
        "name": "bench", "version": 1, "family": "nllb", "is_demo": False,
        "source_languages": tags, "target_languages": tags,
        "language_codes": {tag: code for code, tag in LANGUAGES.items()},
    }  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card))
    write_script_map(folder, ModelCard.model_validate(card))


def _fill(spec: Any, shape: Shape, random: Any) -> None:
    """Random weights for every layer of a CTranslate2 transformer."""

    def array(*size: int) -> Any:
        return (random.standard_normal(size) * 0.05).astype("float32")

    def linear(part: Any, rows: int, columns: int) -> None:
        part.weight, part.bias = array(rows, columns), array(rows)

    def norm(part: Any) -> None:
        part.gamma, part.beta = array(shape.width) + 1, array(shape.width)

    width, table = shape.width, array(shape.vocabulary, shape.width)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = table
    spec.decoder.projection.weight = table
    for side in (spec.encoder, spec.decoder):
        norm(side.layer_norm)
        for layer in side.layer:
            linear(layer.self_attention.linear[0], 3 * width, width)
            linear(layer.self_attention.linear[1], width, width)
            norm(layer.self_attention.layer_norm)
            if hasattr(layer, "attention"):
                for part, rows in zip(layer.attention.linear, (1, 2, 1), strict=True):
                    linear(part, rows * width, width)
                norm(layer.attention.layer_norm)
            linear(layer.ffn.linear_0, shape.inner, width)
            linear(layer.ffn.linear_1, width, shape.inner)
            norm(layer.ffn.layer_norm)


def torch_model(shape: Shape) -> Any:
    """The same architecture in transformers with random weights; None where it is not here."""
    try:
        import torch
        from transformers import M2M100Config, M2M100ForConditionalGeneration
    except ImportError:
        return None
    torch.manual_seed(1)
    torch.set_num_threads(1)
    config = M2M100Config(
        vocab_size=shape.vocabulary, d_model=shape.width, decoder_start_token_id=2,
        encoder_layers=shape.layers, decoder_layers=shape.layers,
        encoder_attention_heads=shape.heads, decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.inner, decoder_ffn_dim=shape.inner,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config).eval()
    model.config.normalize_before, model.config.normalize_embedding = True, False
    return model


def by_stage(
    folder: Path, lines: Sequence[str], length: int, work: Path, narrow: bool
) -> Callable[[], None]:
    """The stage on one unit, as a run does it: read rows, translate, check, write rows."""
    config = TranslateConfig(
        model=str(folder),
        languages=list(TARGETS),
        cache="",
        max_output_ratio=0,
        max_output_extra=length,
        narrow_vocabulary=narrow,
    )
    stage = TranslateStage(config)
    worker = local_worker(work)
    rows = [
        {"caption_id": f"c{i}", "shot_id": f"s{i}", "source_id": "source", "teacher": "bench",
         "style": "short", "language": "en", "text": text, "is_demo": False, "outcome": "kept"}
        for i, text in enumerate(lines)
    ]  # fmt: skip
    ids = ("caption_id", "shot_id", "source_id")
    choices = [{name: row[name] for name in ids} | {"selected": True} for row in rows]
    for name, found in (("captions", rows), ("choices", choices)):
        worker.storage.write_table(part_path(name, "unit0"), TABLES[name].to_arrow(found))
    stage.setup(worker)

    def run() -> None:
        unit = RunUnit("unit0", stage, worker)
        stage.process(unit)
        unit.commit("bench")

    return run


def by_engine(
    engine: Any, folder: Path, lines: Sequence[str], length: int, narrow: bool, batch_tokens: int
) -> Callable[[], None]:
    """CTranslate2 alone, with the same tokens: all languages in one call, or with the pieces of
    each script in calls of their own."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(str(folder / PIECES))
    options = {"beam_size": 1, "max_decoding_length": length, "return_scores": True}

    def calls(asked: list[tuple[tuple[str, ...], str]]) -> Iterator[list[Any]]:
        prefixes = [[code] for _, code in asked]
        if not narrow:
            yield engine.translate_batch(
                [list(source) for source, _ in asked], target_prefix=prefixes,
                max_batch_size=batch_tokens, batch_type="tokens", max_input_length=0, **options,
            )  # fmt: skip
            return
        lengths = {each: len(each[0]) for each in asked}
        for batch in batches(lengths, batch_tokens, lambda each: key_of(LANGUAGES[each[1]]) or ""):
            key = key_of(LANGUAGES[batch[0][1]])
            yield engine.translate_batch(
                **keyed([source for source, _ in batch], key or "", 0),
                target_prefix=[[code] for _, code in batch], max_batch_size=0, **options,
            )  # fmt: skip

    def run() -> None:
        sources = [
            ("eng_Latn", *found, "</s>") for found in pieces.encode(list(lines), out_type=str)
        ]
        asked = [(source, code) for code in list(LANGUAGES)[1:] for source in sources]
        for results in calls(asked):
            pieces.decode([result.hypotheses[0][1:] for result in results])

    return run


def by_transformers(
    model: Any, folder: Path, tokens: list[str], lines: Sequence[str], length: int, batch_size: int
) -> Callable[[], None]:
    """transformers' greedy search, in batches of like lengths."""
    import sentencepiece
    import torch

    ids = {token: index for index, token in enumerate(tokens)}
    pieces = sentencepiece.SentencePieceProcessor(str(folder / PIECES))

    def run() -> None:
        found = [
            [ids.get(token, 3) for token in ("eng_Latn", *line, "</s>")]
            for line in pieces.encode(list(lines), out_type=str)
        ]
        found.sort(key=len)
        asked = [(row, ids[code]) for code in list(LANGUAGES)[1:] for row in found]
        asked.sort(key=lambda each: len(each[0]))
        for start in range(0, len(asked), batch_size):
            rows, first = zip(*asked[start : start + batch_size], strict=True)
            longest = len(rows[-1])
            batch = torch.tensor([[*row, *[1] * (longest - len(row))] for row in rows])
            begin = torch.tensor([[2, code] for code in first])
            with torch.no_grad():
                model.generate(
                    batch, attention_mask=(batch != 1).long(), decoder_input_ids=begin,
                    num_beams=1, do_sample=False, min_new_tokens=length - 1,
                    max_new_tokens=length - 1, pad_token_id=1, eos_token_id=2,
                )  # fmt: skip

    return run


def cpu_seconds(run: Callable[[], None]) -> float:
    """Processor time of a call, of all threads of this process."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Build the model, take turns, compare medians."""
    import ctranslate2

    shape, lines = SHAPES[options.shape], texts(options.sentences)
    folder = work / "model"
    folder.mkdir()
    tokens = vocabulary(folder, lines, list(LANGUAGES), shape.vocabulary)
    rival = torch_model(shape)
    build(folder, shape, tokens, rival)
    engine = ctranslate2.Translator(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
    )
    few = lines[:: max(1, len(lines) // options.few)][: options.few]

    def direct(some: Sequence[str], is_narrow: bool, batch_tokens: int) -> Callable[[], None]:
        return by_engine(engine, folder, some, options.length, is_narrow, batch_tokens)

    def stage(some: Sequence[str], is_narrow: bool) -> Callable[[], None]:
        run = f"run-{len(some)}-{is_narrow}"
        return by_stage(folder, some, options.length, work / run, is_narrow)

    ways = itertools.product((True, False), DIRECT_BATCH_TOKENS)
    best = min(ways, key=lambda way: cpu_seconds(direct(few, *way)))
    whole_rate = rate(stage(few, False), len(few), 1)
    stage(few, True)()
    narrow, alone = stage(lines, True), direct(lines, *best)
    turns = [(cpu_seconds(narrow), cpu_seconds(alone)) for _ in range(options.rounds)]
    narrow_rate = len(lines) * len(TARGETS) / statistics.median(ours for ours, _ in turns)
    theirs = None
    if rival is not None:
        runs = [
            by_transformers(rival, folder, tokens, few, options.length, size)
            for size in TRANSFORMERS_BATCH
        ]
        by_transformers(rival, folder, tokens, few[:1], 2, 32)()
        theirs = max(rate(run, len(few), options.rounds) for run in runs)
    return {
        "ratio_direct": round(statistics.median(direct / ours for ours, direct in turns), 3),
        "ratio_transformers": theirs and round(narrow_rate / theirs, 2),
        "ratio_transformers_whole": theirs and round(whole_rate / theirs, 2),
        "sentences_per_s": round(narrow_rate, 1),
        "sentences_per_s_whole": round(whole_rate, 1),
        "sentences_per_s_transformers": theirs and round(theirs, 2),
        "shape": options.shape,
        "sentences": len(lines),
        "output_tokens": options.length,
        "direct_is_narrow": best[0],
        "direct_batch_tokens": best[1],
    }


def rate(run: Callable[[], None], n_lines: int, rounds: int) -> float:
    """Translations in a second of processor time, of lines into all languages."""
    return n_lines * len(TARGETS) / statistics.median(cpu_seconds(run) for _ in range(rounds))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="nllb-600m")
    parser.add_argument("--sentences", type=int, default=64, help="each into 13 languages")
    parser.add_argument(
        "--few",
        type=int,
        default=8,
        help="sentences for transformers, for the whole vocabulary, and to find the fastest sizes "
        "of batches; rates are compared",
    )
    parser.add_argument("--length", type=int, default=16, help="tokens of every answer")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as work:
        found = measure(options, Path(work))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")
    if found["ratio_transformers"] is None:
        print("transformers or torch is not installed here: ratio_transformers was not measured")


if __name__ == "__main__":
    main()
