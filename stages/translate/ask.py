"""A language model behind an OpenAI-compatible server, as one way to translate again.

Whole texts are asked for, not sentences. A text that the server does not answer keeps the tries
before; why stands in its row. Answers are kept by what was asked, so none is paid for twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from schemas.outcomes import Reason
from stages.base import Failure, StageError, Unit, dropped, kept
from stages.caption.config_server import AskingConfig, ServerConfig
from stages.caption.server.client import ChatClient
from stages.caption.server.message import chat_body, text_of
from stages.caption.server.pool import ServerPool
from stages.caption.strategies.plan import language_name
from stages.translate.config_checks import AskConfig
from stages.translate.escalate import Asked
from stages.translate.finished import Finished

ANSWERS = "answers"
"""Folder of the run with what servers answered; caption's teachers use the same by default."""
_FIELD = re.compile(r"\{(source|target|text)\}")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」"}


class ServerAgain:
    """Asks one model for every text, all at once."""

    def __init__(self, settings: str, config: AskConfig, servers: Mapping[str, ServerConfig]):
        """Raises StageError for a server that is not configured."""
        if config.server not in servers:
            known = ", ".join(sorted(servers)) or "none"
            raise StageError(
                f"translate.escalate: server {config.server!r} is not in translate.servers "
                f"({known})"
            )
        self.settings = settings
        self._config = config
        self._asking = AskingConfig(
            server=config.server,
            model=config.model,
            temperature=config.temperature,
            seed=config.seed,
            max_output_tokens=config.max_output_tokens,
            extra=config.extra,
        )
        self._pool = ServerPool(servers, ANSWERS)

    def translate(self, unit: Unit, asked: Sequence[Asked]) -> list[Finished]:
        client = unit.attempt(self.settings, self._pool.client, self._config.server, unit)
        if isinstance(client, Failure):
            return [self._broke(one, client) for one in asked]
        client.new_unit()
        works = [partial(self._reply, client, one) for one in asked]
        at_once = self._pool.servers[self._config.server].max_concurrency
        return [
            self._finished(unit, one, result)
            for one, result in zip(asked, self._pool.run_all(works, at_once), strict=True)
        ]

    def close(self) -> None:
        self._pool.close()

    async def _reply(self, client: ChatClient, asked: Asked) -> str:
        source, language = asked
        prompt = worded(self._config.prompt, source.text, source.language, language)
        reply = await client.ask(chat_body([prompt], self._asking))
        return unquoted(text_of(reply.answer, self._config.max_output_tokens), source.text)

    def _finished(self, unit: Unit, asked: Asked, result: str | Exception) -> Finished:
        text = unit.attempt(asked[0].text_id, _settled, result)
        if isinstance(text, Failure):
            return self._broke(asked, text)
        ending = kept() if text else dropped(Reason.EMPTY_TRANSLATION, "the answer is empty")
        return Finished(*asked, self._config.model, False, ending, text or None)

    def _broke(self, asked: Asked, failure: Failure) -> Finished:
        return Finished(*asked, self._config.model, False, failure.ending())


def worded(prompt: str, text: str, source: str, target: str) -> str:
    """The prompt for one text; languages are BCP-47 tags."""
    fields = {"source": language_name(source), "target": language_name(target), "text": text}
    # One pass, so that braces in the text stay what they are.
    return _FIELD.sub(lambda found: fields[found[1]], prompt)


def unquoted(answer: str, source: str) -> str:
    """An answer without the quotation marks that a model puts around it of its own accord."""
    text = answer.strip()
    closer = _QUOTES.get(text[:1])
    if closer and len(text) > 1 and text.endswith(closer) and source.strip()[:1] not in _QUOTES:
        inner = text[1:-1]
        if not set(inner) & {text[0], closer}:
            return inner.strip()
    return text


def _settled(result: str | Exception) -> str:
    if isinstance(result, Exception):
        raise result
    return result
