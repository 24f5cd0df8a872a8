"""How good a selector is on clips that it was not fitted to.

R@1, as Panda-70M measures its selector: the share of clips on which the first choice is one that
people found good. Clips whose candidates are all bad count for nobody and are left out. Folds keep
all clips of one source together, since clips of one video are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stages.select.balanced import drawing
from stages.select.fit import fit
from stages.select.pick import Pick
from stages.select.ranker import Option, Ranker


@dataclass(frozen=True)
class HeldOut:
    """R@1 of the model, of every single teacher and of chance, over the same `n_clips` clips in
    `n_folds` folds. A teacher without a candidate for a clip misses it. `all_bad_found`: of the
    `n_all_bad` clips without a good candidate, the share on which "all bad" is likelier than
    any candidate; null without such clips."""

    n_clips: int
    n_folds: int
    model: float
    chance: float
    teachers: dict[str, float]
    n_all_bad: int
    all_bad_found: float | None

    @property
    def best_teacher(self) -> str:
        return min(self.teachers, key=lambda name: (-self.teachers[name], name))


def evaluate(
    picks: Sequence[Pick], n_folds: int = 5, seed: int = 0, alignment_model: str = ""
) -> HeldOut:
    """Fit on all folds but one, test on that, for each. Raises ValueError when the picks come
    from fewer than two sources, or a fold leaves nothing to learn from."""
    folds = grouped_folds(picks, n_folds, seed)
    hits, chance, found, n_all_bad, n_clips = 0, 0.0, 0, 0, 0
    for test in folds:
        tested = {pick.clip for pick in test}
        ranker = fit([pick for pick in picks if pick.clip not in tested], alignment_model)
        for pick in test:
            if not pick.good:
                n_all_bad += 1
                found += max(map(ranker.utility, pick.options)) < ranker.all_bad
                continue
            n_clips += 1
            hits += first_of(pick.options, ranker.utility) in pick.good
            chance += len(pick.good) / len(pick.options)
    if not n_clips:
        raise ValueError("no clip has a good candidate")
    return HeldOut(
        n_clips=n_clips,
        n_folds=len(folds),
        model=hits / n_clips,
        chance=chance / n_clips,
        teachers=single_teachers(picks),
        n_all_bad=n_all_bad,
        all_bad_found=found / n_all_bad if n_all_bad else None,
    )


def grouped_folds(picks: Sequence[Pick], n_folds: int, seed: int) -> list[list[Pick]]:
    """At most `n_folds` parts of nearly equal size with whole groups; groups are drawn in the
    order of a hash with the seed, each to the smallest part so far."""
    groups: dict[str, list[Pick]] = {}
    for pick in picks:
        groups.setdefault(pick.group, []).append(pick)
    if len(groups) < 2:
        raise ValueError(f"picks from at least two sources are needed, not {len(groups)}")

    def drawn(name: str) -> tuple[int, str]:
        return -len(groups[name]), drawing(seed, name)

    folds: list[list[Pick]] = [[] for _ in range(min(n_folds, len(groups)))]
    for name in sorted(groups, key=drawn):
        min(folds, key=len).extend(groups[name])
    return folds


def first_of(options: Sequence[Option], utility: Callable[[Option], float]) -> int:
    """The place of the highest utility; the first of equals."""
    return max(range(len(options)), key=lambda at: (utility(options[at]), -at))


def single_teachers(picks: Sequence[Pick]) -> dict[str, float]:
    """R@1 of always taking one teacher's candidate, by teacher/style."""
    judged = [pick for pick in picks if pick.good]
    labels = sorted({option.label for pick in picks for option in pick.options})
    return {
        label: sum(label in pick.good_labels for pick in judged) / len(judged) for label in labels
    }


def with_metrics(ranker: Ranker, found: HeldOut) -> dict[str, object]:
    """`ranker` as JSON, with what was found of it."""
    return {**ranker.to_json(), "metrics": {**vars(found), "best_teacher": found.best_teacher}}
