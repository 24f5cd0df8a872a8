"""Build a tiny vision-language model with random weights: for tests of what runs such models.

    python -m scripts.build_tiny_vlm FOLDER

It is a LLaVA (a CLIP tower and a Llama) with a tokenizer trained on a few words, about a
megabyte, made without any hub. What it says means nothing, but it is the same each time, it
depends on the picture, and it ends after some ten tokens.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

WORDS = [
    "a dog runs over the grass while the camera follows it to the left",
    "two people talk at a table in a bright kitchen and one of them laughs",
    "the red car turns at the corner and a bus stops behind it",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: "
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% elif part['type'] == 'text' %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
IMAGE_PX, PATCH_PX = 32, 16
MAX_LENGTH = 1_024
SEED = 7


def build(folder: Path) -> None:
    """Write model, processor and generation config as `from_pretrained` reads them."""
    import torch
    import transformers

    torch.manual_seed(SEED)
    tokenizer = _tokenizer()
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in ("<image>", "<pad>", "</s>")}
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=IMAGE_PX,
            patch_size=PATCH_PX,
        ),
        text_config=transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=MAX_LENGTH,
            bos_token_id=None,
            eos_token_id=ids["</s>"],
            pad_token_id=ids["<pad>"],
        ),
        image_token_index=ids["<image>"],
        image_seq_length=(IMAGE_PX // PATCH_PX) ** 2,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
    )
    model = transformers.LlavaForConditionalGeneration(config)
    # Fresh weights are so small that every picture looks the same to them.
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.generation_config = _generation(transformers, ids)
    model.save_pretrained(folder)
    _processor(transformers, tokenizer).save_pretrained(folder)


def _generation(transformers: Any, ids: dict[str, int]) -> Any:
    return transformers.GenerationConfig(
        eos_token_id=ids["</s>"],
        pad_token_id=ids["<pad>"],
        # Random weights would hardly ever end; from the sixth token on, the end grows likelier.
        exponential_decay_length_penalty=(6, 2.0),
        suppress_tokens=[ids["<image>"], ids["<pad>"]],
        repetition_penalty=1.3,
    )


def _tokenizer() -> Any:
    import tokenizers
    import transformers

    model = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<pad>", "<s>", "</s>", "<image>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    model.train_from_iterator(WORDS, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=model,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="</s>",
        padding_side="left",
        extra_special_tokens={"image_token": "<image>"},
        model_max_length=MAX_LENGTH,
    )


def _processor(transformers: Any, tokenizer: Any) -> Any:
    pictures = transformers.CLIPImageProcessor(
        size={"shortest_edge": IMAGE_PX}, crop_size={"height": IMAGE_PX, "width": IMAGE_PX}
    )
    return transformers.LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=PATCH_PX,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token="<image>",
        chat_template=CHAT_TEMPLATE,
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build a tiny vision-language model.")
    parser.add_argument("folder", type=Path)
    build(parser.parse_args(arguments).folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
