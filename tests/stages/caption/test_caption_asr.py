"""The `asr` teacher with a real Whisper model on real speech, and on what only sounds like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from caption_rows import flac, shot_row, source_row, split_row, unit_rows, write_pack

from pipeline.models.cache import ModelCache
from pipeline.testing import StageRun, run_unit_stage
from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.caption.teachers.asr import base_language, check_model_folder, decoded_audio

RATE_HZ = 16_000
Transcribe = Callable[..., StageRun]


@pytest.fixture(scope="module")
def model() -> str:
    """Folder of the default model, where it was fetched."""
    found = ModelCache(may_fetch=False).find(CaptionConfig().asr.model)
    if found is None:
        pytest.skip("the default Whisper model is not here: polyreel models pull")
    return str(found)


@pytest.fixture(scope="module")
def speech(corpus: Path) -> np.ndarray:
    """11 s of a speech; by its loudness, "ask not" starts at 3.3 s, after a pause of a second."""
    return decoded_audio((corpus / "speech" / "jfk.flac").read_bytes())


@pytest.fixture
def transcribe(model: str, tmp_path: Path) -> Transcribe:
    def run(
        audio: bytes, spans: list[tuple[float, float]], start_s: float = 0.0, **source: Any
    ) -> StageRun:
        ref = write_pack(tmp_path, "audio-unit0.tar", {"s1.flac": audio})["s1.flac"]
        shots = [shot_row("s1", i, *span) for i, span in enumerate(spans)]
        tables = unit_rows(shots, [source_row(**source)], splits=[split_row("s1", ref, start_s)])
        return run_unit_stage(captioning(model), tmp_path, tables)

    return run


def captioning(model: str) -> CaptionStage:
    return CaptionStage(
        CaptionConfig.model_validate({"teachers": ["asr", "visual"], "asr": {"model": model}})
    )


def heard(made: StageRun) -> list[Row]:
    """Rows of the `asr` teacher in the order of time."""
    rows = {r["shot_id"]: r for r in made.tables["captions"] if r["teacher"] == "asr"}
    shots = made.storage.read_table("shots/part-unit0.parquet").to_pylist()
    return [rows[shot["shot_id"]] for shot in shots]


def words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalpha() or c == " ").split()


JFK = words(
    "And so my fellow Americans ask not what your country can do for you "
    "ask what you can do for your country"
)


@pytest.mark.models
def test_speech_is_cut_to_clips_and_no_word_is_lost_or_said_twice(
    transcribe: Transcribe, speech: np.ndarray
) -> None:
    made = transcribe(flac(speech), [(100.0, 103.3), (103.3, 108.0), (108.0, 112.0)], 100.0)
    rows = heard(made)
    assert [word for row in rows for word in words(row["text"])] == JFK
    assert words(rows[0]["text"])[-1] == "americans"
    assert words(rows[2]["text"])[-1] == "country"
    for row in rows:
        assert (row["style"], row["language"]) == ("transcript", "en")
        assert row["inputs"] == ["audio"]
        assert row["confidence"] > 0.7
    visual = [r for r in made.tables["captions"] if r["teacher"] == "visual"]
    assert all("Someone is speaking" in row["text"] for row in visual)


@pytest.mark.models
def test_audio_that_ends_before_the_clip_leaves_the_rest_without_words(
    transcribe: Transcribe, speech: np.ndarray
) -> None:
    rows = heard(transcribe(flac(speech), [(0.0, 12.0), (12.0, 20.0)]))
    assert words(rows[0]["text"]) == JFK
    assert rows[1]["reason"] == Reason.NO_SPEECH


@pytest.mark.models
def test_what_is_no_speech_gives_no_words(model: str, tmp_path: Path) -> None:
    t = np.arange(8 * RATE_HZ) / RATE_HZ
    on = np.sin(3 * t) > 0
    sounds = {
        "silence": np.zeros(t.size),
        "empty": np.zeros(16),
        "noise": np.random.default_rng(3).normal(0, 0.1, t.size),
        "tones": 0.2 * on * (np.sin(2 * np.pi * 262 * t) + np.sin(2 * np.pi * 392 * t)),
    }
    refs = write_pack(
        tmp_path, "audio-unit0.tar", {name: flac(samples) for name, samples in sounds.items()}
    )
    shots = [shot_row(name, i, i * 4.0, i * 4.0 + 4) for name in sounds for i in range(2)]
    tables = unit_rows(shots, splits=[split_row(name, refs[name]) for name in sounds])
    made = run_unit_stage(captioning(model), tmp_path, tables)
    said: dict[str, list[Row]] = {"asr": [], "visual": []}
    for row in made.tables["captions"]:
        said[row["teacher"]].append(row)
    assert [row["reason"] for row in said["asr"]] == [Reason.NO_SPEECH] * len(shots)
    assert not any("speaking" in row["text"] for row in said["visual"])


@pytest.mark.models
def test_an_english_model_is_not_asked_about_another_language(
    transcribe: Transcribe, speech: np.ndarray
) -> None:
    (row,) = heard(transcribe(flac(speech), [(0.0, 11.0)], audio_language="zh-Hans"))
    assert (row["outcome"], row["reason"]) == (Outcome.DROPPED, Reason.UNSUPPORTED_LANGUAGE)


@pytest.mark.models
def test_stored_audio_that_is_damaged_fails_this_source_only(transcribe: Transcribe) -> None:
    made = transcribe(b"fLaC and then nothing", [(0.0, 4.0)])
    (row,) = heard(made)
    assert (row["outcome"], row["reason"]) == (Outcome.FAILED, Reason.UNREADABLE)
    others = [r for r in made.tables["captions"] if r["teacher"] != "asr"]
    assert {r["outcome"] for r in others if r["teacher"] == "visual"} == {Outcome.KEPT}


@pytest.mark.models
@pytest.mark.parametrize(
    "name",
    ["dj_video11.mp4", "dj_video2.mp4", "dj_video3.mp4", "dj_video5.mp4", "flipping_a_pancake.mkv"],
)
def test_real_videos_in_which_no_english_is_spoken_give_no_words(
    transcribe: Transcribe, corpus: Path, name: str
) -> None:
    samples = decoded_audio((corpus / "videos" / name).read_bytes())
    length_s = samples.size / RATE_HZ
    (row,) = heard(transcribe(flac(samples), [(0.0, length_s)]))
    assert row["reason"] == Reason.NO_SPEECH, row["text"]


@pytest.mark.models
def test_of_two_languages_in_one_source_only_the_models_own_is_written(
    transcribe: Transcribe, corpus: Path
) -> None:
    """Half a minute of English, then the same text in German."""
    samples = decoded_audio((corpus / "speech" / "multilingual.mp3").read_bytes())
    english, german = heard(transcribe(flac(samples), [(0.0, 30.0), (30.0, 60.0)]))
    said = words(english["text"])
    assert said[:7] == words("Permission is hereby granted free of charge")
    assert said[-3:] == words("of the software")
    assert german["reason"] == Reason.NO_SPEECH
    assert german["detail"].startswith("left out: ")


def test_flac_comes_back_as_it_went_in() -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 5_000)
    found = decoded_audio(flac(samples))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, samples, atol=1e-4)


def test_bytes_that_are_no_audio_are_named_unreadable() -> None:
    with pytest.raises(ItemError, match="could not be decoded") as error:
        decoded_audio(b"nothing at all")
    assert error.value.reason is Reason.UNREADABLE


def test_a_model_folder_without_tokenizer_is_refused_before_a_hub_is_asked(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(FileNotFoundError, match=r"config\.json, tokenizer\.json missing"):
        check_model_folder(tmp_path, "some/model")


def test_the_vad_comes_with_the_package() -> None:
    from importlib.resources import files

    assets = files("faster_whisper") / "assets"
    assert [name for name in (f.name for f in assets.iterdir()) if "vad" in name]


def test_undetermined_languages_are_no_language() -> None:
    assert [base_language(tag) for tag in (None, "", "und", "en-US", "zh-Hans")] == [
        None,
        None,
        None,
        "en",
        "zh",
    ]
