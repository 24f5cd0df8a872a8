"""Answers by the hash of what was asked, so that nothing is paid for twice."""

from __future__ import annotations

from stages.base import Store
from stages.caption.server.message import Answer


class AnswerCache:
    """Small JSON files. One that cannot be read counts as none, and is written anew."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Answer | None:
        data = self._store.read(_name(key))
        if data is None:
            return None
        try:
            return Answer.from_json(data)
        except (ValueError, TypeError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        self._store.write(_name(key), answer.to_json())


def _name(key: str) -> str:
    return f"{key[:2]}/{key}.json"
