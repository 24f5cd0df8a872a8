"""The source's sound as one 16 kHz mono FLAC file whose samples sit where their PTS say.

Writes a file (in the guarded child's scratch folder), so that minutes of sound never travel
through memory.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.split.figure_loudness import WINDOW_SAMPLES, window_energies

RATE_HZ = 16_000

_TOLERANCE_S = 0.04
"""Time by which PTS may differ from the count of samples before a gap is filled or cut: two AAC
frames, which is more than containers round and less than anyone hears."""

_MAX_GAP_S = 600.0
"""Longer gaps are jumps of a broken clock, not silence."""

_BATCH_S = 0.5
"""Sound that is resampled at once. Codecs give 20 ms at a time, and asking the resampler that
often costs more than all it computes."""

_BLOCK_SAMPLES = 4000
"""Samples per FLAC frame; a multiple of the energy window."""


class AudioTrack:
    """Takes decoded audio frames; `close` finishes the FLAC file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start_s: float | None = None
        """Time of the first sample on the container's clock."""
        self.n_samples = 0
        self.energies: list[float] = []
        """Sums of squares of the track's windows of WINDOW_SAMPLES."""
        self._time_base: Fraction | None = None
        self._resampler: Any = None
        self._waiting: Any = None
        """Decoded samples that have not been resampled yet, all of one format."""
        self._source_format: tuple[str, str, int] | None = None
        self._pending = np.zeros(0, dtype=np.int16)
        self._container: Any = None
        self._stream: Any = None
        self._expected_s: float | None = None
        self._skip = 0

    @property
    def duration_s(self) -> float:
        return self.n_samples / RATE_HZ

    def add(self, frame: Any) -> None:
        """Take an av.AudioFrame."""
        time_s = None
        if frame.pts is not None:  # of whole numbers: Fractions cost ten times as much
            base = self._time_base = self._time_base or frame.time_base
            time_s = frame.pts * base.numerator / base.denominator
        if self.start_s is None:
            self.start_s = self._expected_s = time_s or 0.0
        self._keep_time(time_s)
        frame.pts = None
        self._take_format(frame)
        if self._expected_s is not None:
            self._expected_s += frame.samples / frame.sample_rate
        self._waiting.write(frame)
        if self._waiting.samples >= _BATCH_S * frame.sample_rate:
            self._resample_waiting()

    def close(self) -> bool:
        """Write what is left; whether there is a file."""
        self._end_format()
        if self._container is None and not len(self._pending):
            return False
        self._write(self._pending)
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        return True

    def _keep_time(self, time_s: float | None) -> None:
        """Fill a gap in the PTS with silence; mark samples that overlap for skipping."""
        if time_s is None or self._expected_s is None:
            return
        gap_s = time_s - self._expected_s
        if abs(gap_s) <= _TOLERANCE_S:
            return
        self._expected_s = time_s
        if abs(gap_s) > _MAX_GAP_S:
            return
        self._resample_waiting()
        missing = round(gap_s * RATE_HZ)
        if missing < 0:
            self._skip += -missing
            return
        while missing > 0:
            self._append(np.zeros(min(missing, RATE_HZ), dtype=np.int16))
            missing -= RATE_HZ

    def _take_format(self, frame: Any) -> None:
        """Begin anew where the sound's format changes."""
        source_format = (frame.format.name, frame.layout.name, frame.sample_rate)
        if source_format != self._source_format:
            from av import AudioFifo, AudioResampler

            self._end_format()
            self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            self._waiting = AudioFifo()
            self._source_format = source_format

    def _end_format(self) -> None:
        """What waits, and what the resampler itself holds back."""
        if self._resampler is not None:
            self._resample_waiting()
            for out in self._resampler.resample(None):
                self._append(out.to_ndarray()[0])

    def _resample_waiting(self) -> None:
        frame = self._waiting.read() if self._waiting is not None else None
        if frame is not None:
            frame.pts = None
            for out in self._resampler.resample(frame):
                self._append(out.to_ndarray()[0])

    def _append(self, samples: NDArray[np.int16]) -> None:
        if self._skip:
            skipped = min(self._skip, len(samples))
            self._skip -= skipped
            samples = samples[skipped:]
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= _BLOCK_SAMPLES:
            self._write(self._pending[:_BLOCK_SAMPLES])
            self._pending = self._pending[_BLOCK_SAMPLES:]

    def _write(self, samples: NDArray[np.int16]) -> None:
        from av import AudioFrame

        if self._container is None:
            self._open()
        if not len(samples):
            return
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None, :]), format="s16", layout="mono"
        )
        frame.sample_rate = RATE_HZ
        frame.pts = self.n_samples
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self.n_samples += len(samples)
        if short := -len(samples) % WINDOW_SAMPLES:
            samples = np.pad(samples, (0, short))
        self.energies += window_energies(samples).tolist()

    def _open(self) -> None:
        import av

        # bitexact: no version of FFmpeg in the file, so the same sound gives the same bytes.
        self._container = av.open(
            str(self.path), "w", format="flac", options={"fflags": "+bitexact"}
        )
        self._stream = self._container.add_stream("flac", rate=RATE_HZ)
        self._stream.codec_context.format = "s16"
        self._stream.codec_context.layout = "mono"
        self._stream.codec_context.options = {
            "flags": "+bitexact",
            "frame_size": str(_BLOCK_SAMPLES),
        }
