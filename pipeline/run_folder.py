"""Whose run folder is this: `run.json`, and a lock while a run writes.

`run.json` names the input and the resolved config. A folder with other things in it, or with
another input's run, is never written to.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.config import RunConfig
from pipeline.errors import RunFolderError
from pipeline.registry import STAGE_NAMES, stage_class
from pipeline.storage import Storage
from schemas.tables import TABLES

RUN_FILE = "run.json"
_LIBRARIES = (
    "av",
    "ctranslate2",
    "fasttext-predict",
    "faster-whisper",
    "imageio-ffmpeg",
    "numpy",
    "opencv-python-headless",
    "pyarrow",
    "rapidocr",
    "ray",
    "scenedetect-headless",
    "webdataset",
)


def check_folder(storage: Storage, source: str, moved_input: bool = False) -> str:
    """The run's input: `source`, or what run.json says where that is empty.

    Raises RunFolderError unless the folder is new, empty, or a run over the same input; with
    `moved_input` the same input may have another name.
    """
    local = storage.local_path("")
    if local is not None and local.exists() and not local.is_dir():
        raise RunFolderError(f"{storage.url} is a file", "give --output a folder")
    if not storage.exists(RUN_FILE):
        found = storage.fs.ls(storage.root, detail=False) if storage.exists("") else []
        others = [Path(name).name for name in found if Path(name).name not in ("tmp", "lock")]
        if others:
            raise RunFolderError(
                f"{storage.url} is not empty and is no Polyreel run ({others[0]} lies there)",
                "give --output a new folder",
            )
        if not source:
            raise RunFolderError("there is no input", "give --input a folder, file, glob or table")
        return source
    before: str = read_run(storage)["input"]
    if source and before != source and not moved_input:
        raise RunFolderError(
            f"{storage.url} is a run over {before}, not over {source}",
            "give --output another folder, or --moved-input if it is the same input, moved",
        )
    return source or before


def read_run(storage: Storage) -> dict[str, Any]:
    """The contents of run.json. Raises RunFolderError where there is none."""
    try:
        facts: dict[str, Any] = storage.read_json(RUN_FILE)
    except (FileNotFoundError, NotADirectoryError):
        raise RunFolderError(
            f"{storage.url} is no Polyreel run: it has no {RUN_FILE}",
            "name the folder that was given to `polyreel run --output`",
        ) from None
    except ValueError as error:
        raise RunFolderError(f"{storage.url}/{RUN_FILE} is damaged: {error}") from error
    return facts


def write_run(storage: Storage, source: str, config: RunConfig) -> None:
    """Say whose folder this is. Holds no time and no machine: same run, same bytes."""
    facts = {
        "input": source,
        "config": config.model_dump(mode="json", exclude={"engine"}),
        "polyreel": __version__,
        "git_commit": _git_commit(),
        "stages": {name: stage_class(name).version for name in STAGE_NAMES},
        "tables": {name: table.version for name, table in TABLES.items()},
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }
    storage.write_json(RUN_FILE, facts)


@contextmanager
def locked(storage: Storage) -> Iterator[None]:
    """Keep a second run out of a local folder. The lock goes when its process does."""
    path = storage.local_path("lock")
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFolderError(
                f"another run is writing to {storage.url}", "wait for it to end, or stop it"
            ) from None
        yield


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _git_commit() -> str | None:
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else None
