"""The stages in the order of the data, by name. Nothing heavy is imported before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pipeline.errors import ConfigError
from stages.base import CorpusStage, Stage, StageConfig

_CLASSES = {
    "ingest": "IngestStage",
    "split": "SplitStage",
    "dedup": "DedupStage",
    "caption": "CaptionStage",
    "select": "SelectStage",
    "translate": "TranslateStage",
    "filter": "FilterStage",
    "balance": "BalanceStage",
    "cut": "CutStage",
    "export": "ExportStage",
}

STAGE_NAMES = tuple(_CLASSES)


def stage_class(name: str) -> type[Stage[Any]]:
    found: type[Stage[Any]] = getattr(import_module(f"stages.{name}.stage"), _CLASSES[name])
    return found


def producers() -> dict[str, str]:
    """Which stage writes each table."""
    return {table: name for name in STAGE_NAMES for table in stage_class(name).writes}


def pack_producers() -> dict[str, str]:
    """Which stage writes each kind of pack."""
    return {kind: name for name in STAGE_NAMES for kind in stage_class(name).writes_packs}


@dataclass(frozen=True)
class StageSpec:
    """A stage and its config, in a form that travels to other processes."""

    name: str
    config: StageConfig

    def build(self) -> Stage[Any]:
        return self._class()(self.config)

    @property
    def is_barrier(self) -> bool:
        return issubclass(self._class(), CorpusStage)

    def _class(self) -> type[Stage[Any]]:
        return stage_class(self.name).for_config(self.config)


def segments(specs: list[StageSpec]) -> list[list[StageSpec]]:
    """Runs of unit stages that can stream into each other, cut at the barriers."""
    result: list[list[StageSpec]] = []
    for spec in specs:
        if result and not spec.is_barrier and not result[-1][0].is_barrier:
            result[-1].append(spec)
        else:
            result.append([spec])
    return result


def chosen_stages(text: str) -> list[str]:
    """The stages of a --stages list, in the order of the data; all of them for an empty one."""
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in STAGE_NAMES]:
        raise ConfigError(
            f"no stage is called {', '.join(unknown)}", f"the stages are: {', '.join(STAGE_NAMES)}"
        )
    return [name for name in STAGE_NAMES if not asked or name in asked]
