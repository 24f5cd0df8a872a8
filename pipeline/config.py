"""The configuration of a run: one pydantic model, from which the CLI, the checks and the
reference page in docs/ come. Defaults, ranges and help texts stand here and in each stage's
config.py, nowhere else."""

from __future__ import annotations

import difflib
from typing import Any, Literal, Self, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ConfigError
from pipeline.registry import STAGE_NAMES, StageSpec
from stages.balance.config import BalanceConfig
from stages.caption.config import CaptionConfig
from stages.cut.config import CutConfig
from stages.dedup.config import DedupConfig
from stages.export.config import ExportConfig
from stages.filter.config import FilterConfig
from stages.ingest.config import IngestConfig
from stages.select.config import SelectConfig
from stages.split.config import SplitConfig
from stages.translate.config import TranslateConfig


class EngineConfig(BaseModel):
    """Where and how the work is done. Nothing here changes what is computed."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["ray", "local"] = Field(
        "ray", description="ray: actor pools on this machine or a cluster; local: this process."
    )
    workers: int = Field(
        0, ge=0, le=10_000, description="Workers per stage; 0: one for each CPU of the cluster."
    )
    ray_address: str = Field(
        "",
        description="Ray cluster to join; empty: RAY_ADDRESS if set, else a Ray of our own here.",
    )
    task_retries: int = Field(
        2, ge=0, le=100, description="How often a unit whose worker process died is tried again."
    )
    fetch_models: bool = Field(
        True, description="Download models that are missing before the run starts."
    )


class RunConfig(BaseModel):
    """Everything that a run needs to know, except where its output goes."""

    model_config = ConfigDict(extra="forbid")

    engine: EngineConfig = Field(default_factory=EngineConfig, description="Ray or local, workers.")
    ingest: IngestConfig = Field(default_factory=IngestConfig, description="What comes in.")
    split: SplitConfig = Field(default_factory=SplitConfig, description="Shots and figures.")
    dedup: DedupConfig = Field(default_factory=DedupConfig, description="What is the same.")
    caption: CaptionConfig = Field(default_factory=CaptionConfig, description="Teachers.")
    select: SelectConfig = Field(default_factory=SelectConfig, description="Choice of captions.")
    translate: TranslateConfig = Field(
        default_factory=TranslateConfig, description="Target languages and their model."
    )
    filter: FilterConfig = Field(default_factory=FilterConfig, description="What stays.")
    balance: BalanceConfig = Field(
        default_factory=BalanceConfig, description="What only the whole corpus can tell."
    )
    cut: CutConfig = Field(default_factory=CutConfig, description="How clips are encoded.")
    export: ExportConfig = Field(default_factory=ExportConfig, description="Shards and card.")

    @model_validator(mode="after")
    def _stages_fit_together(self) -> Self:
        if self.select.policy == "fusion" and "fusion" not in self.caption.teachers:
            raise ValueError("select.policy is fusion, and caption.teachers does not name fusion")
        if self.dedup.concepts and not self.split.embedder:
            raise ValueError(
                f"dedup.concepts={self.dedup.concepts} needs embeddings: set split.embedder"
            )
        if self.balance.max_per_concept and not self.dedup.concepts:
            raise ValueError(
                f"balance.max_per_concept={self.balance.max_per_concept} needs dedup.concepts"
            )
        return self

    def spec(self, stage: str) -> StageSpec:
        return StageSpec(stage, getattr(self, stage))

    def specs(self, stages: list[str]) -> list[StageSpec]:
        return [self.spec(name) for name in STAGE_NAMES if name in stages]


def load_config(
    path: str | None = None, settings: list[str] | None = None, **sections: dict[str, Any]
) -> RunConfig:
    """The config from defaults, then a YAML file or the run.json of a run, then `key=value`
    settings, then `sections` (dictionaries merged in last). Raises ConfigError naming each wrong
    key or value."""
    values: dict[str, Any] = _read_yaml(path) if path else {}
    for setting in settings or []:
        key, separator, text = setting.partition("=")
        if not separator or not key.strip():
            raise ConfigError(f"--set {setting!r} is not of the form key=value")
        _assign(values, key.strip().split("."), _parse_value(setting, text), setting)
    for name, section in sections.items():
        for key, value in section.items():
            _assign(values, [name, key], value, f"{name}.{key}")
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        where = f" in {path}" if path else ""
        lines = [_explain(item) for item in error.errors()]
        raise ConfigError(
            f"configuration{where} cannot be used:\n  " + "\n  ".join(lines)
        ) from None


def to_yaml(config: RunConfig) -> str:
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _read_yaml(path: str) -> dict[str, Any]:
    import fsspec

    try:
        with fsspec.open(path, "rb") as file:
            text = file.read().decode()
    except OSError as error:
        raise ConfigError(f"config file {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"config file {path} is not text: {error}") from error
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"config file {path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"config file {path} holds no keys", "it starts like: split:\n  ...")
    if "polyreel" in values and isinstance(values.get("config"), dict):
        return dict(values["config"])  # a run.json
    return values


def _parse_value(setting: str, text: str) -> Any:
    try:
        return yaml.safe_load(text) if text.strip() else ""
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {setting!r}: the value is not YAML: {error}") from error


def _assign(values: dict[str, Any], path: list[str], value: Any, setting: str) -> None:
    node = values
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ConfigError(f"{setting}: {part} is a value and has no keys of its own")
    node[path[-1]] = value


def _explain(error: Any) -> str:
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    if error["type"] != "extra_forbidden":
        given = "" if isinstance(error["input"], dict) else f", not {error['input']!r}"
        place = f"{key}: " if key else ""  # no key: what two stages ask of each other
        return f"{place}{_first_lower(error['msg'])}{given}"
    names = _field_names(path[:-1])
    close = difflib.get_close_matches(path[-1], names, n=1)
    elsewhere = [k for k in (*RunConfig.model_fields, *all_keys()) if k.split(".")[-1] == path[-1]]
    if close:
        return f"{key}: unknown key; did you mean {'.'.join([*path[:-1], close[0]])}?"
    if elsewhere:
        return f"{key}: unknown key; did you mean {elsewhere[0]}?"
    return f"{key}: unknown key; the keys there are: {', '.join(names)}"


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _field_names(path: list[str]) -> list[str]:
    model: Any = RunConfig
    is_member = False
    for part in path:
        if is_member:  # a number in a list, a name in a dictionary: of the same model
            is_member = False
            continue
        inner = model.model_fields.get(part) if _is_model(model) else None
        model = model_of(inner.annotation) if inner else None
        is_member = inner is not None and get_origin(inner.annotation) in (list, dict)
    return sorted(model.model_fields) if _is_model(model) else []


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The config model inside an annotation such as `X`, `X | None` or `list[X]`."""
    if _is_model(annotation):
        return annotation  # type: ignore[no-any-return]
    for inner in get_args(annotation):
        if found := model_of(inner):
            return found
    return None


def all_keys(model: type[BaseModel] = RunConfig, prefix: str = "") -> list[str]:
    """Dotted names of every setting."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        keys += all_keys(inner, f"{prefix}{name}.") if inner else [f"{prefix}{name}"]
    return keys
