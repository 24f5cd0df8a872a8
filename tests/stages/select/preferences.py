"""A preference set with known truth: clips, what four teachers say of them, and what is good.

Each clip has a true sentence. A teacher hits it with its own probability and then says it in its
own words (a shuffle of its parts); otherwise it fails in one of five ways: a loop, another clip's
sentence, half of one, a stock phrase, words of an assistant. So no teacher is good everywhere, some
failures show in the text and some only beside the other candidates, and the truth is known without
anybody's judgement.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from stages.caption.teacher import Candidate
from stages.select.config import SelectConfig
from stages.select.pick import Pick
from stages.select.policies import option_of
from stages.select.score import ClipTexts, Scored, score_unit

WHO = ["an old man", "a young woman", "two children", "a black dog", "a white horse", "a cook"]
DOES = ["walks slowly", "jumps high", "sleeps", "runs fast", "looks around", "dances"]
WHERE = ["on a sandy beach", "in a dark forest", "in a bright kitchen", "on a wet street"]
WHEN = ["at sunset", "in the rain", "early in the morning", "under a clear sky"]
HITS = {"alpha": 0.55, "beta": 0.5, "gamma": 0.45, "delta": 0.4}
"""How often each teacher is good."""


@dataclass(frozen=True)
class Truth:
    """A clip's scored candidates, and which of them are good."""

    shot_id: str
    source_id: str
    scored: list[Scored]
    good: frozenset[str] = field(default_factory=frozenset)

    def pick(self) -> Pick:
        places = [at for at, s in enumerate(self.scored) if s.candidate.caption_id in self.good]
        options = tuple(option_of(each) for each in self.scored)
        return Pick(self.shot_id, self.source_id, options, frozenset(places))


def preference_set(
    n_clips: int = 120, per_source: int = 6, seed: int = 5, skill: float = 1.0
) -> list[Truth]:
    """Clips in units of one source each, scored as the caption stage scores them. `skill`: by
    which every teacher's probability is multiplied."""
    draw = random.Random(seed)
    truths = []
    for start in range(0, n_clips, per_source):
        source_id = f"source{start // per_source}"
        facts = [tuple(map(draw.choice, (WHO, DOES, WHERE, WHEN))) for _ in range(per_source)]
        clips, good = [], {}
        for at, fact in enumerate(facts):
            shot_id = f"shot{start + at}"
            other = facts[(at + 1) % per_source]
            said = [_candidate(shot_id, name, fact, other, skill, draw) for name in HITS]
            clips.append(ClipTexts(shot_id, [candidate for candidate, _ in said]))
            good[shot_id] = frozenset(c.caption_id for c, is_good in said if is_good)
        scored = score_unit(clips, SelectConfig())
        truths += [Truth(c.shot_id, source_id, scored[c.shot_id], good[c.shot_id]) for c in clips]
    return truths


def _candidate(
    shot_id: str,
    teacher: str,
    fact: tuple[str, ...],
    other: tuple[str, ...],
    skill: float,
    draw: random.Random,
) -> tuple[Candidate, bool]:
    is_good = draw.random() < skill * HITS[teacher]
    who, does, where, when = fact
    text = draw.choice(
        [f"{who} {does} {where} {when}", f"{when} {who} {does} {where}", f"{where}, {who} {does}"]
    )
    if not is_good:
        text = draw.choice(
            [
                f"{who} {does} and " + "then " * 8,
                " ".join(other),
                f"{other[0]} {does} {other[2]}",
                "a video of something that is there",
                "I'm sorry, but I cannot see the video",
            ]
        )
    return Candidate(shot_id, teacher, "short", "en", text), is_good
