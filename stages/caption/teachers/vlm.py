"""`vlm`: a vision-language model behind any OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from stages.base import Worker
from stages.caption.config_server import VlmConfig
from stages.caption.looking import (
    CONTEXT_TEACHERS,
    by_scale,
    candidate_of,
    frames_of,
    parts_of,
    plan_of,
)
from stages.caption.server.client import ChatClient
from stages.caption.server.pool import ServerPool
from stages.caption.server.spent import Spent
from stages.caption.server.teacher import ServerTeacher
from stages.caption.strategies.plan import Frame, Plan, Request, TimedText
from stages.caption.teacher import Candidate, Clip


@dataclass
class Look:
    """One clip while its styles are asked for, one after the other: steps that two styles have
    in common are asked once."""

    clip: Clip
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    frames: list[Frame] | None = None
    said: dict[Request, tuple[str, Spent]] = field(default_factory=dict)


class VlmTeacher(ServerTeacher[VlmConfig]):
    """Runs its strategy on all clips at once, as fast as the server answers."""

    name = "vlm"
    styles: tuple[str, ...] = ("dense",)
    uses = CONTEXT_TEACHERS

    def __init__(self, config: VlmConfig, pool: ServerPool) -> None:
        super().__init__(config, pool)
        self.name = config.name
        self.styles = tuple(config.styles)

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        client = self.client(worker)
        candidates: list[Candidate] = []
        for group in by_scale(clips):
            candidates += self._group(group, clips, candidates, client, worker)
        return candidates

    def _group(
        self,
        group: Sequence[Clip],
        clips: Sequence[Clip],
        before: Sequence[Candidate],
        client: ChatClient,
        worker: Worker,
    ) -> list[Candidate]:
        """Candidates of the clips of one scale; `before` are those of smaller ones."""
        jobs = [(look, style, Spent()) for look in map(Look, group) for style in self.styles]
        parts = [parts_of(look.clip, clips, before, style) for look, style, _ in jobs]
        works = [
            partial(self._text, look, style, timed, spent, client, worker)
            for (look, style, spent), (timed, _) in zip(jobs, parts, strict=True)
        ]
        items = [f"{self.name} of {look.clip.shot_id}" for look, _, _ in jobs]
        texts = self.together(items, works, worker)
        return [
            self.finished(
                candidate_of(self, self.config, look.clip, text, spent, part_ids), spent, style
            )
            for (look, style, spent), (_, part_ids), text in zip(jobs, parts, texts, strict=True)
        ]

    async def _text(
        self,
        look: Look,
        style: str,
        parts: Sequence[TimedText],
        spent: Spent,
        client: ChatClient,
        worker: Worker,
    ) -> str:
        async with look.turn:
            if look.frames is None:
                look.frames = await asyncio.to_thread(frames_of, look.clip, self.config, worker)
            plan = plan_of(look.clip, style, parts, look.frames, self.config)
            return await self._carried_out(plan, look, spent, client)

    async def _carried_out(self, plan: Plan, look: Look, spent: Spent, client: ChatClient) -> str:
        """Answer a plan's requests until it returns the caption."""
        try:
            requests = next(plan)
            while True:
                replies = await asyncio.gather(
                    *(self._step(request, look, spent, client) for request in requests),
                    return_exceptions=True,
                )
                texts = []
                for reply in replies:
                    if isinstance(reply, BaseException):
                        raise reply
                    texts.append(reply)
                requests = plan.send(tuple(texts))
        except StopIteration as end:
            return str(end.value)

    async def _step(self, request: Request, look: Look, spent: Spent, client: ChatClient) -> str:
        if request in look.said:
            text, before = look.said[request]
            for key in before.hashes:
                spent.add(request, key)
            return text
        own = Spent()
        try:
            text = await self.reply(client, request, own, self.config.max_side_px)
        finally:
            for key in own.hashes:
                spent.add(request, key, own.input_tokens, own.output_tokens)
        look.said[request] = (text, own)
        return text
