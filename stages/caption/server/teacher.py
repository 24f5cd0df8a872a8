"""What the teachers behind a model server share: their client, their checks, their books."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from schemas.outcomes import ItemError
from stages.base import Failure, StageError, Worker
from stages.caption.config_server import AskingConfig
from stages.caption.pictures import as_jpeg
from stages.caption.server.client import ChatClient, key_of
from stages.caption.server.message import chat_body, text_of
from stages.caption.server.pool import ServerPool
from stages.caption.server.spent import Spent
from stages.caption.strategies.plan import Picture, Request
from stages.caption.teacher import Candidate, Teacher

AskingConfigT = TypeVar("AskingConfigT", bound=AskingConfig)
T = TypeVar("T")

AHEAD = 2
"""Works in hand for each request that may be in flight."""


class ServerTeacher(Teacher[AskingConfigT]):
    """A teacher that asks one server of the pool."""

    def __init__(self, config: AskingConfigT, pool: ServerPool) -> None:
        super().__init__(config)
        self.pool = pool

    @property
    def model_name(self) -> str:
        return self.config.model

    def check(self) -> None:
        try:
            key_of(self.pool.servers[self.config.server])
        except ItemError as error:
            raise StageError(f"teacher {self.name}: {error}") from error

    def teardown(self) -> None:
        self.pool.close()

    def client(self, worker: Worker) -> ChatClient:
        """The server's client, at the start of a unit."""
        client = self.pool.client(self.config.server, worker)
        client.new_unit()
        return client

    async def reply(
        self, client: ChatClient, request: Request, spent: Spent, max_side_px: int
    ) -> str:
        """The words that answer a request. Raises ItemError; what was paid is in `spent`."""
        parts: list[str | bytes] = []
        for part in request.parts:
            if isinstance(part, Picture):
                parts.append(await asyncio.to_thread(as_jpeg, part, max_side_px))
            else:
                parts.append(part)
        reply = await client.ask(chat_body(parts, self.config))
        answer = reply.answer
        spent.add(request, reply.request_sha256, answer.input_tokens, answer.output_tokens)
        return text_of(answer, self.config.max_output_tokens)

    def together(
        self,
        items: Sequence[str],
        works: Sequence[Callable[[], Coroutine[Any, Any, T]]],
        worker: Worker,
    ) -> list[T | Failure]:
        """Do all of `works`; what went wrong with one is a Failure in its place. A few more are
        in hand than can be in flight, so that pictures are ready when there is room, and the
        memory of a large unit stays bounded."""
        at_once = AHEAD * self.pool.servers[self.config.server].max_concurrency
        results = self.pool.run_all(works, at_once)
        return [
            worker.attempt(item, _settled, result)
            for item, result in zip(items, results, strict=True)
        ]

    def finished(self, candidate: Candidate, spent: Spent, style: str) -> Candidate:
        """The candidate in its style, with what it took."""
        config = self.config
        columns = spent.columns(config.input_usd_per_million, config.output_usd_per_million)
        return replace(candidate, style=style, **columns)


def _settled(result: T | Exception) -> T:
    if isinstance(result, Exception):
        raise result
    return result
