"""The split stage: sources in, shots with figures, keyframes, signature and sound out."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, ClassVar

from schemas.ids import shot_id
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import Failure, Limits, StageError, Unit, UnitStage, Worker, dropped, kept
from stages.networks.torch_file import read_weights
from stages.split.config import SplitConfig
from stages.split.decode import decode_source
from stages.split.detectors.transnetv2_network import build_model
from stages.split.embedding import cached_embedder, embedded, make_looker
from stages.split.one_pass import AUDIO_FILE, KEYFRAMES_FILE, DecodeRequest, DecodeResult
from stages.split.shots import ShotDraft
from stages.split.spooled import Spooled


class SplitStage(UnitStage[SplitConfig]):
    """Decodes each kept source once. One `splits` row per source, one `shots` row per span."""

    name: ClassVar[str] = "split"
    version: ClassVar[int] = 10
    summary: ClassVar[str] = "Decode each source once: shots, keyframes, figures, signature, audio."
    item: ClassVar[str] = "videos"
    reads: ClassVar[dict[str, tuple[str, ...]]] = {
        "sources": (
            "source_id",
            "uri",
            "video_stream",
            "audio_stream",
            "rotation_deg",
            "sample_aspect",
            "fps",
            "duration_s",
        )
    }
    places: ClassVar[dict[str, tuple[str, ...]]] = {"sources": ("uri",)}
    writes: ClassVar[tuple[str, ...]] = ("splits", "shots")
    writes_packs: ClassVar[tuple[str, ...]] = ("frames", "audio")

    def models(self) -> list[str]:
        config = self.config
        detecting = [config.transnetv2_model] if "transnetv2" in config.detectors else []
        embedder = config.embedder_reference
        return [*detecting, *([embedder] if embedder else [])]

    def check(self, model: Callable[[str], Path]) -> None:
        if embedder := self.config.embedder_reference:
            make_looker(self.config, model(embedder))
        if "transnetv2" in self.config.detectors:
            reference = self.config.transnetv2_model
            try:
                build_model(read_weights(model(reference)))
            except (OSError, ValueError) as error:
                raise StageError(f"split.transnetv2_model {reference}: {error}") from error

    def setup(self, worker: Worker) -> None:
        """The decoding child loads the models for itself; this process needs the embedder alone,
        for the keyframes."""
        config = self.config
        embedder = config.embedder_reference
        self._embedder = worker.model(embedder) if embedder else None
        self._model = (
            cached_embedder(self._embedder, config.embedder_mean, config.embedder_std)
            if self._embedder
            else None
        )
        uses_transnetv2 = "transnetv2" in self.config.detectors
        self._transnetv2 = worker.model(self.config.transnetv2_model) if uses_transnetv2 else None

    def process(self, unit: Unit) -> None:
        splits: list[Row] = []
        shots: list[Row] = []
        for source in unit.rows("sources", Outcome.KEPT):
            result = unit.attempt(source["source_id"], self._split, unit, source)
            if isinstance(result, Failure):
                ending = result.ending()
                splits.append({"source_id": source["source_id"], "detector": self._name} | ending)
            else:
                splits.append(result[0])
                shots += result[1]
        unit.write("splits", splits)
        unit.write("shots", shots)

    def _split(self, unit: Unit, source: Row) -> tuple[Row, list[Row]]:
        """The `splits` row and the `shots` rows of one source."""
        folder = unit.scratch / source["source_id"]
        folder.mkdir()
        try:
            with unit.local_copy(source["uri"]) as path:
                request = DecodeRequest(
                    str(path),
                    str(folder),
                    self.config,
                    source["video_stream"],
                    source["audio_stream"],
                    source["rotation_deg"] or 0,
                    source["sample_aspect"],
                    source["fps"],
                    source["duration_s"],
                    self._embedder,
                    self._transnetv2,
                )
                limits = self._limits(source["duration_s"])
                result = unit.guarded(limits, decode_source, request)
            return self._rows(unit, source["source_id"], folder, result)
        finally:
            shutil.rmtree(folder)

    @property
    def _name(self) -> str:
        return "+".join(self.config.detectors)

    def _limits(self, duration_s: float | None) -> Limits:
        config = self.config
        timeout_s = config.timeout_unknown_s
        if duration_s is not None:
            timeout_s = config.timeout_base_s + config.timeout_per_s * duration_s
            timeout_s = min(timeout_s, max(config.timeout_base_s, config.timeout_max_s))
        return Limits(timeout_s, config.memory_mb * 1_000_000)

    def _rows(
        self, unit: Unit, source_id: str, folder: Path, result: DecodeResult
    ) -> tuple[Row, list[Row]]:
        split: Row = {
            "source_id": source_id,
            "detector": self._name,
            "mode": result.mode,
            "not_fast_because": result.not_fast_because,
            "n_frames": result.n_frames,
            "n_decoded": result.n_decoded,
            "duration_s": result.duration_s,
            "n_shots": len(result.shots),
            "is_vfr": result.is_vfr,
            "is_partial": result.is_partial,
            "n_decode_errors": result.n_decode_errors,
        }
        if result.has_too_many_shots:
            limit = self.config.max_shots_per_source
            detail = f"more than {limit} shots before {result.duration_s:.0f} s"
            return split | {"n_shots": 0} | dropped(Reason.TOO_MANY_SHOTS, detail), []
        shots = self._shot_rows(unit, source_id, folder, result.shots)
        if not any(row["outcome"] == Outcome.KEPT for row in shots):
            reasons = Counter(str(row["reason"]) for row in shots if row["scale"] == 0)
            told = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
            detail = f"no clip in {result.duration_s:.3f} s: {told}"
            return split | dropped(Reason.NO_USABLE_SHOT, detail), shots
        if result.audio_duration_s is not None:
            split["audio"] = unit.pack("audio").add_file(f"{source_id}.flac", folder / AUDIO_FILE)
            split["audio_start_s"] = result.audio_start_s
            split["audio_duration_s"] = result.audio_duration_s
        return split | kept(), shots

    def _shot_rows(
        self, unit: Unit, source_id: str, folder: Path, drafts: list[ShotDraft]
    ) -> list[Row]:
        rows: list[Row] = []
        ids = [
            shot_id(source_id, r["start_pts"], r["end_pts"], r["time_base"], r["scale"])
            for r in (draft.row for draft in drafts)
        ]
        with (folder / KEYFRAMES_FILE).open("rb") as spool:
            for draft, identity in zip(drafts, ids, strict=True):
                parent = None if draft.parent is None else ids[draft.parent]
                row = draft.row | {"source_id": source_id, "shot_id": identity}
                row |= {"parent_id": parent, "keyframes": []}
                jpegs = [_spooled(spool, shown) for shown in draft.keyframes]
                if self._model is not None:
                    row["embeddings"] = embedded(jpegs, self._model)
                for number, (shown, jpeg) in enumerate(zip(draft.keyframes, jpegs, strict=True)):
                    ref = unit.pack("frames").add(f"{identity}.{number}.jpg", jpeg)
                    row["keyframes"].append(
                        {
                            "time_s": shown.time_s,
                            "frame": shown.frame,
                            "width": shown.width,
                            "height": shown.height,
                        }
                        | ref
                    )
                rows.append(row)
        return rows


def _spooled(spool: IO[bytes], shown: Spooled) -> bytes:
    spool.seek(shown.offset)
    return spool.read(shown.size_bytes)
