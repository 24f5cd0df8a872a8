"""Tiny models of every family with random weights, built as Hugging Face folders. Needs torch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from stages.translate.language_table import codes

LINES = [
    "A man is walking in the street.",
    "Two dogs run over the green grass and play with a ball.",
    "Ein Mann geht auf der Straße.",
    "Zwei Hunde laufen über das grüne Gras und spielen mit einem Ball.",
    "Un homme marche dans la rue.",
    "一个男人在街上走。",
    "एक आदमी सड़क पर चल रहा है।",
] * 12
SENTENCES = [
    "A man is walking in the street.",
    "Two dogs play.",
    "The green ball and a man run over the grass in the street!",
    "  Straße  ünder \u200b 1,234 😀 </s> eng_Latn __de__ <2de> >>deu<< tail",
]


def train_pieces(path: Path, kind: str = "bpe", size: int = 150, **options: Any) -> None:
    """A SentencePiece model of the usual order of specials (unk, s, /s)."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_prefix=str(path),
        vocab_size=size,
        model_type=kind,
        hard_vocab_limit=kind != "unigram",
        minloglevel=2,
        **options,
    )
    Path(f"{path}.model").rename(path)
    Path(f"{path}.vocab").unlink()


def build(family: str, folder: Path) -> None:
    """A model of `family` as `save_pretrained` leaves it, with its tokeniser's own files."""
    import torch

    folder.mkdir(parents=True)
    torch.manual_seed(3)
    model = _BUILDERS[family](folder)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and ("layers." in name or "block." in name):
                parameter.mul_(8.0)  # else every answer is one token, again and again
    model.eval().save_pretrained(folder)


def tokenizer_of(folder: Path, **options: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, **options)


_SIZE = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
}


def _says(folder: Path, **facts: Any) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps(facts))


def _nllb(folder: Path) -> Any:
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    train_pieces(folder / "sentencepiece.bpe.model")
    _says(folder, tokenizer_class="NllbTokenizer")
    names = sorted(codes("flores").values())
    tokenizer = tokenizer_of(folder, extra_special_tokens=names, src_lang="eng_Latn")
    tokenizer.save_pretrained(folder)
    return M2M100ForConditionalGeneration(
        M2M100Config(vocab_size=len(tokenizer), decoder_start_token_id=2, **_SIZE)
    )


def _m2m100(folder: Path) -> Any:
    import sentencepiece
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    path = folder / "sentencepiece.bpe.model"
    train_pieces(path)
    pieces = sentencepiece.SentencePieceProcessor(str(path))
    names = [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *names]
    (folder / "vocab.json").write_text(
        json.dumps({name: index for index, name in enumerate(vocabulary)}, ensure_ascii=False)
    )
    _says(folder, tokenizer_class="M2M100Tokenizer")
    tokenizer = tokenizer_of(folder)
    n_tokens = len(vocabulary) + len(codes("m2m100")) + tokenizer.num_madeup_words
    return M2M100ForConditionalGeneration(
        M2M100Config(vocab_size=n_tokens, decoder_start_token_id=2, **_SIZE)
    )


def _mbart50(folder: Path) -> Any:
    from transformers import MBartConfig, MBartForConditionalGeneration

    train_pieces(folder / "sentencepiece.bpe.model", "unigram")
    _says(folder, tokenizer_class="MBart50Tokenizer", src_lang="en_XX", tgt_lang="de_DE")
    tokenizer = tokenizer_of(folder)
    tokenizer.save_pretrained(folder)
    return MBartForConditionalGeneration(
        MBartConfig(
            vocab_size=len(tokenizer),
            decoder_start_token_id=2,
            tokenizer_class="MBart50Tokenizer",
            normalize_before=True,
            normalize_embedding=True,
            **_SIZE,
        )
    )


def _madlad400(folder: Path) -> Any:
    from transformers import T5Config, T5ForConditionalGeneration

    train_pieces(
        folder / "spiece.model",
        "unigram",
        user_defined_symbols=["<2en>", "<2de>", "<2fr>", "<2zh>", "<2zh_Latn>"],
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
    )
    _says(folder, tokenizer_class="T5Tokenizer", extra_ids=0)
    tokenizer = tokenizer_of(folder)
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=16,
        d_ff=48,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return T5ForConditionalGeneration(config)


def _marian(folder: Path) -> Any:
    import sentencepiece
    from transformers import MarianConfig, MarianMTModel

    train_pieces(folder / "source.spm", "unigram")
    shutil.copy(folder / "source.spm", folder / "target.spm")
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
    names = [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    vocabulary = ["</s>", "<unk>", *names, ">>deu<<", ">>cmn_Hans<<", "<pad>"]
    (folder / "vocab.json").write_text(
        json.dumps({name: index for index, name in enumerate(vocabulary)}, ensure_ascii=False)
    )
    _says(folder, tokenizer_class="MarianTokenizer", source_lang="eng", target_lang="mul")
    size = len(vocabulary)
    config = MarianConfig(
        vocab_size=size,
        pad_token_id=size - 1,
        eos_token_id=0,
        decoder_start_token_id=size - 1,
        forced_eos_token_id=None,
        bad_words_ids=[[size - 1]],
        scale_embedding=True,
        static_position_embeddings=True,
        activation_function="swish",
        **_SIZE,
    )
    return MarianMTModel(config)


_BUILDERS = {
    "nllb": _nllb,
    "m2m100": _m2m100,
    "mbart50": _mbart50,
    "madlad400": _madlad400,
    "marian": _marian,
}
