"""What the input holds: one `Item` per video, from a folder, a glob, a file or a table.

This module reads directories and tables through fsspec, so it does I/O; it opens no video. An
input that is unusable as a whole raises `InputError`; a single bad row or name becomes an Item
with an error, so that it gets its failed row like everything else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from schemas.outcomes import Reason, SidecarKind
from stages.base import StageError
from stages.ingest.config import IngestConfig
from stages.ingest.sidecars import SidecarFile, match_sidecars, sidecar_kind, sidecar_language
from stages.ingest.tables import is_table, read_table

URI_COLUMNS = ("uri", "url", "video", "path", "file")
SUBTITLE_COLUMN = "subtitles"


class InputError(StageError):
    """The input as a whole cannot be used."""


@dataclass(frozen=True)
class Item:
    """One video of the input, or one row that cannot be used (then with `reason` and `error`).

    `key` is its path below the input folder, or the URI as the table spells it.
    """

    key: str
    uri: str
    size_bytes: int | None = None
    modified: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    sidecars: tuple[SidecarFile, ...] = ()
    reason: Reason | None = None
    error: str | None = None


def list_input(config: IngestConfig) -> list[Item]:
    """Items of the configured input, sorted by key, at most `config.limit` of them.

    Raises InputError when there is no input, it does not exist, or nothing in it is a video.
    """
    if not config.input:
        raise InputError("no input: give --input a folder, a glob, a file or a table of URIs")
    filesystem, path = _filesystem(config.input)
    try:
        items = _list(filesystem, path, config)
    except (OSError, ImportError) as error:
        raise InputError(f"input {config.input}: {error or type(error).__name__}") from error
    items.sort(key=lambda item: item.key)
    return items[: config.limit] if config.limit else items


def digest_of(items: Iterable[Item]) -> str:
    """Digest over everything that a listing says: names, sizes, times, columns, sidecars."""
    digest = hashlib.sha256()
    for item in items:
        line = json.dumps(asdict(item), sort_keys=True, ensure_ascii=False, default=str)
        digest.update(line.encode("utf-8", errors="backslashreplace") + b"\n")
    return digest.hexdigest()


def _list(filesystem: Any, path: str, config: IngestConfig) -> list[Item]:
    if filesystem.isdir(path):
        return _list_folder(filesystem, path, config)
    if _is_glob(path) and not filesystem.exists(path):
        return _list_glob(filesystem, path, config)
    if not filesystem.exists(path):
        raise InputError(f"input {config.input} does not exist")
    if is_table(path):
        return _list_table(filesystem, path, config)
    return list(_file_items(filesystem, [path], str(PurePosixPath(path).parent)))


def _list_folder(filesystem: Any, root: str, config: IngestConfig) -> list[Item]:
    paths = [path for path in filesystem.find(root) if not _is_hidden(path, root)]
    videos = [path for path in paths if _has_suffix(path, config.extensions)]
    if not videos:
        raise InputError(
            f"input folder {config.input} holds no video: none of its {len(paths)} files has a "
            "suffix of ingest.extensions"
        )
    return list(_file_items(filesystem, videos, root))


def _list_glob(filesystem: Any, pattern: str, config: IngestConfig) -> list[Item]:
    root = pattern[: min(pattern.index(sign) for sign in "*?[" if sign in pattern)]
    root = root.rpartition("/")[0]
    found = [
        path
        for path in filesystem.glob(pattern)
        if not filesystem.isdir(path) and not _is_hidden(path, root)
    ]
    videos = [path for path in found if _has_suffix(path, config.extensions)]
    if not videos:
        raise InputError(
            f"input {config.input} matches no video ({len(found)} files match, none with a suffix "
            "of ingest.extensions)"
        )
    return list(_file_items(filesystem, videos, root))


def _file_items(filesystem: Any, paths: Sequence[str], root: str) -> Iterator[Item]:
    """Items of the video files at `paths`, with what lies beside them."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    for folder, members in sorted(by_folder.items()):
        beside = _Folder(filesystem, folder)
        names = {path: path.rpartition("/")[2] for path in members}
        for path in members:
            key = path[len(root) :].lstrip("/")
            uri = _uri(filesystem, path)
            if not _is_text(path):
                problem = "the file's name is not valid UTF-8; rename it"
                yield Item(_text(key), _text(uri), reason=Reason.UNREADABLE, error=problem)
                continue
            size_bytes, modified = beside.stat(names[path])
            sidecars = beside.sidecars(names[path])
            yield Item(key, uri, size_bytes, modified, sidecars=sidecars)


class _Folder:
    """One listed folder: sizes, times and sidecars of its files, by bare name."""

    def __init__(self, filesystem: Any, folder: str) -> None:
        self._filesystem = filesystem
        self._entries = {
            entry["name"].rpartition("/")[2]: entry
            for entry in filesystem.ls(folder, detail=True)
            if entry["type"] == "file"
        }
        others = [name for name in self._entries if sidecar_kind(name) and _is_text(name)]
        self._sidecars = match_sidecars([n for n in self._entries if n not in others], others)

    def stat(self, name: str) -> tuple[int | None, str | None]:
        entry = self._entries.get(name, {})
        size_bytes = entry.get("size")
        return (None if size_bytes is None else int(size_bytes)), _modified(entry)

    def sidecars(self, video: str) -> tuple[SidecarFile, ...]:
        return tuple(self._sidecar(name, video) for name in self._sidecars.get(video, []))

    def _sidecar(self, name: str, video: str) -> SidecarFile:
        size_bytes, modified = self.stat(name)
        kind = sidecar_kind(name)
        if kind is None:
            raise ValueError(f"{name} is not a sidecar")
        language = sidecar_language(name, PurePosixPath(video).stem)
        uri = _uri(self._filesystem, self._entries[name]["name"])
        return SidecarFile(name, uri, kind, language, size_bytes, modified)


def _list_table(filesystem: Any, path: str, config: IngestConfig) -> list[Item]:
    folder, _, name = path.rpartition("/")
    base = _uri(filesystem, folder)
    items: list[Item] = []
    seen: set[str] = set()
    column: str | None = None
    with filesystem.open(path, "rb") as file:
        try:
            for number, row, problem in read_table(file, name):
                if column is None and problem is None:
                    column = find_uri_column(list(row), config.uri_column, config.input)
                items.append(_table_item(name, number, row, column or "", problem, base, seen))
        except (ValueError, UnicodeDecodeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"input table {config.input}: {error}") from error
    if not items:
        raise InputError(f"input table {config.input} has no rows")
    if column is None:
        raise InputError(f"input table {config.input}: no row can be read ({items[0].error})")
    return _with_local_facts(items)


def find_uri_column(columns: Sequence[str], wanted: str, table: str) -> str:
    """The column that names the videos: the wanted one, else the only usual one there is."""
    if wanted in columns:
        return wanted
    usual = [name for name in columns if name.strip().lower() in URI_COLUMNS]
    if len(usual) == 1:
        return usual[0]
    has = ", ".join(columns) or "none"
    why = f"and {', '.join(usual)} could each be it" if usual else "and no usual one instead"
    raise InputError(
        f"input table {table} has no column {wanted!r} {why}; its columns: {has}. "
        "Name the right one with ingest.uri_column"
    )


def _table_item(
    table: str,
    number: int,
    row: dict[str, Any],
    column: str,
    problem: str | None,
    base: str,
    seen: set[str],
) -> Item:
    value = row.get(column)
    written = value.strip() if isinstance(value, str) else ""
    columns = {key: value for key, value in row.items() if key != column}
    if problem is None and not written:
        problem = f"column {column} is empty"
    if problem is None and written in seen:
        problem = f"{written} is named by an earlier row as well"
    if problem is not None:
        key = f"{table}#row-{number}"
        return Item(
            key,
            written or key,
            columns=columns,
            reason=Reason.BAD_ROW,
            error=f"row {number}: {problem}",
        )
    seen.add(written)
    subtitles = columns.pop(SUBTITLE_COLUMN, None)
    sidecars = tuple(_named_subtitles(subtitles, base))
    return Item(written, resolve(written, base), columns=columns, sidecars=sidecars)


def resolve(written: str, base: str) -> str:
    """A URI as it is, an absolute path as it is, a relative path below the table's folder."""
    if "://" in written or written.startswith("/"):
        return written
    return f"{base.rstrip('/')}/{written}"


def _named_subtitles(value: Any, base: str) -> Iterator[SidecarFile]:
    """Subtitle files of a table's `subtitles` column: a path, a list, or paths between ; or |."""
    written = value if isinstance(value, list) else str(value or "").replace("|", ";").split(";")
    names: set[str] = set()
    for path in (str(item).strip() for item in written):
        if not path:
            continue
        bare = path.rpartition("/")[2]
        name = bare if bare not in names else path
        names.add(name)
        yield SidecarFile(
            name, resolve(path, base), SidecarKind.SUBTITLE_FILE, sidecar_language(bare)
        )


def _with_local_facts(items: list[Item]) -> list[Item]:
    """Add sizes, times and sidecars to items on this machine's disk; elsewhere a listing would
    cost a request per row."""
    folders: dict[str, _Folder] = {}
    found = []
    for item in items:
        path = Path(item.uri.removeprefix("file://"))
        if item.error is None and "://" not in str(path) and path.is_file():
            parent = str(path.parent)
            if parent not in folders:
                folders[parent] = _Folder(_filesystem(parent)[0], parent)
            size_bytes, modified = folders[parent].stat(path.name)
            named = {sidecar.name for sidecar in item.sidecars}
            beside = [s for s in folders[parent].sidecars(path.name) if s.name not in named]
            item = replace(
                item,
                size_bytes=size_bytes,
                modified=modified,
                sidecars=(*item.sidecars, *beside),
            )
        found.append(item)
    return found


def _filesystem(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(f"input {url}: {error}") from error
    return filesystem, path if path == "/" else path.rstrip("/")


def _uri(filesystem: Any, path: str) -> str:
    is_local = "file" in filesystem.protocol
    return path if is_local else str(filesystem.unstrip_protocol(path))


def _modified(entry: dict[str, Any]) -> str | None:
    for name in ("mtime", "LastModified", "last_modified", "updated", "ETag", "etag"):
        if entry.get(name) is not None:
            return str(entry[name])
    return None


def _is_glob(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _has_suffix(path: str, suffixes: Iterable[str]) -> bool:
    return PurePosixPath(path).suffix.lower() in suffixes


def _is_hidden(path: str, root: str) -> bool:
    return any(part.startswith(".") for part in path[len(root) :].split("/"))


def _is_text(path: str) -> bool:
    return _text(path) == path


def _text(path: str) -> str:
    """A path as valid Unicode: bytes that are not become backslash escapes."""
    return path.encode("utf-8", errors="surrogateescape").decode(errors="backslashreplace")
