"""Another policy chooses again among the candidates that there are, and asks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit_run import hand_made

from pipeline.commits import Commits, fingerprint
from pipeline.config import load_config
from pipeline.registry import STAGE_NAMES
from pipeline.runner import UnitRunner
from pipeline.testing import local_worker

STAGES = ("caption", "select", "translate")


def prints(*settings: str) -> dict[str, str]:
    """Every stage's fingerprint over the same input."""
    specs = load_config(settings=list(settings)).specs(list(STAGE_NAMES))
    return {spec.name: fingerprint(spec.build(), {}, {}) for spec in specs}


@pytest.mark.parametrize("setting", ["policy=best", "priority=[visual]", "min_words=3"])
def test_settings_of_the_choice_are_in_no_other_fingerprint(setting: str) -> None:
    before, after = prints(), prints(f"select.{setting}")
    assert [name for name in STAGE_NAMES if before[name] != after[name]] == ["select"]


def reused(root: Path, *settings: str) -> dict[str, bool]:
    """One run of three stages over the unit: whether each found its work done."""
    common = ["caption.teachers=[metadata, visual]", "translate.languages=[es]"]
    common += ["translate.checks.language_model=", "translate.cache="]
    config = load_config(settings=[*common, *settings])
    worker = local_worker(root)
    found = {}
    for name in STAGES:
        runner = UnitRunner(config.spec(name), worker)
        report = runner.run("u1")
        runner.close()
        assert not report.error
        found[name] = report.reused
    worker.close()
    return found


def test_another_policy_re_runs_the_choice_and_what_follows_alone(tmp_path: Path) -> None:
    hand_made(tmp_path)
    assert reused(tmp_path) == dict.fromkeys(STAGES, False)
    assert reused(tmp_path) == dict.fromkeys(STAGES, True)
    captions = commit_of(tmp_path, "caption")
    other = "select.priority=[visual]"
    assert reused(tmp_path, other) == {"caption": True, "select": False, "translate": False}
    assert reused(tmp_path, other) == dict.fromkeys(STAGES, True)
    assert commit_of(tmp_path, "caption") == captions


def test_where_the_choice_comes_out_the_same_nothing_after_it_runs(tmp_path: Path) -> None:
    hand_made(tmp_path)
    reused(tmp_path, "select.priority=[visual]")
    again = reused(tmp_path, "select.priority=[visual, metadata]", "select.min_words=3")
    assert again == {"caption": True, "select": False, "translate": True}


def commit_of(root: Path, stage: str) -> Any:
    worker = local_worker(root)
    commit = Commits(worker.storage).read(stage, "u1")
    worker.close()
    return commit
