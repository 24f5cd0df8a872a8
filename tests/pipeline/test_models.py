"""A model reference says where it comes from; what was fetched is checked and kept."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import ModelError, PlanError
from pipeline.executors.resources import share_resources
from pipeline.models.cache import ModelCache
from pipeline.models.reference import Scheme, parse_reference
from stages.base import Resources


@pytest.mark.parametrize(
    ("text", "scheme", "name", "version", "member"),
    [
        ("pypi:some-pkg==1.2.0#pkg/model", Scheme.PYPI, "some-pkg", "1.2.0", "pkg/model"),
        ("hf:facebook/nllb-200@abc123", Scheme.HF, "facebook/nllb-200", "abc123", ""),
        (
            "package:stages.translate#demo_model",
            Scheme.PACKAGE,
            "stages.translate",
            "",
            "demo_model",
        ),
        ("/models/x", Scheme.PATH, "/models/x", "", ""),
        ("https://h/f.bin#sha256=" + "0" * 64, Scheme.URL, "https://h/f.bin", "", ""),
    ],
)
def test_forms_of_reference(
    text: str, scheme: Scheme, name: str, version: str, member: str
) -> None:
    parsed = parse_reference(text)
    assert (parsed.scheme, parsed.name, parsed.version, parsed.member) == (
        scheme,
        name,
        version,
        member,
    )


@pytest.mark.parametrize("text", ["pypi:x", "hf:owner/name", "https://h/f.bin", "package:x", ""])
def test_a_malformed_reference_says_the_right_form(text: str) -> None:
    with pytest.raises(ModelError, match=r"form|empty"):
        parse_reference(text)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "model.bin").write_bytes(b"weights")
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "www")))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()


def test_a_url_is_fetched_once_checked_and_found_again(server: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    reference = f"{server}/model.bin#sha256={digest}"
    cache = ModelCache(tmp_path / "cache")
    assert cache.find(reference) is None
    path = cache.ensure(reference)
    assert path.read_bytes() == b"weights"
    (tmp_path / "www" / "model.bin").unlink()
    assert ModelCache(tmp_path / "cache", may_fetch=False).ensure(reference) == path
    assert cache.references() == [reference]
    assert cache.damaged(reference) == []
    path.write_bytes(b"Weights")
    assert cache.damaged(reference) == ["model.bin"]


def test_a_wrong_checksum_keeps_nothing(server: str, tmp_path: Path) -> None:
    reference = f"{server}/model.bin#sha256={'0' * 64}"
    cache = ModelCache(tmp_path / "cache")
    with pytest.raises(ModelError, match="checksum"):
        cache.pull(reference)
    assert cache.find(reference) is None
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_missing_model_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    reference = "pypi:none==1.0#x"
    with pytest.raises(ModelError) as caught:
        ModelCache(tmp_path, may_fetch=False).ensure(reference)
    assert reference in caught.value.message
    assert f"polyreel models pull '{reference}'" in caught.value.hint


def test_a_changed_local_model_has_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a").write_text("1")
    cache = ModelCache(tmp_path / "cache")
    before = cache.state(str(tmp_path / "m")).fingerprint
    (tmp_path / "m" / "a").write_text("22")
    assert cache.state(str(tmp_path / "m")).fingerprint != before


def test_all_pools_of_a_segment_fit_at_once() -> None:
    wishes = {name: Resources() for name in ("caption", "translate", "filter", "cut")}
    pools = share_resources(wishes, cluster_cpus=2, cluster_gpus=0, default_workers=2, n_units=50)
    assert sum(pool.workers * pool.cpus for pool in pools) < 2
    assert all(pool.cpus > 0 for pool in pools)


def test_no_more_workers_than_units() -> None:
    (pool,) = share_resources({"split": Resources(workers=8)}, 16, 0, 16, n_units=3)
    assert pool.workers == 3


@pytest.mark.parametrize(
    ("wish", "said"),
    [(Resources(cpus=2, workers=1), "CPUs"), (Resources(gpus=1, workers=1), "GPUs")],
)
def test_a_plan_that_cannot_fit_is_refused(wish: Resources, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        share_resources({"caption": wish}, 2, 0, 1, n_units=1)


def test_a_small_local_model_counts_by_its_content(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "cache", may_fetch=False)
    model = tmp_path / "model.json"
    model.write_text("{}")
    before = cache.state(str(model)).fingerprint
    os.utime(model, (1, 1))
    assert cache.state(str(model)).fingerprint == before
    model.write_text("[]")
    assert cache.state(str(model)).fingerprint != before
