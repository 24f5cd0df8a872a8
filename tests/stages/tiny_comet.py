"""A COMET-Kiwi folder as it is published, with a tiny encoder and weights that mean nothing."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

WIDTH, LAYERS, LONGEST = 16, 2, 24
WORDS = ("a", "dog", "cat", "sleeps", "runs", "eine", "ein", "hund", "katze", "schläft", "läuft")
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß."
HPARAMS: dict[str, Any] = {
    "class_identifier": "unified_metric",
    "encoder_model": "XLM-RoBERTa",
    "pretrained_model": "nowhere/tiny-encoder",
    "input_segments": ["mt", "src"],
    "sent_layer": "mix",
    "layer_transformation": "sparsemax",
    "layer_norm": True,
    "hidden_sizes": [12, 8],
    "activations": "Tanh",
    "final_activation": None,
    "dropout": 0.1,
    "word_layer": 1,
    "word_level_training": False,
}


def write_comet(folder: Path, **changed: Any) -> Path:
    """Write the folder and give it back. `changed`: hyper-parameters that differ."""
    import torch

    settings = HPARAMS | changed
    encoder = write_encoder(folder / "encoder")
    (folder / "hparams.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / "checkpoints").mkdir()
    stored = {
        "pytorch-lightning_version": "2.0.0",
        "hyper_parameters": settings,
        "state_dict": {
            name: torch.from_numpy(value) for name, value in weights(encoder, settings).items()
        },
    }
    torch.save(stored, folder / "checkpoints" / "model.ckpt")
    return folder


def write_encoder(folder: Path) -> Path:
    """config.json and tokeniser of an XLM-RoBERTa over WORDS and LETTERS."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import XLMRobertaConfig

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [*(f"▁{word}" for word in WORDS), "▁", *LETTERS]
    scored = [(each, 0.0) for each in special]
    scored += [(each, -1.0 - 0.1 * index) for index, each in enumerate(pieces)]
    scored.append(("<mask>", 0.0))
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), special, strict=True))
    names |= {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    told = {"tokenizer_class": "XLMRobertaTokenizerFast", **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    XLMRobertaConfig(
        vocab_size=len(scored),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=LONGEST + 2,
        type_vocab_size=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    ).save_pretrained(folder)
    return folder


def weights(encoder: Path, settings: dict[str, Any]) -> dict[str, np.ndarray]:
    """Every array of the checkpoint, by COMET's names; the same in every environment."""
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(encoder)
    parts = AutoModel.from_config(config, add_pooling_layer=False).named_parameters()
    shapes = {f"encoder.model.{name}": tuple(value.shape) for name, value in parts}
    sizes = [WIDTH, *settings["hidden_sizes"], 1]
    for index, (size, following) in enumerate(pairwise(sizes)):
        shapes[f"estimator.ff.{3 * index}.weight"] = (following, size)
        shapes[f"estimator.ff.{3 * index}.bias"] = (following,)
    buffers = {}
    if settings["sent_layer"] == "mix":
        shapes |= {f"layerwise_attention.scalar_parameters.{i}": (1,) for i in range(LAYERS + 1)}
        shapes["layerwise_attention.gamma"] = (1,)
        buffers = {
            "layerwise_attention.dropout_mask": np.zeros(LAYERS + 1, np.float32),
            "layerwise_attention.dropout_fill": np.full(LAYERS + 1, -1e20, np.float32),
        }
    rng = np.random.default_rng(1)
    return buffers | {
        name: (rng.standard_normal(shape) * 0.4).astype(np.float32)
        for name, shape in sorted(shapes.items())
    }
