"""What is measured on frames while they pass by, and the figures of a clip made from it.

Only what may still belong to an open shot is held: a few numbers per frame, a small record per
sampled picture, and two reservoirs of pictures of bounded size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.table import Row
from stages.split import figure_border as border
from stages.split import figure_camera as camera
from stages.split import figure_colours as colours
from stages.split import figure_light as light
from stages.split import figure_motion as motion
from stages.split import figure_sharpness as sharpness
from stages.split import keyframes, signature
from stages.split.config import SplitConfig
from stages.split.look import Look
from stages.split.reservoir import RECENT_S, Moment, Reservoir
from stages.split.spans import Clock
from stages.split.view import FrameView

Luma = NDArray[np.uint8]
Picture = NDArray[np.uint8]

_SIGNATURE_PICTURES = 256
_KEYFRAME_CANDIDATES = 16
_CANDIDATE_STEP_S = 0.5


@dataclass(frozen=True)
class Sample:
    """What was measured on one sampled picture; `track` leads to it from `track_from`."""

    frame: int
    track_from: int
    track: camera.Track | None
    light: light.Light
    colours: NDArray[np.int64]
    profile: border.Profile


@dataclass(frozen=True)
class Shown:
    """A keyframe candidate: the picture and what its choice depends on."""

    view: FrameView
    candidate: keyframes.Candidate


class Observations:
    """Measurements of the frames from `first` on."""

    def __init__(
        self,
        config: SplitConfig,
        recent_s: float = RECENT_S,
        look: Callable[[FrameView], Look] | None = None,
    ) -> None:
        """`recent_s`: how long it may take until a boundary is known; `look`: by what keyframes
        are chosen to differ, null: by their small luma."""
        self.config = config
        self._look = look
        self.first = 0
        self.pts: list[int] = []
        self.times_s: list[float] = []
        self._changes: list[tuple[float, int] | None] = []
        """Of each frame that was decoded, its change and the frames since the one before it."""
        self._checks: list[int] = []
        self._samples: list[Sample] = []
        self._before: tuple[int, Luma] | None = None
        self._sampled: tuple[int, float, Luma] | None = None
        self._lumas: Reservoir[Luma] = Reservoir(
            _SIGNATURE_PICTURES, config.sample_period_s, recent_s
        )
        # Half of the shortest clip, so that every clip has a candidate.
        self.large_step_s = min(_CANDIDATE_STEP_S, config.min_duration_s / 2)
        self._shown: Reservoir[Shown] = Reservoir(_candidates(config), self.large_step_s, recent_s)

    def add(
        self,
        frame: int,
        pts: int,
        time_s: float,
        view: FrameView,
        large: Callable[[], FrameView],
    ) -> None:
        """Measure one frame; `large` makes the keyframe-sized view, which is asked for only
        now and then."""
        luma = view.luma
        self.pts.append(pts)
        self.times_s.append(time_s)
        self._changes.append(self._change(frame, luma))
        self._before = frame, luma
        self._checks.append(signature.frame_check(luma))
        if self._sampled is None or time_s - self._sampled[1] >= self.config.sample_period_s:
            self._sample(frame, time_s, view)
        if self._shown.wants(time_s):
            shown = large()
            candidate = keyframes.Candidate(
                time_s, sharpness.sharpness_of(shown.luma), keyframes.thumb_of(luma)
            )
            self._shown.add(frame, time_s, Shown(shown, candidate))

    def pass_over(self, pts: int, time_s: float) -> None:
        """The next frame was not decoded."""
        self.pts.append(pts)
        self.times_s.append(time_s)
        self._changes.append(None)
        self._checks.append(0)

    def forget_before(self, frame: int) -> None:
        """Let go of the frames before `frame`."""
        n_gone = frame - self.first
        del self.pts[:n_gone], self.times_s[:n_gone]
        del self._changes[:n_gone], self._checks[:n_gone]
        self.first = frame
        self._samples = [sample for sample in self._samples if sample.frame >= frame]
        self._lumas.forget_before(frame)
        self._shown.forget_before(frame)

    def figures(self, start: int, end: int, clock: Clock) -> Row:
        """Figures and signature of the frames [start, end), as columns of `shots`."""
        samples = [sample for sample in self._samples if start <= sample.frame < end]
        edges = border.find_border([sample.profile for sample in samples])
        tracks = [s.track for s in samples if s.track is not None and s.track_from >= start]
        moves = camera.clip_camera(camera.camera_steps(tracks))
        mean_light = light.mean_light([sample.light for sample in samples])
        shown = self._shown.between(start, end)
        return {
            "motion": self._motion(start, end),
            "pan_x": moves and moves.pan_x,
            "pan_y": moves and moves.pan_y,
            "zoom": moves and moves.zoom,
            "shake": moves and moves.shake,
            "sharpness": sharpness.median_sharpness([m.value.candidate.sharpness for m in shown]),
            "brightness": mean_light and mean_light.brightness,
            "contrast": mean_light and mean_light.contrast,
            "saturation": mean_light and mean_light.saturation,
            "colours": colours.dominant_colours([sample.colours for sample in samples]),
            "border_left": edges.left,
            "border_right": edges.right,
            "border_top": edges.top,
            "border_bottom": edges.bottom,
            "signature": self._signature(start, end, clock, edges),
        }

    def keyframes(self, start: int, end: int, clock: Clock) -> list[Moment[Shown]]:
        """The clip's keyframes: the middle one first."""
        shown = self._shown.between(start, end)
        middle_s = (clock.at(start) + clock.at(end)) / 2
        candidates = [moment.value.candidate for moment in shown]
        look = self._look
        looks = None if look is None else lambda index: look(shown[index].value.view)
        chosen = keyframes.choose(candidates, middle_s, self.config.keyframes, looks)
        return [shown[index] for index in chosen]

    def candidates(self, start: int, end: int) -> list[Moment[Shown]]:
        """All keyframe candidates of the frames [start, end) that are still held."""
        return self._shown.between(start, end)

    def probes(
        self, start: int, end: int, clock: Clock, shares: Sequence[float]
    ) -> list[FrameView]:
        """The held keyframe-sized pictures nearest to these shares of a clip's length."""
        shown = self._shown.between(start, end)
        start_s, end_s = clock.at(start), clock.at(end)

        def nearest(at_s: float) -> FrameView:
            return min(shown, key=lambda moment: abs(moment.time_s - at_s)).value.view

        return [nearest(start_s + share * (end_s - start_s)) for share in shares if shown]

    def _change(self, frame: int, luma: Luma) -> tuple[float, int] | None:
        if self._before is None:
            return None
        before_frame, before = self._before
        frames = frame - before_frame
        if frames > motion.MOST_FRAMES:
            return None
        return motion.frame_change(before, luma, frames), frames

    def _motion(self, start: int, end: int) -> float | None:
        """Motion of the frames [start, end), none of it from before them."""
        known = enumerate(self._changes[start + 1 - self.first : end - self.first], 1)
        inside = [change for at, change in known if change is not None and change[1] <= at]
        return motion.mean_motion([value for value, _ in inside], [frames for _, frames in inside])

    def _signature(self, start: int, end: int, clock: Clock, edges: border.Border) -> bytes | None:
        moments = self._lumas.between(start, end)
        if not moments:
            return None
        start_s, end_s = clock.at(start), clock.at(end)
        return signature.sign(
            [moment.value for moment in moments],
            [moment.time_s - start_s for moment in moments],
            end_s - start_s,
            end - start,
            edges,
            signature.digest_of(self._checks[start - self.first : end - self.first]),
        )

    def _sample(self, frame: int, time_s: float, view: FrameView) -> None:
        luma, picture = view.luma, view.half_picture
        track, track_from = None, frame
        if self._sampled is not None:
            track_from, before_s, before = self._sampled
            if time_s - before_s <= camera.MAX_PAIR_S:
                track = camera.follow(before, luma, time_s - before_s)
        self._sampled = (frame, time_s, luma)
        self._samples.append(
            Sample(
                frame,
                track_from,
                track,
                light.light_of(picture, luma),
                colours.count_colours(picture),
                border.profile_of(luma),
            )
        )
        if self._lumas.wants(time_s):
            self._lumas.add(frame, time_s, luma.copy())  # views of a batch share memory


def _candidates(config: SplitConfig) -> int:
    """Keyframe candidates that wait: with scales so many that any clip of half the smallest scale
    has one, inside a shot of twice the maximum."""
    if not config.scales:
        return _KEYFRAME_CANDIDATES
    return max(_KEYFRAME_CANDIDATES, math.ceil(16 * config.max_duration_s / config.scales[0]))
