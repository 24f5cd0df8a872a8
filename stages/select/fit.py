"""Fitting the ranker to people's picks: regularised conditional logit by Newton's method.

Each clip is one choice among its candidates and "all bad" (McFadden 1974). Where a person found
several candidates good, each is a choice of its own with an equal part of the clip's weight and
the other good ones are not there to be beaten; the clip's remaining candidates are the hard
negatives. "All bad" picks teach the outside option, and so what is good enough. The likelihood is
concave, so there is one best model and no seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.select.pick import Pick
from stages.select.ranker import FEATURES, Ranker, features_of

Array = NDArray[np.float64]

PENALTY = 1.0
"""L2 penalty on every parameter but the outside option's: a normal prior of deviation 1 on
standardised features and on teachers."""
_MAX_STEPS = 100
_TOLERANCE = 1e-10


def fit(picks: Sequence[Pick], alignment_model: str = "", penalty: float = PENALTY) -> Ranker:
    """The ranker of highest penalised likelihood. Raises ValueError when there is nothing to
    learn from: no clip with a good candidate."""
    if not any(pick.good for pick in picks):
        raise ValueError("nobody picked any candidate, so there is nothing to learn")
    options = [option for pick in picks for option in pick.options]
    raw = np.array([[np.nan if v is None else v for v in features_of(o)] for o in options])
    means, scales = _standard(raw)
    values = np.nan_to_num((raw - means) / scales, nan=0.0)
    labels = sorted({option.label for option in options})
    teachers = np.zeros((len(options), len(labels)))
    teachers[np.arange(len(options)), [labels.index(option.label) for option in options]] = 1.0
    parameters = _newton(_choices(picks, np.hstack([values, teachers])), penalty)
    n_features = len(FEATURES)
    weights, biases = parameters[:n_features], parameters[n_features:-1]
    return Ranker(
        means=dict(zip(FEATURES, means.tolist(), strict=True)),
        scales=dict(zip(FEATURES, scales.tolist(), strict=True)),
        weights=dict(zip(FEATURES, weights.tolist(), strict=True)),
        biases=dict(zip(labels, biases.tolist(), strict=True)),
        all_bad=float(parameters[-1]),
        alignment_model=alignment_model,
    )


def _standard(raw: Array) -> tuple[Array, Array]:
    """Mean and deviation of each column's known values; 0 and 1 where it has none or one only."""
    known = ~np.isnan(raw)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, raw, 0.0).sum(axis=0) / counts
    spread = np.where(known, raw - means, 0.0)
    scales = np.sqrt((spread**2).sum(axis=0) / counts)
    return means, np.where(scales > 1e-9, scales, 1.0)


@dataclass(frozen=True)
class _Choices:
    """Every choice with its alternatives, filled up to the longest: `values` (choices,
    alternatives, parameters), `there` which alternatives exist. `taken`: place of the one that was
    chosen; `weights`: of each choice. The alternative "all bad" has the last parameter alone."""

    values: Array
    there: NDArray[np.bool_]
    taken: NDArray[np.int64]
    weights: Array

    def shares(self, parameters: Array) -> Array:
        """Probability of each alternative, (choices, alternatives)."""
        utilities = np.where(self.there, self.values @ parameters, -np.inf)
        shares = np.exp(utilities - utilities.max(axis=1, keepdims=True))
        result: Array = shares / shares.sum(axis=1, keepdims=True)
        return result

    def likelihood(self, parameters: Array) -> float:
        chosen = self.shares(parameters)[np.arange(len(self.taken)), self.taken]
        return float(self.weights @ np.log(np.maximum(chosen, 1e-300)))

    def derivatives(self, parameters: Array) -> tuple[Array, Array]:
        """Gradient of the log-likelihood, and its negative second derivative."""
        shares = self.shares(parameters)
        means = np.einsum("ca,cap->cp", shares, self.values)
        chosen = self.values[np.arange(len(self.taken)), self.taken]
        centred = self.values - means[:, None, :]
        scaled = centred * (shares * self.weights[:, None])[:, :, None]
        n_parameters = len(parameters)
        curvature = scaled.reshape(-1, n_parameters).T @ centred.reshape(-1, n_parameters)
        return self.weights @ (chosen - means), curvature


def _choices(picks: Sequence[Pick], values: Array) -> _Choices:
    """`values`: of the options of all picks, one below the other."""
    rows: list[tuple[Array, int, float]] = []
    start = 0
    for pick in picks:
        own = values[start : start + len(pick.options)]
        start += len(pick.options)
        bad = [at for at in range(len(pick.options)) if at not in pick.good]
        alternatives = [[taken, *bad] for taken in sorted(pick.good)] or [bad]
        taken = 0 if pick.good else len(bad)
        rows += [(own[present], taken, 1.0 / len(alternatives)) for present in alternatives]
    longest = max(len(table) for table, _, _ in rows) + 1
    padded = np.zeros((len(rows), longest, values.shape[1] + 1))
    there = np.zeros((len(rows), longest), dtype=np.bool_)
    for at, (table, _, _) in enumerate(rows):
        padded[at, : len(table), :-1] = table
        padded[at, len(table), -1] = 1.0
        there[at, : len(table) + 1] = True
    taken_places = np.array([taken for _, taken, _ in rows], dtype=np.int64)
    return _Choices(padded, there, taken_places, np.array([weight for _, _, weight in rows]))


def _newton(choices: _Choices, penalty: float) -> Array:
    n_parameters = choices.values.shape[2]
    ridge = np.full(n_parameters, penalty)
    ridge[-1] = 1e-3  # all but free: the share of "all bad" is to be found, not assumed

    def objective(at: Array) -> float:
        return choices.likelihood(at) - 0.5 * float(ridge @ at**2)

    parameters = np.zeros(n_parameters)
    value = objective(parameters)
    for _ in range(_MAX_STEPS):
        gradient, curvature = choices.derivatives(parameters)
        step = np.linalg.solve(curvature + np.diag(ridge), gradient - ridge * parameters)
        size = 1.0
        while (tried := objective(parameters + size * step)) < value - 1e-12:
            size /= 2
        parameters, gain, value = parameters + size * step, tried - value, tried
        if gain < _TOLERANCE:
            break
    return parameters
