"""The `tags` teacher: names of classes, which are said, and the real model on real pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from caption_rows import keyframe, shot_row, unit_rows, write_pack
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.cache import ModelCache
from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import StageError
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.caption.tag_words import chosen_tags, class_names, tag_sentence
from stages.networks.onnx_graph import GraphWriter

NAMES = ["cat", "dog", "crane", "crane"]


def test_a_class_is_called_by_its_first_name() -> None:
    lemmas = "n2\tbeach wagon, station wagon\nn1\tbull  mastiff\n"
    assert class_names("n1\nn2\n", lemmas) == ["bull mastiff", "beach wagon"]
    with pytest.raises(ValueError, match="2 classes have no name, the first is n3"):
        class_names("n1\nn3\nn4", lemmas)


@given(
    st.lists(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4), min_size=1, max_size=4),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 4),
)
def test_tags_are_sure_in_order_and_once(
    pictures: list[list[float]], min_first: float, min_other: float, max_tags: int
) -> None:
    probabilities = np.array(pictures, np.float32)
    tags = chosen_tags(probabilities, NAMES, min_first, min_other, max_tags)
    assert len(tags) <= max_tags
    assert len({tag.name for tag in tags}) == len(tags)
    sure = [tag.probability for tag in tags]
    assert sure == sorted(sure, reverse=True)
    surest = probabilities.mean(axis=0, dtype=np.float64).max()
    assert bool(tags) == (surest >= min_first)
    assert not tags or sure[0] == surest
    assert all(probability >= min_other for probability in sure[1:])


def test_what_one_of_three_pictures_shows_needs_to_be_sure() -> None:
    one = np.array([[0.8, 0.1, 0, 0], [0.1, 0.3, 0, 0], [0.0, 0.2, 0, 0]], np.float32)
    assert tag_sentence(chosen_tags(one, NAMES, 0.3, 0.2, 5)) == "Tags: cat, dog"
    assert chosen_tags(one, NAMES, 0.4, 0.2, 5) == []


ONE_CLIP = [shot_row("s1", 0, 0.0, 5.0, keyframes=[])]
"""A teacher is set up when there is a clip to look at."""


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., CaptionStage]:
    """The stage with a model whose classes are red, green and blue."""

    def made(n_names: int = 3) -> CaptionStage:
        graph = GraphWriter()
        means = graph.node("GlobalAveragePool", graph.input("x", "float32", ["n", 3, 8, 8]))
        flat = graph.node("Flatten", means)
        sharp = graph.node("Mul", flat, graph.constant(np.array([[1.0]], np.float32)))
        sure = graph.node("Softmax", sharp, axis=1)
        model = tmp_path / "colours.onnx"
        model.write_bytes(graph.model([(flat, ["n", 3]), (sure, ["n", 3])]))
        (tmp_path / "imagenet_synsets.txt").write_text("\n".join(f"n{i}" for i in range(n_names)))
        lemmas = "n0\tred, scarlet\nn1\tgreen\nn2\tblue\nn3\tviolet\n"
        (tmp_path / "imagenet_synset_to_lemma.txt").write_text(lemmas)
        tags = {"model": str(model), "names": str(tmp_path)}
        return CaptionStage(CaptionConfig.model_validate({"teachers": ["tags"], "tags": tags}))

    return made


def picture(red: int, green: int, blue: int) -> bytes:
    import cv2

    image = np.full((36, 64, 3), (blue, green, red), np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


def test_sure_clips_get_tags_with_confidences_and_others_say_why_not(
    small: Callable[..., CaptionStage], tmp_path: Path
) -> None:
    shown = {
        "red.jpg": picture(255, 0, 0),
        "red_blue.jpg": picture(255, 0, 215),
        "grey.jpg": picture(99, 99, 99),
        "broken.jpg": b"\xff\xd8 no picture",
    }
    refs = write_pack(tmp_path, "frames-unit0.tar", shown)
    frames: list[list[Row]] = [
        [keyframe(refs["red.jpg"], 1.0), keyframe(refs["red_blue.jpg"], 2.5)],
        [keyframe(refs["grey.jpg"], 6.0)] * 2,
        [keyframe(refs["broken.jpg"], 11.0)],
        [],
    ]
    shots = [shot_row("s1", i, i * 5.0, i * 5.0 + 5, keyframes=f) for i, f in enumerate(frames)]
    stage = small()
    stage.config.tags.min_confidence = 0.5
    made = run_unit_stage(stage, tmp_path, unit_rows(shots))
    by_shot = {row["shot_id"]: row for row in made.tables["captions"]}
    red, grey, broken, none = (by_shot[shot["shot_id"]] for shot in shots)
    assert red["text"] == "Tags: red, blue"
    assert (red["style"], red["language"]) == ("tags", "en")
    assert red["inputs"] == ["frame@1.000s", "frame@2.500s"]
    assert red["confidence"] > 0.5
    assert red["detail"].startswith("red 0.")
    assert ", blue 0." in red["detail"]
    assert (grey["outcome"], grey["reason"]) == (Outcome.DROPPED, Reason.NOTHING_TO_SAY)
    assert grey["detail"].startswith("the surest is ")
    assert grey["detail"].endswith(" with 0.39")
    assert (broken["outcome"], broken["reason"]) == (Outcome.FAILED, Reason.UNREADABLE)
    assert none["reason"] == Reason.NOTHING_TO_SAY


def test_a_model_and_names_that_do_not_fit_end_the_run(
    small: Callable[..., CaptionStage], tmp_path: Path
) -> None:
    with pytest.raises(StageError, match=r"answers \[3\], \[3\] per picture; wanted is \[4\]"):
        run_unit_stage(small(4), tmp_path / "run", unit_rows(ONE_CLIP))
    with pytest.raises(StageError, match=r"caption\.tags\.names.*1 classes have no name"):
        run_unit_stage(small(5), tmp_path / "run", unit_rows(ONE_CLIP))


def test_a_device_that_is_not_there_is_named_and_not_replaced(
    small: Callable[..., CaptionStage], tmp_path: Path
) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has the device")
    stage = small()
    stage.config.tags.device = "cuda"
    with pytest.raises(StageError, match="cannot use device cuda"):
        run_unit_stage(stage, tmp_path / "run", unit_rows(ONE_CLIP))


@pytest.mark.models
@pytest.mark.parametrize(
    ("clip", "wanted"),
    [
        ("elephant", {"Indian elephant", "African elephant", "tusker"}),
        ("butterflies", {"monarch"}),
        ("suit and tie", {"suit", "Windsor tie"}),
        ("tomato soup", {"hot pot", "caldron", "Dutch oven"}),
    ],
)
def test_real_clips_are_called_what_they_show(
    corpus: Path, tmp_path: Path, clip: str, wanted: set[str]
) -> None:
    import json

    import av
    import cv2

    config = CaptionConfig(teachers=["tags"])
    cache = ModelCache(may_fetch=False)
    if None in (cache.find(config.tags.model), cache.find(config.tags.names)):
        pytest.skip("the models are not here: polyreel models pull --set caption.teachers=[tags]")
    lines = map(json.loads, (corpus / "clips.jsonl").read_text().splitlines())
    (name,) = {line["file"] for line in lines if clip in line["caption"]}
    with av.open(str(corpus / name)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    jpegs = {
        f"{part}.jpg": bytes(cv2.imencode(".jpg", frames[len(frames) * part // 4])[1])
        for part in (2, 1, 3)
    }
    refs = write_pack(tmp_path, "frames-unit0.tar", jpegs)
    shown = [keyframe(refs[name], float(number)) for number, name in enumerate(jpegs)]
    made = run_unit_stage(
        CaptionStage(config), tmp_path, unit_rows([shot_row("s1", 0, 0.0, 5.0, keyframes=shown)])
    )
    (row,) = made.tables["captions"]
    assert row["text"], row["detail"]
    tags = row["text"].removeprefix("Tags: ").split(", ")
    assert tags[0] in wanted
