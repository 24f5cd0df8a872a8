"""`asr`: what is said, by a Whisper model in CTranslate2's format.

A source's audio was decoded once, by the split stage; here it is transcribed once, and the words
are cut to the clips by their times.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.outcomes import ItemError, Reason
from schemas.table import Row
from stages.base import Failure, Worker
from stages.caption.clean import clean_text
from stages.caption.config import AsrConfig
from stages.caption.teacher import Candidate, Clip, Teacher, by_source
from stages.caption.transcript import (
    Transcript,
    Window,
    confidence,
    spoken,
    stock_phrases,
    trusted_transcript,
)
from stages.caption.words import Word, plain, words_between

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
"""What Whisper and the VAD take, and what the split stage stores."""
MODEL_FILES = ("config.json", "model.bin", "tokenizer.json")
"""faster-whisper would fetch a missing tokenizer from a hub; a run must not."""


class AsrTeacher(Teacher[AsrConfig]):
    """faster-whisper at temperature 0: one decoding, no sampling, the same words every time.

    The VAD joins stretches of speech into windows of up to 30 s, and the windows of a source are
    decoded in batches; sources are not mixed, so that one source's words depend on it alone.
    """

    name = "asr"
    version = 2
    styles = ("transcript",)

    def models(self) -> list[str]:
        return [self.config.model]

    @property
    def model_name(self) -> str:
        return f"{self.name}/{self.version} {self.config.model}"

    def setup(self, worker: Worker) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        folder = worker.model(self.config.model)
        check_model_folder(folder, self.config.model)
        self._stock = stock_phrases(self.config)
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        model = WhisperModel(
            str(folder),
            device=self.config.device,
            compute_type=self.config.compute_type,
            cpu_threads=self.config.threads,
            num_workers=1,
            local_files_only=True,
        )
        self._is_multilingual = bool(model.model.is_multilingual)
        self._pipeline: Any = BatchedInferencePipeline(model)

    def teardown(self) -> None:
        self._pipeline = None

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        candidates: list[Candidate] = []
        for source_id, group in by_source(clips).items():
            source = group[0].source
            if source.split is None or source.split["audio"] is None:
                detail = "the video has no audio"
                candidates += [self.unsaid(clip, Reason.NO_AUDIO, detail) for clip in group]
                continue
            heard = worker.attempt(
                f"asr of {source_id}", self._heard, source.row, source.split, worker
            )
            if isinstance(heard, Failure):
                candidates += [self.broke(clip, heard) for clip in group]
            elif isinstance(heard, str):
                candidates += [
                    self.unsaid(clip, Reason.UNSUPPORTED_LANGUAGE, heard) for clip in group
                ]
            else:
                candidates += self.each(group, worker, partial(self._of, heard))
        return candidates

    def _heard(self, source: Row, split: Row, worker: Worker) -> Transcript | str:
        """The transcript of one source, or why its language is beyond the model."""
        spoken_in = base_language(source["audio_language"])
        if not self._is_multilingual and spoken_in not in (None, "en"):
            return f"the audio is declared {spoken_in}, and {self.config.model} knows English only"
        samples = decoded_audio(worker.read_packed(split["audio"]))
        language = self.config.language if self._is_multilingual else "en"
        return self._transcribed(samples, split["audio_start_s"] or 0.0, language)

    def _transcribed(
        self, samples: NDArray[np.float32], start_s: float, language: str | None
    ) -> Transcript:
        """Words of 16 kHz mono audio whose first sample is at `start_s` of the source."""
        config = self.config
        if samples.size == 0 or float(abs(samples).max()) < config.min_peak:
            return Transcript(language or "und", ())
        # Without timestamps of its own the decoder hears each window as a whole, which is faster
        # and surer; the times of words come from its attention.
        segments, info = self._pipeline.transcribe(
            samples,
            language=language,
            batch_size=config.batch_size,
            without_timestamps=True,
            beam_size=config.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
            vad_parameters={
                "threshold": config.vad_threshold,
                "min_silence_duration_ms": round(config.vad_min_silence_s * 1000),
            },
        )
        heard = [measured(segment, start_s) for segment in segments]
        return trusted_transcript(
            str(info.language), heard, config, float(info.language_probability)
        )

    def _of(self, transcript: Transcript, clip: Clip) -> Candidate:
        words = words_between(transcript.words, clip.start_s, clip.end_s)
        text = clean_text(spoken(words))
        distrusted = transcript.distrust_in(clip.start_s, clip.end_s)
        left_out = f"left out: {distrusted}" if distrusted else ""
        if not text or plain(text) in self._stock:
            detail = left_out or ("only a stock phrase" if text else "nobody is heard speaking")
            return self.unsaid(clip, Reason.NO_SPEECH, detail, ["audio"])
        return self.said(
            clip, text, transcript.language, ["audio"], confidence(words), left_out or None
        )


def base_language(tag: str | None) -> str | None:
    """The primary subtag of a language tag; null when it says nothing."""
    base = (tag or "").split("-")[0].lower()
    return None if base in ("", "und", "mul", "zxx") else base


def check_model_folder(folder: Path, reference: str) -> None:
    """Raise FileNotFoundError, naming the file, unless `folder` is a whole Whisper model."""
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{', '.join(missing)} missing in the Whisper model {reference} at {folder}: it has "
            "to be a folder in CTranslate2's format with its tokenizer.json"
        )


def decoded_audio(data: bytes) -> NDArray[np.float32]:
    """Samples of an audio file as 16 kHz mono, -1..1. Raises ItemError UNREADABLE."""
    import av
    import numpy as np

    pieces = []
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
            for frame in container.decode(audio=0):
                pieces += resampler.resample(frame)
            pieces += resampler.resample(None)
    except (av.FFmpegError, IndexError) as error:
        raise ItemError(
            Reason.UNREADABLE,
            f"the stored audio could not be decoded: {error}",
            "run again from the split stage",
        ) from error
    if not pieces:
        return np.zeros(0, np.float32)
    return np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces])


def measured(segment: Any, start_s: float) -> Window:
    """What faster-whisper calls a segment, with its words in the source's time."""
    words = tuple(
        Word(
            word.word,
            start_s + float(word.start),
            start_s + float(word.end),
            float(word.probability),
        )
        for word in segment.words or ()
    )
    return Window(
        words,
        float(segment.no_speech_prob),
        float(segment.avg_logprob),
        float(segment.compression_ratio),
    )
