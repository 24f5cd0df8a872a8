"""Requests and answers of the chat completions protocol: what goes out, what may come back."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schemas.outcomes import ItemError, Reason
from stages.caption.config_server import AskingConfig

_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
MAX_QUOTED_CHARS = 200


@dataclass(frozen=True)
class Answer:
    """What a server said to one request. Token counts are null where it gave none."""

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def tokens(self) -> int:
        return (self.input_tokens or 0) + (self.output_tokens or 0)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Answer:
        return cls(**json.loads(data))


def chat_body(parts: Sequence[str | bytes], config: AskingConfig) -> dict[str, Any]:
    """The body of a request with one message; `parts` are texts and JPEGs in their order."""
    content: Any = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": data_url(part)}}
        for part in parts
    ]
    if all(isinstance(part, str) for part in parts):
        content = "\n".join(part for part in parts if isinstance(part, str))
    body = {
        "model": config.model,
        "messages": [{"role": "user", "content": content}],
        "temperature": config.temperature,
        "seed": config.seed,
        "max_tokens": config.max_output_tokens,
        "stream": False,
    } | config.extra
    return {key: value for key, value in body.items() if value is not None}


def data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def encoded(body: dict[str, Any]) -> bytes:
    """The one spelling of a body: what is sent is what was hashed."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parsed(data: bytes, content_type: str) -> Answer:
    """The answer in a response body. Raises ItemError BAD_ANSWER for anything else."""
    try:
        body = json.loads(data)
        choice = body["choices"][0]
        message, usage = choice["message"], body.get("usage") or {}
        content = message.get("content")
        if isinstance(content, list):
            content = "".join(part.get("text", "") for part in content)
        return Answer(
            text=content or "",
            finish_reason=str(choice.get("finish_reason") or "stop"),
            refusal=message.get("refusal") or None,
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ItemError(
            Reason.BAD_ANSWER,
            f"the server answered {content_type or 'something'} that is no chat completion: "
            f"{quoted(data)}",
            "check the server's base_url",
        ) from error


def text_of(answer: Answer, max_output_tokens: int) -> str:
    """The words of an answer, without a reasoning model's thoughts. Raises ItemError
    REQUEST_REFUSED, ENDLESS_ANSWER or EMPTY_ANSWER."""
    if answer.refusal or answer.finish_reason == "content_filter":
        why = answer.refusal or "its content filter"
        raise ItemError(Reason.REQUEST_REFUSED, f"the model refused: {quoted(why.encode())}")
    if answer.finish_reason == "length":
        raise ItemError(
            Reason.ENDLESS_ANSWER,
            f"the answer was cut off after max_output_tokens = {max_output_tokens}",
            "raise it if the answers are good so far",
        )
    text = _THOUGHT.sub("", answer.text).strip()
    if not text:
        raise ItemError(Reason.EMPTY_ANSWER, "the model answered without a word")
    return text


def quoted(data: bytes) -> str:
    """The beginning of an answer, in one line, for people."""
    text = " ".join(data[: 4 * MAX_QUOTED_CHARS].decode("utf-8", "replace").split())
    return text if len(text) <= MAX_QUOTED_CHARS else text[: MAX_QUOTED_CHARS - 1] + "…"


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
