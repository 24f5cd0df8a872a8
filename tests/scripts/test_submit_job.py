"""The same command line, submitted to a real Ray head through its job server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts import dry_run, submit_job

ROOT = Path(__file__).parents[2]

_HEAD = """
import ray, sys
context = ray.init(num_cpus=2, include_dashboard=True, dashboard_host="127.0.0.1",
                   dashboard_port=0, log_to_driver=False)
print("http://" + context.dashboard_url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of the job server of a Ray head with its dashboard, for this test alone."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef" * 4)
    process = subprocess.Popen(
        [sys.executable, "-c", _HEAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate("", timeout=60)


def test_what_follows_the_dashes_is_the_command_line() -> None:
    given = ["--address", "http://h:8265", "--env", "A=b=c", "--", "run", "--input", "x y"]
    options = submit_job.parse(given)
    assert options.command == ["run", "--input", "x y"]
    environment = submit_job.runtime_env(options)
    assert environment["env_vars"] == {"A": "b=c"}
    assert Path(environment["working_dir"]) == ROOT
    assert ".venv" in environment["excludes"]


def test_an_installed_polyreel_needs_no_code_sent_along() -> None:
    options = submit_job.parse(["--address", "http://h:8265", "--installed", "--", "plan"])
    assert submit_job.runtime_env(options) == {}


def test_a_dry_run_is_the_main_job_on_the_first_inputs_in_one_process() -> None:
    command = dry_run.arguments(["--input", "v", "-n", "2", "--set", "split.detector=none"])
    assert command[:5] == ["run", "--input", "v", "--output", "dry-run"]
    assert command[5:7] == ["--limit", "2"]
    assert "engine.kind=local" in command
    assert "split.detector=none" in command


def test_the_cluster_file_passes_rays_own_validation() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = prepare_config(yaml.safe_load((ROOT / "ray_cluster.yaml").read_text()))
    validate_config(config)
    kinds = [node["resources"] for node in config["available_node_types"].values()]
    assert any(node.get("GPU") for node in kinds)
    assert any(node.get("CPU") and not node.get("GPU") for node in kinds)


def test_a_cluster_that_does_not_answer_is_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    options = submit_job.parse(["--address", "http://127.0.0.1:9", "--installed", "--", "plan"])
    assert submit_job.submit(options) == 2
    assert "http://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.ray
@pytest.mark.timeout(280)
def test_a_submitted_job_runs_on_the_cluster(head: str, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "empty.mp4").write_bytes(b"")
    run = tmp_path / "run"
    command = [sys.executable, "scripts/submit_job.py", "--address", head, "--wait", "--"]
    command += ["run", "--input", str(tmp_path / "videos"), "--output", str(run)]
    command += ["--stages", "ingest,split"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 empty_file" in done.stdout
    assert "SUCCEEDED" in done.stdout
    assert json.loads((run / "run.json").read_text())["input"] == str(tmp_path / "videos")
