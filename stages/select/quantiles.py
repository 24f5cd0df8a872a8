"""Where a score stands among the scores of the same model: the only way in which scores of
different models can be set beside each other or beside a limit.

Over which scores? By default over those of the *unit*. A unit is named by its content and holds
the same clips in whatever order units are done, by however many workers, after however many
restarts; so the quantile of a score is as deterministic as the score. Quantiles over the run
would make every unit wait for all others, and one new video would change the choice everywhere.
The price is that a unit has some tens of clips: its quantiles are coarse, and a unit of good
clips only has a worst one too. Where a limit must mean the same for all units, `polyreel selector
calibrate` takes the quantiles of a whole run once, into a file that later runs name as a model:
then they do not even depend on the unit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

N_POINTS = 201
KIND = "polyreel score quantiles"
VERSION = 1


class Quantiles:
    """Sorted scores by key; a key names the score and the model that gave it."""

    def __init__(self, points: Mapping[str, Sequence[float]]) -> None:
        self._points = {key: sorted(values) for key, values in points.items() if values}

    @staticmethod
    def over(values: Iterable[tuple[str, float | None]]) -> Quantiles:
        """From (key, score) pairs; scores that are not known are left out."""
        points: dict[str, list[float]] = defaultdict(list)
        for key, value in values:
            if value is not None:
                points[key].append(value)
        return Quantiles(points)

    def __contains__(self, key: str) -> bool:
        return key in self._points

    def of(self, key: str, value: float | None) -> float | None:
        """Share of the key's scores below `value`, those equal to it counting half; null when
        there is no value, or nothing to compare it with."""
        points = self._points.get(key)
        if value is None or points is None:
            return None
        below, up_to = bisect_left(points, value), bisect_right(points, value)
        return (below + up_to) / 2 / len(points)

    def to_json(self) -> dict[str, Any]:
        """At most `N_POINTS` evenly spread scores of each key."""
        return {
            "kind": KIND,
            "version": VERSION,
            "scores": {key: _thinned(points) for key, points in sorted(self._points.items())},
        }

    @staticmethod
    def from_json(value: Any) -> Quantiles:
        """Raises ValueError when it is not what `to_json` gives."""
        if not isinstance(value, dict) or value.get("kind") != KIND:
            raise ValueError("it is no file by `polyreel selector calibrate`")
        if value.get("version") != VERSION:
            raise ValueError(f"it has version {value.get('version')}, not {VERSION}")
        try:
            points = {str(k): [float(v) for v in values] for k, values in value["scores"].items()}
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"its scores are not lists of numbers by name: {error!r}") from error
        return Quantiles(points)


def _thinned(points: Sequence[float]) -> list[float]:
    if len(points) <= N_POINTS:
        return list(points)
    last = len(points) - 1
    return [points[round(at * last / (N_POINTS - 1))] for at in range(N_POINTS)]
