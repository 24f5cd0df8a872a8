"""The servers that the teachers of one process share, and the event loop that they live in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from stages.base import Worker
from stages.caption.config_server import ServerConfig
from stages.caption.server.budget import Budget
from stages.caption.server.cache import AnswerCache
from stages.caption.server.client import ChatClient

T = TypeVar("T")


class ServerPool:
    """One client for each server, however many teachers ask it: limits and budget are the
    server's."""

    def __init__(self, servers: Mapping[str, ServerConfig], cache_folder: str) -> None:
        self.servers = dict(servers)
        self._cache_folder = cache_folder
        self._clients: dict[str, ChatClient] = {}
        self._runner: asyncio.Runner | None = None

    def client(self, name: str, worker: Worker) -> ChatClient:
        """Raises ItemError SERVER_DENIED when its key is missing."""
        if name not in self._clients:
            config = self.servers[name]
            budget = Budget(name, config.max_requests, config.max_tokens, worker.count)
            cache = AnswerCache(worker.store(self._cache_folder))
            self._clients[name] = ChatClient(name, config, cache, budget)
        return self._clients[name]

    def run_all(
        self, works: Sequence[Callable[[], Coroutine[Any, Any, T]]], at_once: int
    ) -> list[T | Exception]:
        """Do all of it, `at_once` at a time; what one raised stands in its place."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(_gathered(works, at_once))

    def close(self) -> None:
        if self._runner is not None:
            for client in self._clients.values():
                self._runner.run(client.close())
            self._runner.close()
        self._runner = None
        self._clients = {}


async def _gathered(
    works: Sequence[Callable[[], Coroutine[Any, Any, T]]], at_once: int
) -> list[T | Exception]:
    places = asyncio.Semaphore(at_once)

    async def placed(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with places:
            return await work()

    results = await asyncio.gather(*map(placed, works), return_exceptions=True)
    settled: list[T | Exception] = []
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
        settled.append(result)
    return settled
