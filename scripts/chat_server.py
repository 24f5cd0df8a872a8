"""A chat server of known capacity and with faults on demand, over loopback: for tests and
measurements of what asks it.

It speaks enough of the OpenAI protocol for `POST /v1/chat/completions`, keeps the requests that
it got, and can be told to fail. A thread has its event loop, so that the code under test runs as
it always does.

    python -m scripts.chat_server --slots 8 --service-s 0.25
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """How one request is answered instead. `hang`: never; `endless`: with a body that does not
    end; `drop`: the connection is cut."""

    status: int = 200
    body: str = "{}"
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = ""


HTML = Fault(body="<!doctype html><title>Welcome to nginx!</title>", content_type="text/html")
NOT_FOUND = Fault(404, '{"error": {"message": "The model `m` does not exist."}}')
OVERLOADED = Fault(429, '{"error": {"message": "slow down"}}')
BROKEN = Fault(500, '{"error": {"message": "CUDA error"}}')
REFUSED_IMAGE = Fault(400, '{"error": {"message": "could not decode image"}}')
HANG = Fault(kind="hang")
ENDLESS = Fault(kind="endless")
DROP = Fault(kind="drop")


def overloaded_for(seconds: float) -> Fault:
    return Fault(429, OVERLOADED.body, headers={"Retry-After": f"{seconds:g}"})


@dataclass
class Behaviour:
    """What the server can do. `slots` requests are served at once, each for `service_s`; others
    wait, or are refused with 429 when `queue` is off. `faults` are used up one by one before it
    works; `fault_for` decides by the request."""

    slots: int = 64
    service_s: float = 0.0
    queue: bool = True
    keep_requests: bool = True
    api_key: str = ""
    answer: Callable[[Body], str] = lambda body: f"A caption of {len(str(body))} characters."
    finish_reason: str = "stop"
    faults: deque[Fault] = field(default_factory=deque)
    fault_for: Callable[[Body], Fault | None] = lambda body: None


class ChatServer:
    """Use as a context manager; `base_url` is where it listens."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.requests: list[Body] = []
        self.n_requests = 0
        self.served: list[tuple[float, float]] = []
        """Start and end (monotonic seconds) of each request that had a slot."""
        self.refused: list[float] = []
        """When (monotonic seconds) each fault was answered."""
        self.most_at_once = 0
        self.base_url = ""
        self._inside = 0
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> ChatServer:
        self._thread.start()
        self._started.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._slots = asyncio.Semaphore(self.behaviour.slots)
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/chat/completions", self._completion)
        app.router.add_get("/stats", self._stats)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _completion(self, request: web.Request) -> web.StreamResponse:
        body: Body = await request.json()
        behaviour = self.behaviour
        self.n_requests += 1
        if behaviour.keep_requests:
            self.requests.append(body)
        given = request.headers.get("Authorization", "")
        if behaviour.api_key and given != f"Bearer {behaviour.api_key}":
            text = json.dumps({"error": {"message": f"Incorrect API key provided: {given}"}})
            return web.Response(status=401, text=text, content_type="application/json")
        fault = behaviour.faults.popleft() if behaviour.faults else behaviour.fault_for(body)
        if fault is not None:
            return await self._faulty(request, fault)
        if not behaviour.queue and self._slots.locked():
            return await self._faulty(request, OVERLOADED)
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        try:
            async with self._slots:
                started = time.monotonic()
                await asyncio.sleep(behaviour.service_s)
                self.served.append((started, time.monotonic()))
        finally:
            self._inside -= 1
        return web.json_response(completion(body, behaviour.answer(body), behaviour.finish_reason))

    async def _stats(self, request: web.Request) -> web.Response:
        """What has happened so far; forgotten with ?reset=1."""
        response = web.json_response(
            {
                "n_requests": self.n_requests,
                "n_refused": len(self.refused),
                "served": self.served,
            }
        )
        if request.query.get("reset"):
            self.n_requests = 0
            self.served, self.refused, self.requests = [], [], []
        return response

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        self.refused.append(time.monotonic())
        if fault.kind == "hang":
            await asyncio.sleep(3_600)
        if fault.kind == "drop" and request.transport is not None:
            request.transport.close()
        if fault.kind == "endless":
            response = web.StreamResponse()
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):  # they have heard enough
                while True:
                    await response.write(b'{"choices": ' + b" " * 100_000)
            return response
        return web.Response(
            status=fault.status,
            text=fault.body,
            content_type=fault.content_type,
            headers=fault.headers,
        )


def completion(body: Body, text: str, finish_reason: str = "stop") -> Body:
    """A chat completion. A token is four characters here; a picture is 100."""
    words, pictures = content_of(body)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {
            "prompt_tokens": len(words) // 4 + 100 * len(pictures),
            "completion_tokens": len(text) // 4,
        },
    }


def content_of(body: Body) -> tuple[str, list[str]]:
    """The text and the picture URLs of a request's last message."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content, []
    words = "\n".join(part["text"] for part in content if part["type"] == "text")
    return words, [part["image_url"]["url"] for part in content if part["type"] == "image_url"]


def main() -> None:
    parser = argparse.ArgumentParser(description="A chat server of known capacity.")
    parser.add_argument("--slots", type=int, default=8, help="requests served at once")
    parser.add_argument("--service-s", type=float, default=0.25, help="seconds for each")
    parser.add_argument("--no-queue", action="store_true", help="answer 429 instead of queueing")
    asked = parser.parse_args()
    behaviour = Behaviour(
        asked.slots, asked.service_s, queue=not asked.no_queue, keep_requests=False
    )
    with ChatServer(behaviour) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
