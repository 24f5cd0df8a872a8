"""What one caption took: the prompts, the frames, what was sent, and the tokens it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stages.caption.server.message import digest
from stages.caption.strategies.plan import Picture, Request


@dataclass
class Spent:
    """Grows with each request behind a caption, in any order. A request that an earlier style of
    the same clip has paid for belongs to what was sent, and costs nothing again."""

    prompts: set[str] = field(default_factory=set)
    times_s: set[float] = field(default_factory=set)
    """Times of the frames, from the clip's start."""
    hashes: list[str] = field(default_factory=list)
    input_tokens: int | None = None
    output_tokens: int | None = None

    def add(
        self,
        request: Request,
        request_sha256: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> None:
        self.prompts |= set(request.prompts)
        for part in request.parts:
            if isinstance(part, Picture):
                self.times_s |= {frame.time_s for frame in part.frames}
        if request_sha256 is not None:
            self.hashes.append(request_sha256)
        self.take_tokens(input_tokens, output_tokens)

    def take_tokens(self, input_tokens: int | None, output_tokens: int | None) -> None:
        self.input_tokens = _sum(self.input_tokens, input_tokens)
        self.output_tokens = _sum(self.output_tokens, output_tokens)

    def columns(
        self,
        input_usd_per_million: float | None = None,
        output_usd_per_million: float | None = None,
    ) -> dict[str, Any]:
        """The columns of a candidate that tell of it. The hash of several requests is that of
        their sorted hashes."""
        cost = None
        has_price = input_usd_per_million is not None or output_usd_per_million is not None
        if has_price and (self.input_tokens is not None or self.output_tokens is not None):
            cost = (self.input_tokens or 0) * (input_usd_per_million or 0.0) / 1e6
            cost += (self.output_tokens or 0) * (output_usd_per_million or 0.0) / 1e6
        hashes = sorted(self.hashes)
        joined = hashes[0] if len(hashes) == 1 else digest("\n".join(hashes).encode())
        return {
            "prompt_id": "+".join(sorted(self.prompts)) or None,
            "request_sha256": joined if hashes else None,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": cost,
        }


def _sum(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return right if left is None else left
    return left + right
