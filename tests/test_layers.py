"""Imports go schemas <- stages <- pipeline <- scripts; nothing below them knows Ray."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["schemas", "stages", "pipeline", "scripts"]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
    return names


def _sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_layers_below_it(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    for path in _sources(layer):
        wrong = {name for name in _imports(path) if name.split(".")[0] in above}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_no_stage_knows_ray() -> None:
    for path in _sources("stages"):
        assert not {n for n in _imports(path) if n.split(".")[0] == "ray"}, path


def test_schemas_depend_on_arrow_alone() -> None:
    allowed = set(LAYERS[:1]) | {"pyarrow", "__future__"}
    standard = {"collections", "dataclasses", "enum", "itertools", "typing", "uuid"}
    for path in _sources("schemas"):
        assert {name.split(".")[0] for name in _imports(path)} <= allowed | standard, path


@pytest.mark.parametrize("layer", ["schemas", "stages", "pipeline"])
def test_a_broad_except_stands_only_in_the_runtime(layer: str) -> None:
    allowed = {"pipeline/worker.py", "pipeline/runner.py", "pipeline/guard_child.py"}
    for path in _sources(layer):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                if caught in ("everything", "Exception", "BaseException"):
                    assert str(path.relative_to(ROOT)) in allowed, f"{path}:{node.lineno}"
