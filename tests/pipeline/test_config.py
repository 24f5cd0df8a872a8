"""One model is the source of every default, check and help text."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from pipeline.config import RunConfig, all_keys, load_config, model_of, to_yaml
from pipeline.errors import ConfigError
from pipeline.run_folder import write_run
from pipeline.storage import Storage
from scripts import write_docs
from stages.base import StageConfig

ROOT = Path(__file__).parents[2]


def _models(model: type[BaseModel] = RunConfig) -> list[type[BaseModel]]:
    found = [model]
    for field in model.model_fields.values():
        inner = model_of(field.annotation)
        found += _models(inner) if inner else []
    return found


def test_a_config_survives_its_own_yaml(tmp_path: Path) -> None:
    config = load_config(settings=["engine.workers=3", "translate.languages=[es, zh]"])
    path = tmp_path / "c.yaml"
    path.write_text(to_yaml(config))
    assert load_config(str(path)) == config


def test_settings_win_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("engine: {workers: 2, kind: local}")
    config = load_config(str(tmp_path / "c.yaml"), ["engine.workers=5"])
    assert (config.engine.workers, config.engine.kind) == (5, "local")


def test_the_record_of_a_run_is_a_config(tmp_path: Path) -> None:
    config = load_config(settings=["translate.languages=[de]"], ingest={"input": "videos"})
    storage = Storage(str(tmp_path))
    write_run(storage, "videos", config)
    again = load_config(str(tmp_path / "run.json"))
    assert again.translate == config.translate
    assert again.ingest.input == "videos"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_config_that_is_shipped_is_valid(path: Path) -> None:
    assert load_config(str(path))


def test_every_wrong_key_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(settings=["split.nonsense=1", "engine.workrs=2", "engine.kind=spark"])
    for part in ("split.nonsense", "engine.workrs", "engine.workers?", "engine.kind", "'spark'"):
        assert part in caught.value.message


def test_a_section_that_stands_elsewhere_is_named() -> None:
    with pytest.raises(ConfigError, match=r"caption\.select: unknown key; did you mean select\?"):
        load_config(settings=["caption.select.policy=best"])


def test_the_policy_fusion_demands_its_teacher() -> None:
    with pytest.raises(ConfigError, match=r"caption\.teachers does not name fusion"):
        load_config(settings=["select.policy=fusion"])


def test_a_value_where_a_section_belongs_is_refused() -> None:
    with pytest.raises(ConfigError, match="split"):
        load_config(settings=["split=3"])
    with pytest.raises(ConfigError, match="is a value"):
        load_config(settings=["engine.workers=3", "engine.workers.more=1"])


@pytest.mark.parametrize("model", _models(), ids=lambda m: m.__name__)
def test_every_setting_has_a_help_text_and_every_section_a_docstring(
    model: type[BaseModel],
) -> None:
    assert model.__doc__
    assert model.model_config.get("extra") == "forbid"
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name}"


def test_resources_never_change_what_is_computed() -> None:
    for name, field in RunConfig.model_fields.items():
        model = model_of(field.annotation)
        if model is not None and issubclass(model, StageConfig):
            config = load_config(settings=[f"{name}.resources.workers=7"])
            assert getattr(config, name).semantic() == getattr(load_config(), name).semantic()


def test_the_json_schema_has_every_key() -> None:
    text = yaml.safe_dump(RunConfig.model_json_schema())
    assert all(key.rsplit(".", 1)[-1] in text for key in all_keys())


def test_the_pages_in_docs_are_what_the_code_says() -> None:
    assert write_docs.main(["--check"]) == 0
