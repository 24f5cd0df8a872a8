"""`subtitle`: what a subtitle track says during the clip."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from schemas.outcomes import Reason
from stages.base import Failure, Worker
from stages.caption.config import SubtitleConfig
from stages.caption.subtitle_cues import (
    Cue,
    chosen_track,
    cues_between,
    may_be_written_in,
    track_cues,
)
from stages.caption.teacher import Candidate, Clip, Source, Teacher, by_source
from stages.caption.words import joined, shortened


class SubtitleTeacher(Teacher[SubtitleConfig]):
    """The cues of one track that fall into the clip, in one line."""

    name = "subtitle"
    styles = ("transcript",)

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        candidates: list[Candidate] = []
        for source_id, group in by_source(clips).items():
            source = group[0].source
            track = chosen_track(
                source.cues, [source.row["language"], source.row["audio_language"]]
            )
            if track is None:
                candidates += [
                    self.unsaid(clip, Reason.NO_SUBTITLE, "the video has no subtitles")
                    for clip in group
                ]
                continue
            cues = worker.attempt(f"subtitle of {source_id}", self._cues, source, track)
            if isinstance(cues, Failure):
                candidates += [self.broke(clip, cues) for clip in group]
            else:
                candidates += self.each(group, worker, partial(self._of, track, cues))
        return candidates

    def _cues(self, source: Source, track: str) -> list[Cue]:
        return track_cues(source.cues, track, self.config.keep_sounds, self.config.rolling_gap_s)

    def _of(self, track: str, cues: Sequence[Cue], clip: Clip) -> Candidate:
        inputs = [f"subtitle:{track}"]
        here = cues_between(cues, clip.start_s, clip.end_s, self.config.min_overlap_share)
        text = shortened(joined([cue.text for cue in here]), self.config.max_chars)
        if not text:
            detail = f"no words in {track} from {clip.start_s:.3f} s to {clip.end_s:.3f} s"
            return self.unsaid(clip, Reason.NO_SUBTITLE, detail, inputs)
        known = {
            (cue["language"], cue["language_origin"])
            for cue in clip.source.cues
            if cue["sidecar"] == track
        }
        language, origin = known.pop() if len(known) == 1 else (None, None)
        if language and not may_be_written_in(text, language):
            detail = f"the track is {origin} as {language}, which is not written like this"
            return self.said(clip, text, None, inputs, detail=detail)
        return self.said(clip, text, language, inputs, origin=origin)
