"""Sentences that were translated before, by this run or another: a file for each model.

An entry's key is the hash of all that decides it: the model's bytes, the tokens, the pieces to
choose among, the way of searching, the arithmetic. What else was in a call does not matter (see
batching.py), so an entry is what the model would say again, and no output depends on whether, or in
which order, this memory was filled. A memory that cannot be written costs time only.

A file takes no more than a set space: when it is full, what was put there first goes first.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from stages.translate.card import CARD, ModelCard
from stages.translate.errors import ModelFolderError
from stages.translate.translator import Request, Translated

FORMAT = 2
"""Goes up when an entry's meaning changes."""
GOES_AT_ONCE = 0.1
"""Share of the entries that make room together."""
T = TypeVar("T")

_BUSY_S = 30.0
_AT_ONCE = 500


class Memory:
    """What one model said, as asked in one way."""

    def __init__(self, folder: Path, fingerprint: str, manner: str, max_bytes: int) -> None:
        """`fingerprint`: of the model; `manner`: all else that decides an answer, as text;
        `max_bytes`: of the file. Raises ModelFolderError when the file there is no memory."""
        self._max_bytes = max_bytes
        self._manner = f"{FORMAT} {fingerprint} {manner}"
        self._path = folder / f"{fingerprint[:32]}.sqlite"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with closing(self._connect()) as connection, connection:
                # What was remembered before entries had an order could never make room.
                connection.execute("DROP TABLE IF EXISTS sentences")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS answers (place INTEGER PRIMARY KEY, "
                    "key BLOB UNIQUE, text TEXT, score REAL, n_tokens INTEGER, truncated INTEGER)"
                )
        except sqlite3.DatabaseError as error:
            raise ModelFolderError(
                f"translation cache {self._path}: {error}; remove the file, or set translate.cache"
            ) from error

    def recall(self, requests: Iterable[Request]) -> dict[Request, Translated]:
        """The answers that are there."""
        keys = {self._key(request): request for request in requests}
        found: dict[Request, Translated] = {}
        with closing(self._connect()) as connection:
            for some in _chunks(list(keys)):
                marks = ",".join("?" * len(some))
                rows = connection.execute(
                    "SELECT key, text, score, n_tokens, truncated FROM answers "
                    f"WHERE key IN ({marks})",
                    some,
                )
                for key, text, score, n_tokens, truncated in rows:
                    found[keys[key]] = Translated(text, score, n_tokens, bool(truncated))
        return found

    def keep(self, answers: Mapping[Request, Translated]) -> None:
        """Remember answers for later, in place of the oldest where there is no room."""
        rows = [
            (self._key(request), done.text, done.score, done.n_tokens, int(done.truncated))
            for request, done in answers.items()
        ]
        try:
            with closing(self._connect()) as connection, connection:
                for some in _chunks(sorted(rows)):
                    self._make_room(connection)
                    connection.executemany(
                        "INSERT OR IGNORE INTO answers (key, text, score, n_tokens, truncated) "
                        "VALUES (?, ?, ?, ?, ?)",
                        some,
                    )
        except sqlite3.OperationalError:  # busy, read-only or full: nothing is lost but time
            return

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Drop the oldest entries of a file that has its size; their pages are used again."""
        while self._taken_bytes(connection) >= self._max_bytes:
            first, last = connection.execute(
                "SELECT min(place), max(place) FROM answers"
            ).fetchone()
            if first is None:
                return
            until = first + int((last - first) * GOES_AT_ONCE)
            connection.execute("DELETE FROM answers WHERE place <= ?", (until,))

    @staticmethod
    def _taken_bytes(connection: sqlite3.Connection) -> int:
        count, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((count - free) * size)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_BUSY_S)

    def _key(self, request: Request) -> bytes:
        facts: list[object] = [self._manner, request.source, request.prefix]
        if request.pieces_key:
            facts.append(request.pieces_key)
        return hashlib.sha256(json.dumps(facts).encode()).digest()


def memory_folder(setting: str) -> Path | None:
    """The folder that `translate.cache` names; None for none."""
    if setting == "auto":
        root = os.environ.get("POLYREEL_CACHE") or "~/.cache/polyreel"
        return Path(root).expanduser() / "translations"
    return Path(setting).expanduser() if setting else None


def model_fingerprint(folder: Path, card: ModelCard) -> str:
    """Hash of a model folder's files. Raises ModelFolderError naming a file whose bytes are not
    those that the card was written for."""
    digests = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    for name, wanted in sorted(card.files.items()):
        if digests.get(name) != wanted:
            raise ModelFolderError(
                f"{folder / name} is damaged: its bytes are not those that {CARD} was written "
                "for; convert or copy the model again"
            )
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def _chunks(items: list[T]) -> Iterable[list[T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
