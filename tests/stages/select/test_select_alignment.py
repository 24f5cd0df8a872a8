"""Alignment by real libraries over small models that are built here with random weights."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from caption_rows import shot_row, source_row, unit_rows, write_pack
from PIL import Image
from select_rows import chosen_from

from stages.base import StageError
from stages.select.alignment import check_scorer, open_scorer
from stages.select.config import AlignmentConfig, SelectConfig
from stages.select.stage import SelectStage

WORDS = ["a", "red", "green", "blue", "picture", "of", "dog", "cat", "scene", "short"]
RED, GREEN = (Image.new("RGB", (48, 36), colour) for colour in ("red", "green"))


@pytest.fixture(scope="module")
def clip_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of two narrow layers with its processors, as `save_pretrained` leaves it."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("clip")
    names = ["<pad>", "<bos>", "<eos>", "<unk>", *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({name: at for at, name in enumerate(names)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 1), ("<eos>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
    ).save_pretrained(folder)
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    small |= {"num_hidden_layers": 2, "projection_dim": 8}
    special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = transformers.CLIPConfig(
        text_config=small | special | {"vocab_size": len(names), "max_position_embeddings": 12},
        vision_config=small | {"image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.CLIPImageProcessor(**sizes).save_pretrained(folder)
    return folder


@pytest.mark.torch
def test_transformers_gives_each_text_its_mean_cosine(clip_model: Path) -> None:
    config = AlignmentConfig(model="clip")
    check_scorer(config, clip_model)
    scorer = open_scorer(config, clip_model)
    texts = ["a red picture", "a green dog " * 40, "cat"]
    both = scorer.score([RED, GREEN], texts)
    red, green = scorer.score([RED], texts), scorer.score([GREEN], texts)
    assert all(-1 <= value <= 1 for value in both)
    assert len(set(both)) == 3
    assert both == pytest.approx([(a + b) / 2 for a, b in zip(red, green, strict=True)], abs=1e-5)
    assert scorer.score([RED, GREEN], texts) == both
    assert scorer.score([RED, GREEN], texts[::-1]) == pytest.approx(both[::-1], abs=1e-5)


@pytest.mark.torch
def test_the_cosine_is_that_of_the_models_own_forward_pass(clip_model: Path) -> None:
    import torch
    from transformers import AutoModel, AutoProcessor

    scorer = open_scorer(AlignmentConfig(model="clip"), clip_model)
    model, processor = (kind.from_pretrained(clip_model) for kind in (AutoModel, AutoProcessor))
    texts = ["a red picture", "a blue cat"]
    inputs = processor(text=texts, images=[RED], padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**inputs).logits_per_text[:, 0] / model.logit_scale.exp()
    assert scorer.score([RED], texts) == pytest.approx(logits.tolist(), abs=1e-5)


@pytest.mark.torch
def test_open_clip_gives_each_text_its_mean_cosine(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    open_clip = pytest.importorskip("open_clip")

    architecture = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 2}
        | {"layers": 1},
    }
    mean_std = {"mean": [0.5] * 3, "std": [0.5] * 3}
    (tmp_path / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": architecture, "preprocess_cfg": mean_std})
    )
    torch.manual_seed(0)
    model = open_clip.CLIP(**architecture)
    torch.save(model.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    config = AlignmentConfig(model="m", library="open_clip")
    check_scorer(config, tmp_path)
    scorer = open_scorer(config, tmp_path)
    texts = ["a red picture", "a green dog", "cat " * 99]
    both = scorer.score([RED, GREEN], texts)
    red, green = scorer.score([RED], texts), scorer.score([GREEN], texts)
    assert both == pytest.approx([(a + b) / 2 for a, b in zip(red, green, strict=True)], abs=1e-5)
    assert len(set(both)) == 3


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="JPEG")
    return out.getvalue()


@pytest.mark.torch
def test_the_stage_stores_cosines_and_says_where_it_could_not_look(
    clip_model: Path, tmp_path: Path
) -> None:
    refs = write_pack(tmp_path, "frames-unit0.tar", {"good": jpeg(RED), "bad": b"no picture"})
    frame = {"time_s": 1.0, "frame": 25, "width": 48, "height": 36}
    shots = [
        shot_row("s1", 0, 0.0, 5.0, keyframes=[frame | refs["good"]] * 20),
        shot_row("s1", 1, 5.0, 10.0, keyframes=[frame | refs["bad"]]),
        shot_row("s1", 2, 10.0, 15.0),
    ]
    select = {"policy": "best", "alignment": {"model": str(clip_model), "max_keyframes": 3}}
    config = SelectConfig.model_validate(select)
    stage = SelectStage(config)
    assert str(clip_model) in stage.models()
    stage.check(lambda reference: Path(reference))
    rows = unit_rows(shots, [source_row(title="A red picture")])
    tables = chosen_from(tmp_path, rows, ["metadata", "visual"], config)
    cosines = {
        (r["shot_id"], r["teacher"]): r["caption_scores"]["alignment"] for r in tables["candidates"]
    }
    good, bad, none = (shot["shot_id"] for shot in shots)
    assert cosines[good, "metadata"] != cosines[good, "visual"]
    assert cosines[bad, "metadata"] is cosines[none, "visual"] is None
    quantiles = [r["caption_scores"]["alignment_quantile"] for r in tables["candidates"]]
    assert sorted(q for q in quantiles if q is not None) == [0.25, 0.75]
    why = {row["shot_id"]: row["why"] for row in tables["selections"]}
    assert "no alignment" not in why[good]
    assert "no alignment: unreadable: keyframe at 1.0 s" in why[bad]
    assert "no alignment: no_frames" in why[none]
    assert all(row["outcome"] == "kept" for row in tables["selections"])


@pytest.mark.torch
def test_a_model_of_another_family_is_refused(clip_model: Path, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    small: dict[str, Any] = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
    config = transformers.BertConfig(**small, vocab_size=20, intermediate_size=16)
    transformers.BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(StageError, match="BertModel has no get_image_features"):
        open_scorer(AlignmentConfig(model="m"), tmp_path)


def test_without_a_model_nothing_is_loaded_and_every_alignment_is_null(tmp_path: Path) -> None:
    config, shots = SelectConfig(), [shot_row("s1", 0, 0.0, 5.0)]
    tables = chosen_from(tmp_path, unit_rows(shots), ["metadata", "visual"], config)
    scores = [row["caption_scores"] for row in tables["candidates"] if row["caption_scores"]]
    assert scores
    assert all(s["alignment"] is s["alignment_quantile"] is None for s in scores)


def test_a_folder_without_a_model_and_a_missing_library_are_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    config = AlignmentConfig(model="m")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StageError, match=r"pip install 'polyreel\[align\]'"):
        check_scorer(config, tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(StageError, match=r"has no config\.json"):
        check_scorer(config, tmp_path)
