"""How one clip may lie on another one: the looks of which `compare` takes as many as it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stages.dedup.alignment import MIN_COVER, TRIMMED_FROM, Alignment, Met, evidence_at, moved
from stages.dedup.evidence import Thresholds, course_of
from stages.dedup.finding import USUAL_SPEED, Finding, fit, on_frames, rank, settled_fit
from stages.dedup.footage import Footage, embedded, flipped, frame_on_frame, lies_in, placements
from stages.dedup.lines import Lines, drawn
from stages.dedup.rects import WHOLE, Rect

Floats = NDArray[np.float32]
Line = tuple[float, Alignment]

SPEEDS = (1.0, 0.93, 1.07)
"""Speeds at which lines are drawn; the exact look tries others near the best of them."""
_STEP_S = 0.125
_MAX_RATIO = 1.15
SURE = 0.9
_ALSO_EXACT = 2
_QUIET_CHANGE = 1.0
_QUIET_EXACT = 8
_NEAR_S = np.arange(-6, 7) / 32
_WIDE_S = np.arange(-20, 21) / 32
FAINT = 0.3
"""Of edited copies, the best line had 0.44 or more; of unrelated clips nine in ten below 0.22."""
_LIKE_LENGTH, _SAME_LOOK, _OTHER_COURSE, _CLEAR_CHANGE = 1.6, 0.96, 0.4, 1.5
_EQUAL_LOOK = 0.99
_APART_S = 0.25
_SETTLING_S = np.arange(-12, 13) / 32
_SETTLED = 0.98
_WORTH_PLACING = 0.35
_PLACING_STEPS = (0.04, 0.02, 0.01)


class Pair:
    """Two clips, the longer one first."""

    def __init__(self, a: Footage, b: Footage, limits: Thresholds) -> None:
        self.a, self.b, self.limits = a, b, limits
        self.looks: list[tuple[float, Rect, Rect, bool]] = []
        self._seen: dict[Alignment, Finding | None] = {}

    @cached_property
    def _all(self) -> Lines:
        a, b = self.a, self.b
        return drawn(
            a.n, a.part_s, b.n, b.part_s, (*SPEEDS, *_whole_speed(a, b)), MIN_COVER, _STEP_S
        )

    @property
    def has_bars(self) -> bool:
        """Whether black bars of one clip lie in the other one's picture."""
        a, b = self.a.border, self.b.border
        return lies_in(a, b) or lies_in(b, a)

    def as_met(self, met: Met) -> Finding | None:
        """The finding where two clips met, if their courses say that they are the same and no other
        moment fits better. Where it leaves a doubt how they lie on each other, other ways are tried
        at that moment as well."""
        a, b = self.a, self.b
        speeds = sorted({*SPEEDS, *_whole_speed(a, b)})
        starts_s = [met.long_s - speed * met.short_s for speed in speeds]
        near = Lines.around(a.n, a.part_s, b.n, b.part_s, speeds, starts_s, _NEAR_S, MIN_COVER)

        def lines(ways: Sequence[tuple[Rect, Rect]]) -> list[Line]:
            found = [
                (score, Alignment(*way, met.mirrored, speed, offset_s))
                for way in ways
                for score, speed, offset_s in near.best(
                    a.view(way[0])[1], b.view(way[1], met.mirrored)[1]
                )
            ]
            return sorted(found, key=lambda line: -line[0])

        first = lines(met.ways)
        if not first or first[0][0] < FAINT:
            return None
        usual = [line for line in first[1:] if line[1].speed == 1.0 != first[0][1].speed]
        found: Finding | None = None
        for _, line in first[:1] + usual[:1]:
            found = self._better(found, self.fitted(line))
        if found is None or not found.is_same or not self.limits.by_course(found.evidence):
            return None
        is_sure = found.evidence.course >= SURE
        has_room = a.duration_s > _MAX_RATIO * b.duration_s
        if (has_room or not is_sure) and not self._fits_nowhere_better(found.alignment, met.ways):
            return None
        if is_sure:
            return found if b.moves_within else self.settled(found)
        border = flipped(b.border) if met.mirrored else b.border
        others = lines([way for way in placements(a.border, border) if way not in met.ways])
        for _, line in others[:_ALSO_EXACT]:
            found = self._better(found, self.fitted(line)) or found
        return self.settled(found)

    def _fits_nowhere_better(self, at: Alignment, ways: Sequence[tuple[Rect, Rect]]) -> bool:
        """Whether an alignment lies where the best of all lines of some ways does."""
        lines = [
            line
            for of_a, of_b in ways
            for line in self._all.best(self.a.view(of_a)[1], self.b.view(of_b, at.mirrored)[1])
        ]
        _, speed, offset_s = max(lines)
        apart_s = offset_s - at.offset_s + (speed - at.speed) * self.b.duration_s / 2
        return abs(apart_s) <= _APART_S

    def lines(self, ways: Sequence[tuple[Rect, Rect]]) -> list[Line]:
        """The best line of every way and speed, plain and mirrored, best first."""
        found: list[Line] = []
        for mirror in (False, True):
            if mirror and len(ways) > 1:
                ways = [
                    way
                    for way in placements(self.a.border, flipped(self.b.border))
                    if way != (WHOLE, WHOLE)
                ]
            for of_a, of_b in ways:
                (full_a, local_a), (full_b, local_b) = (
                    self.a.view(of_a),
                    self.b.view(of_b, mirror),
                )
                for score, speed, offset_s in self._all.best(local_a, local_b):
                    found.append((score, Alignment(of_a, of_b, mirror, speed, offset_s)))
                self.looks.append((_look(full_a, full_b), of_a, of_b, mirror))
        found.sort(key=lambda line: -line[0])
        return found

    def look(self, at: Alignment) -> Finding | None:
        if at not in self._seen:
            seen = evidence_at(self.a, self.b, at)
            self._seen[at] = None if seen is None else Finding(at, seen, self.limits.same(seen))
        return self._seen[at]

    def is_hopeless(self, found: Finding) -> bool:
        """Whether two clips of like length show one place at two moments: as they are they look
        the same, so no crop needs to be tried, and what moves in them moves differently."""
        seen = found.evidence
        look = max(look[0] for look in self.looks)
        if look >= _EQUAL_LOOK and max(seen.course, seen.trend) < _OTHER_COURSE:
            return True
        return (
            self.a.duration_s <= _LIKE_LENGTH * self.b.duration_s
            and look >= _SAME_LOOK
            and seen.course < _OTHER_COURSE
            and seen.change >= _CLEAR_CHANGE
        )

    def scenes(self) -> list[Line]:
        """Lines along which the pictures themselves, and not their changes, agree: where a quiet
        clip lies in a lively one, the cuts beside it drown its changes. The best way only."""
        found = []
        ways = [] if self.has_bars else _whole_frames(self.a, self.b)
        for of_a, of_b in [(WHOLE, WHOLE), *ways]:
            full_a, full_b = self.a.view(of_a)[0], self.b.view(of_b)[0]
            for score, speed, offset_s in self._all.best(full_a, full_b):
                found.append((score, Alignment(of_a, of_b, False, speed, offset_s)))
        return [max(found, key=lambda line: line[0])] if found else []

    def by_scene(self) -> list[Finding]:
        """Findings where the pictures themselves agree, moved to where their changes do."""
        found = []
        for line in self.scenes():
            found.append(self.exactly([line], _WIDE_S))
            found.append(self.look(self.fitted(line[1], _WIDE_S, by_course=False)))
        return [f for f in found if f is not None]

    def exactly(
        self, lines: Sequence[Line], moves_s: NDArray[np.float64] = _NEAR_S
    ) -> Finding | None:
        """The best finding near the given lines: other speeds, a little earlier or later."""
        best: Finding | None = None
        for _, line in lines:
            for at in self._nearby(line, moves_s):
                best = self._better(best, at)
        return best

    def with_bars(self) -> list[Finding]:
        """Findings where one clip has black bars that are part of the other one's picture, as in
        a compilation: with the bars put back, whole on whole."""
        a, b = self.a, self.b
        if not self.has_bars:
            return []
        if lies_in(a.border, b.border):
            other = Pair(a, Footage(embedded(b.signature, a.border)), self.limits)
        else:
            other = Pair(Footage(embedded(a.signature, b.border)), b, self.limits)
        first = other.exactly(other.lines([(WHOLE, WHOLE)])[:1], _WIDE_S)
        found = other.by_scene() + ([] if first is None else [first])
        found = sorted((other.settled(f) for f in found), key=rank, reverse=True)
        ways = _whole_frames(a, b)
        return [on_frames(f, *ways[0]) for f in found] if ways else []

    def settled(self, best: Finding) -> Finding:
        """A finding that is the same, moved to where it fits best: by its course, or, where only
        the camera drifts, by its course and its trend together. Where a drift is even, the trend
        hardly says at which moment, and where it has one direction, nor does the shift."""
        at = best.alignment
        if not best.is_same or (at.speed == 1.0 and best.evidence.course >= _SETTLED):
            return best
        if self.limits.by_course(best.evidence):
            fitted = [self.fitted(at), self.fitted(at, by_course=False)]
            for there in fitted:
                best = self._better(best, there) or best
            return best
        near = [best]
        for speed in sorted({1.0, at.speed}):
            offset_s = at.offset_s + (at.speed - speed) * self.b.duration_s / 2
            for move_s in _SETTLING_S.tolist():
                found = self.look(replace(at, speed=speed, offset_s=offset_s + move_s))
                if found is not None and found.is_same:
                    near.append(found)
        return max(near, key=settled_fit)

    def fitted(
        self, at: Alignment, moves_s: NDArray[np.float64] = _SETTLING_S, by_course: bool = True
    ) -> Alignment:
        """An alignment moved to where the courses of the clips agree best, or all their changes,
        at its speed or the usual one. Pictures at the ends, which beside a cut hold some of the
        other scene, do not count where something moves in others."""
        a, b = self.a, self.b
        edge = int(b.n >= TRIMMED_FROM and b.moves_within)
        n, edge_s = b.n - 2 * edge, edge * b.part_s
        speeds = sorted({1.0, at.speed})
        starts_s = [
            at.offset_s + (at.speed - speed) * b.duration_s / 2 + speed * edge_s for speed in speeds
        ]
        near = Lines.around(a.n, a.part_s, n, b.part_s, speeds, starts_s, moves_s, MIN_COVER)
        film_a = a.view(at.of_long)[0]
        film_b = b.view(at.of_short, at.mirrored)[0][edge : b.n - edge]
        if by_course:
            first = max(0, round((at.offset_s + at.speed * edge_s) / a.part_s))
            end_s = at.offset_s + at.speed * (b.duration_s - edge_s)
            after = min(a.n, max(round(end_s / a.part_s), first + 1))
            film_a, film_b = course_of(film_a, slice(first, after)), course_of(film_b, slice(0, n))
        found = [
            (score + (USUAL_SPEED if speed == 1.0 else 0.0), speed, offset_s - speed * edge_s)
            for score, speed, offset_s in near.best(
                film_a, film_b, is_exact=True, is_centred=not by_course
            )
        ]
        if not found:
            return at
        _, speed, offset_s = max(found)
        return replace(at, speed=speed, offset_s=offset_s)

    def at_the_ends(self) -> list[Finding]:
        """Findings with the same beginning, the same end, or the whole lengths on each other, for
        the ways in which the mean pictures look most alike: where little moves, no line stands
        out."""
        a, b = self.a, self.b
        found = []
        for _, of_a, of_b, mirror in sorted(self.looks, key=lambda look: -look[0])[:_QUIET_EXACT]:
            ends = [(1.0, 0.0), (1.0, a.duration_s - b.duration_s)]
            ends += [(speed, 0.0) for speed in _whole_speed(a, b)]
            for speed, offset_s in ends:
                finding = self.look(Alignment(of_a, of_b, mirror, speed, offset_s))
                if finding is not None and finding.evidence.change < _QUIET_CHANGE:
                    found.append(finding)
        return found

    def placed(self, finding: Finding) -> Finding:
        """The finding with the rectangles moved to where the films agree best: crops that are
        not centred."""
        seen = finding.evidence
        if max(seen.course, seen.trend) < _WORTH_PLACING or seen.look < _WORTH_PLACING:
            return finding
        best = finding
        for step in _PLACING_STEPS:
            for _ in range(2):
                before = best
                for at in moved(best.alignment, step):
                    best = self._fitter(best, at)
                if best is before:
                    break
        return best

    def _nearby(self, line: Alignment, moves_s: NDArray[np.float64]) -> Iterator[Alignment]:
        """Where a line fits best when it is moved, by its fast changes and by all changes: at the
        original speed, and at the best other one."""
        a, b = self.a, self.b
        (full_a, local_a), (full_b, local_b) = (
            a.view(line.of_long),
            b.view(line.of_short, line.mirrored),
        )
        middle_s = b.duration_s / 2
        others = {line.speed, line.speed - 0.025, line.speed + 0.025, *_whole_speed(a, b)} - {1.0}
        speeds = (1.0, *sorted(others))
        starts_s = [line.offset_s + (line.speed - speed) * middle_s for speed in speeds]
        near = Lines.around(a.n, a.part_s, b.n, b.part_s, speeds, starts_s, moves_s, MIN_COVER)
        held = near.held(a.n)
        whole_a, whole_b = full_a - full_a[held].mean(axis=0), full_b - full_b.mean(axis=0)
        found: set[tuple[float, float]] = set()
        for film_a, film_b in ((local_a, local_b), (whole_a, whole_b)):
            best = sorted(near.best(film_a, film_b), key=lambda item: -item[0])
            usual = [item for item in best if item[1] == 1.0]
            found.update((speed, offset_s) for _, speed, offset_s in best[:1] + usual)
        for speed, offset_s in sorted(found):
            yield replace(line, speed=speed, offset_s=offset_s)

    def _better(self, best: Finding | None, at: Alignment) -> Finding | None:
        found = self.look(at)
        if found is None or (best is not None and rank(found) <= rank(best)):
            return best
        return found

    def _fitter(self, best: Finding, at: Alignment) -> Finding:
        found = self.look(at)
        return best if found is None or fit(found) <= fit(best) else found


def _whole_speed(a: Footage, b: Footage) -> list[float]:
    """The speed at which two clips of nearly one length are the same from end to end."""
    ratio = a.duration_s / b.duration_s
    return [ratio] if 1.004 < ratio <= _MAX_RATIO else []


def _look(a: Floats, b: Floats) -> float:
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    return float(mean_a @ mean_b / np.sqrt((mean_a @ mean_a) * (mean_b @ mean_b) + 1e-6))


def _whole_frames(a: Footage, b: Footage) -> list[tuple[Rect, Rect]]:
    """The ways in which two clips lie on each other frame on frame, where their borders differ."""
    return [] if a.border == b.border else list(frame_on_frame(a.border, b.border))
