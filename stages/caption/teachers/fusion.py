"""`fusion`: a language model merges what the other teachers said, and may add nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from schemas.outcomes import Outcome, Reason
from stages.base import Failure, Worker
from stages.caption.config_server import FusionConfig
from stages.caption.looking import cleaned
from stages.caption.prompts import prompts_with
from stages.caption.server.spent import Spent
from stages.caption.server.teacher import ServerTeacher
from stages.caption.strategies.plan import Request, language_name
from stages.caption.teacher import Candidate, Clip
from stages.caption.words import shortened


class FusionTeacher(ServerTeacher[FusionConfig]):
    """One request per clip, without pictures. Its inputs are the candidates that it saw."""

    name = "fusion"
    styles = ("fused",)

    def used(self, others: Collection[str]) -> set[str]:
        return set(others) & set(self.config.teachers or others)

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        client = self.client(worker)
        candidates, jobs = [], []
        for clip in clips:
            merged = mergeable(clip.heard)
            if len(merged) >= self.config.min_candidates:
                jobs.append((clip, merged, Spent()))
                continue
            detail = f"{len(merged)} usable candidates, min_candidates is "
            detail += str(self.config.min_candidates)
            candidates.append(self.unsaid(clip, Reason.NOTHING_TO_SAY, detail, labels(merged)))
        works = [
            partial(self.reply, client, fusion_request(merged, self.config), spent, 0)
            for _, merged, spent in jobs
        ]
        texts = self.together([f"fusion of {clip.shot_id}" for clip, _, _ in jobs], works, worker)
        for (clip, merged, spent), text in zip(jobs, texts, strict=True):
            candidate = self._of(clip, labels(merged), text)
            candidates.append(self.finished(candidate, spent, self.styles[0]))
        return candidates

    def _of(self, clip: Clip, inputs: Sequence[str], text: str | Failure) -> Candidate:
        if isinstance(text, Failure):
            return self.broke(clip, text, inputs)
        said = cleaned(text)
        if not said:
            return self.unsaid(clip, Reason.EMPTY_ANSWER, "the answer holds no text", inputs)
        return self.said(clip, said, self.config.language, inputs)


def mergeable(heard: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with a text, by teacher and style."""
    usable = [one for one in heard if one.outcome == Outcome.KEPT and one.text]
    return sorted(usable, key=lambda one: (one.teacher, one.style))


def labels(candidates: Sequence[Candidate]) -> list[str]:
    """How the `inputs` column and the prompt name candidates."""
    return [f"{one.teacher}/{one.style}" for one in candidates]


def fusion_request(candidates: Sequence[Candidate], config: FusionConfig) -> Request:
    """The request that merges `candidates`, each on a line of its own after its label."""
    lines = [
        f"{label}: {shortened(one.text or '', config.max_candidate_chars)}"
        for label, one in zip(labels(candidates), candidates, strict=True)
    ]
    prompt = prompts_with(config.prompts)["fusion"]
    text = prompt.filled(language=language_name(config.language), candidates="\n".join(lines))
    return Request((text,), (prompt.label,))
