"""One server, as the teachers of one process ask it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.outcomes import ItemError, Reason
from stages.caption.config_server import ServerConfig
from stages.caption.server.breaker import Breaker
from stages.caption.server.budget import Budget
from stages.caption.server.cache import AnswerCache
from stages.caption.server.concurrency import AdaptiveLimit, Gate
from stages.caption.server.message import Answer, digest, encoded, parsed, quoted
from stages.caption.server.retries import (
    DENIED,
    OVERLOADED,
    is_passing,
    pause_s,
    retry_after_s,
)

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT_S = 20.0
HIDDEN = "[key]"

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Reply:
    """A request, by its hash, and its answer."""

    request_sha256: str
    answer: Answer


@dataclass
class _Refusal(Exception):
    """A try that did not give an answer, and may succeed later."""

    why: str
    is_overload: bool
    retry_after_s: float | None = None


class ChatClient:
    """Asks one server: cached answers first, then the budget, then HTTP with retries.

    Every failure is an ItemError; none holds the key. Lives in the event loop that first asks.
    """

    def __init__(
        self,
        name: str,
        config: ServerConfig,
        cache: AnswerCache,
        budget: Budget,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.name = name
        self.config = config
        self.limit = AdaptiveLimit(
            config.initial_concurrency, config.max_concurrency, config.max_slowdown
        )
        self.breaker = Breaker()
        self._gate = Gate(self.limit)
        self._cache = cache
        self._budget = budget
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None
        self._n_sent = 0
        self._asked: dict[str, asyncio.Task[Answer]] = {}
        self._key = key_of(config) or ""

    async def ask(self, body: dict[str, Any]) -> Reply:
        """The answer to a chat completion request. The same request at the same time is sent
        once. Raises ItemError SERVER_UNAVAILABLE, SERVER_DENIED, BAD_ANSWER, REQUEST_REFUSED,
        ENDLESS_ANSWER or BUDGET_SPENT."""
        data = encoded(body)
        key = digest(data)
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._answer(key, data))
            self._asked[key] = task
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return Reply(key, await asyncio.shield(task))

    def new_unit(self) -> None:
        """Forget that the server was away."""
        self.breaker = Breaker()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _answer(self, key: str, data: bytes) -> Answer:
        cached = await asyncio.to_thread(self._cache.get, key)
        if cached is not None:
            return cached
        was_full = self._gate.is_full
        async with self._gate:
            try:
                answer = await self._with_retries(key, data, was_full)
            except ItemError as error:
                self.breaker.failed(error)
                raise
        self.breaker.answered()
        await asyncio.to_thread(self._cache.put, key, answer)
        return answer

    async def _with_retries(self, key: str, data: bytes, was_full: bool) -> Answer:
        """Holds its place while it waits: a server that refuses gets fewer requests."""
        config = self.config
        for attempt in range(1, config.max_retries + 2):
            self.breaker.check()
            if self._budget.is_limited:
                await asyncio.to_thread(self._budget.take_request)
            started = time.monotonic()
            try:
                answer = await self._once(data)
            except _Refusal as refusal:
                last = refusal
                if refusal.is_overload:
                    self.limit.refused(self._n_sent)
                wait_s = pause_s(attempt, config.retry_base_s, config.max_retry_wait_s, key)
                asked_s = refusal.retry_after_s or 0.0
                if asked_s > config.max_retry_wait_s:
                    last.why += f"; it asks to come back in {asked_s:g} s, not worth the wait"
                    break
                if attempt <= config.max_retries:
                    await self._sleep(max(wait_s, asked_s))
                continue
            self.limit.answered(time.monotonic() - started, was_full)
            if self._budget.is_limited:
                await asyncio.to_thread(self._budget.pay_tokens, answer.tokens)
            return answer
        raise ItemError(
            Reason.SERVER_UNAVAILABLE,
            f"server {self.name} at {config.base_url}: {last.why} ({attempt} tries)",
        )

    async def _once(self, data: bytes) -> Answer:
        """One HTTP request. Raises _Refusal where another try may help, else ItemError."""
        import aiohttp

        url = f"{self.config.base_url}/chat/completions"
        self._n_sent += 1
        try:
            async with self._open().post(url, data=data, allow_redirects=False) as response:
                body = await self._read(response)
                return self._judged(response, body)
        except TimeoutError:
            raise _Refusal(f"no answer within {self.config.timeout_s:g} s", True) from None
        except aiohttp.ClientError as error:
            why = self._safe(str(error) or type(error).__name__)
            raise _Refusal(f"the connection failed: {why}", False) from None
        finally:
            self._n_sent -= 1

    def _judged(self, response: aiohttp.ClientResponse, body: bytes) -> Answer:
        status, said = response.status, quoted(body)
        if status == 200:
            return parsed(body, response.content_type)
        where = f"server {self.name} at {self.config.base_url}"
        if is_passing(status):
            wait_s = retry_after_s(response.headers.get("Retry-After"))
            raise _Refusal(f"HTTP {status}: {said}", status in OVERLOADED, wait_s)
        if status in DENIED:
            raise ItemError(
                Reason.SERVER_DENIED,
                f"{where} refuses every request with HTTP {status}: {said}",
                "check base_url, model, and the key in the variable that api_key_env names",
            )
        if 300 <= status < 400:
            raise ItemError(
                Reason.BAD_ANSWER,
                f"{where} redirects (HTTP {status})",
                "give base_url the address that it redirects to",
            )
        raise ItemError(
            Reason.REQUEST_REFUSED, f"{where} refuses this request with HTTP {status}: {said}"
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self.config.max_answer_bytes:
                raise ItemError(
                    Reason.ENDLESS_ANSWER,
                    f"the answer is longer than max_answer_bytes = {self.config.max_answer_bytes}",
                )
        # Servers like to quote the key that they refuse. Hidden here, before anything is cut.
        return self._safe(body.decode("utf-8", "replace")).encode()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            self._session = aiohttp.ClientSession(
                headers=headers,
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(
                    total=self.config.timeout_s, sock_connect=CONNECT_TIMEOUT_S
                ),
            )
        return self._session

    def _safe(self, text: str) -> str:
        """The text without the key, also as JSON spells it."""
        for spelling in {self._key, self._key.replace("/", "\\/")} - {""}:
            text = text.replace(spelling, HIDDEN)
        return text


def key_of(config: ServerConfig) -> str | None:
    """The key, from the environment; null where none is named. Raises ItemError SERVER_DENIED
    when the variable is empty or holds what no header can."""
    if config.api_key_env is None:
        return None
    key = os.environ.get(config.api_key_env, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ItemError(
            Reason.SERVER_DENIED,
            f"environment variable {config.api_key_env} holds no key for {config.base_url}",
            "set it where the workers run",
        )
    return key
