"""The listing: what counts as an input, in which order, and what is wrong with it as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.outcomes import Reason, SidecarKind
from stages.ingest.config import IngestConfig
from stages.ingest.listing import InputError, Item, digest_of, find_uri_column, list_input


def listed(source: Path | str, **options: object) -> list[Item]:
    return list_input(IngestConfig(input=str(source), **options))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    (root / "sub").mkdir(parents=True)
    for name in ("b.mp4", "a.MKV", "sub/c.webm", "notes.md", ".hidden.mp4", "b.en.srt", "x.json"):
        (root / name).write_bytes(b"x")
    return root


def test_a_folder_gives_its_videos_by_key(folder: Path) -> None:
    items = listed(folder)
    assert [item.key for item in items] == ["a.MKV", "b.mp4", "sub/c.webm"]
    assert [item.uri for item in items] == [str(folder / item.key) for item in items]
    (sidecar,) = items[1].sidecars
    assert (sidecar.name, sidecar.kind, sidecar.language) == (
        "b.en.srt",
        SidecarKind.SUBTITLE_FILE,
        "en",
    )


def test_limit_takes_the_first_of_the_sorted(folder: Path) -> None:
    assert [item.key for item in listed(folder, limit=2)] == ["a.MKV", "b.mp4"]


def test_glob_file_and_url(folder: Path) -> None:
    assert [item.key for item in listed(f"{folder}/**/*.webm")] == ["sub/c.webm"]
    assert [item.key for item in listed(f"{folder}/*")] == ["a.MKV", "b.mp4"]
    assert [item.key for item in listed(folder / "b.mp4")] == ["b.mp4"]
    assert [item.key for item in listed(f"file://{folder}")] == ["a.MKV", "b.mp4", "sub/c.webm"]


def test_a_file_is_taken_whatever_its_suffix(folder: Path) -> None:
    assert [item.key for item in listed(folder / "notes.md")] == ["notes.md"]


def test_another_filesystem() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/bucket/v/a.mp4", b"1")
    memory.pipe_file("/bucket/v/a.srt", b"2")
    (item,) = listed("memory://bucket/v")
    assert (item.key, item.uri, item.size_bytes) == ("a.mp4", "memory:///bucket/v/a.mp4", 1)
    assert [sidecar.name for sidecar in item.sidecars] == ["a.srt"]


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_name_that_is_no_text_is_one_failed_input(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.mp4")).write_bytes(b"x")
    odd = [item for item in listed(folder) if item.reason]
    assert [(item.key, item.reason) for item in odd] == [("\\xff.mp4", Reason.UNREADABLE)]
    assert digest_of(listed(folder))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: "", "no input"),
        (lambda p: p / "missing", "does not exist"),
        (lambda p: p / "empty", "holds no video"),
        (lambda p: p / "*.mp4", "matches no video"),
        (lambda p: "nosuchprotocol://x", "nosuchprotocol"),
        (lambda p: p / "no_uri.csv", "has no column 'uri'"),
        (lambda p: p / "no_rows.csv", "has no rows"),
        (lambda p: p / "not.parquet", "not a Parquet table"),
        (lambda p: p / "latin.csv", "latin.csv"),
    ],
)
def test_unusable_inputs_say_why(tmp_path: Path, make: object, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.txt").write_text("hello")
    (tmp_path / "no_uri.csv").write_text("title,tags\na,b\n")
    (tmp_path / "no_rows.csv").write_text("uri\n")
    (tmp_path / "not.parquet").write_text("hello")
    (tmp_path / "latin.csv").write_bytes("uri\ncafé.mp4\n".encode("latin-1"))
    with pytest.raises(InputError, match=message.replace("*", r"\*")):
        listed(make(tmp_path))  # type: ignore[operator]


def test_a_usual_column_is_taken_only_when_there_is_no_doubt() -> None:
    assert find_uri_column(["title", "URL"], "uri", "t") == "URL"
    assert find_uri_column(["path", "uri"], "uri", "t") == "uri"
    with pytest.raises(InputError, match="url, path could each be it"):
        find_uri_column(["url", "path"], "uri", "t")
    with pytest.raises(InputError, match="its columns: a, b"):
        find_uri_column(["a", "b"], "uri", "t")


ROWS = [
    {"uri": "b.mp4", "title": "B", "stars": 5, "subtitles": "subs/b.en.vtt;subs/b.de.vtt"},
    {"uri": "s3://bucket/a.mp4", "title": "A", "stars": 4, "subtitles": None},
]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_tables_in_each_format(tmp_path: Path, suffix: str) -> None:
    import json

    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        comma = "," if suffix == "csv" else "\t"
        lines = [[str(value or "") for value in row.values()] for row in ROWS]
        path.write_text("\n".join(comma.join(line) for line in [list(ROWS[0]), *lines]) + "\n")
    first, second = listed(path)
    assert (first.key, first.uri) == ("b.mp4", str(tmp_path / "b.mp4"))
    assert (second.key, second.uri) == ("s3://bucket/a.mp4", "s3://bucket/a.mp4")
    assert first.columns["title"] == "B"
    assert str(first.columns["stars"]) == "5"
    assert [(s.name, s.uri, s.language) for s in first.sidecars] == [
        ("b.en.vtt", str(tmp_path / "subs/b.en.vtt"), "en"),
        ("b.de.vtt", str(tmp_path / "subs/b.de.vtt"), "de"),
    ]


def test_bad_rows_become_items_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"uri": "a.mp4"}\n{"uri": "a.mp4"}\n{"uri": " "}\nnot json\n[1]\n{"x": 1}\n')
    items = listed(path)
    assert [item.key for item in items if item.reason is None] == ["a.mp4"]
    bad = {item.key: item.error for item in items if item.reason == Reason.BAD_ROW}
    assert list(bad) == [f"t.jsonl#row-{number}" for number in (2, 3, 4, 5, 6)]
    assert "earlier row" in str(bad["t.jsonl#row-2"])
    assert "is empty" in str(bad["t.jsonl#row-3"])
    assert "not JSON" in str(bad["t.jsonl#row-4"])


def test_the_digest_follows_everything_that_counts(folder: Path) -> None:
    seen = {digest_of(listed(folder))}
    assert digest_of(listed(folder)) in seen
    for change in (
        lambda: (folder / "b.mp4").write_bytes(b"longer"),
        lambda: os.utime(folder / "b.mp4", (1, 1)),
        lambda: (folder / "b.en.srt").write_bytes(b"other text"),
        lambda: (folder / "b.txt").write_bytes(b"new"),
        lambda: (folder / "sub/c.webm").unlink(),
    ):
        change()
        digest = digest_of(listed(folder))
        assert digest not in seen
        seen.add(digest)
