"""Settings of model servers and of the teachers that ask them; prompts and their overrides."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.config_docs import render_config_docs
from pipeline.errors import ConfigError
from stages.caption.config import CaptionConfig
from stages.caption.prompts import fields, override_error, prompts_with, shipped

SERVERS = {"local": {"base_url": "http://127.0.0.1:8000/v1"}}
TEACHER = {"server": "local", "model": "m"}


def config(**changes: Any) -> CaptionConfig:
    return CaptionConfig.model_validate(
        {"teachers": ["vlm"], "servers": SERVERS, "vlm": [TEACHER]} | changes
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vlm": []}, "lists none"),
        ({"vlm": [TEACHER | {"server": "other"}]}, "'other' is not in caption.servers"),
        ({"vlm": [TEACHER | {"model": ""}]}, "model is empty"),
        ({"vlm": [TEACHER, TEACHER]}, "two teachers are called vlm"),
        ({"vlm": [TEACHER | {"name": "asr"}]}, "two teachers are called asr"),
        ({"vlm": [TEACHER | {"styles": ["short", "short"]}]}, "more than once"),
        ({"teachers": ["fusion"]}, "teacher fusion"),
        ({"teachers": ["transformers"]}, "names no model"),
        ({"servers": {"local": {"base_url": "127.0.0.1:8000"}}}, "http://HOST:PORT/v1"),
        ({"vlm": [TEACHER | {"prompts": {"nonsense": "x"}}]}, "no prompt is called nonsense"),
        ({"vlm": [TEACHER | {"prompts": {"frames": "{times}"}}]}, "no field 'times'"),
        ({"vlm": [TEACHER | {"prompts": {"frames": "{"}}]}, "prompt frames"),
    ],
)
def test_what_cannot_work_is_refused_with_its_cause(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config(**changes)


@pytest.mark.parametrize(
    "server",
    [
        {"base_url": "http://h/v1", "api_key_env": "sk-proj-0123456789"},
        {"base_url": "https://me:hunter2@host/v1"},
        {"base_url": "http://h/v1", "api_key_env": {"key": "sk-proj-0123456789"}},
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_quoted(server: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(caption={"servers": {"local": server}})
    assert "caption.servers.local" in caught.value.message
    for secret in ("sk-proj", "hunter2"):
        assert secret not in caught.value.message


def test_where_a_server_is_and_what_it_may_take_changes_nothing_that_is_computed() -> None:
    moved = {"base_url": "https://elsewhere/v1", "api_key_env": "A_KEY", "max_tokens": 5}
    assert config(servers={"local": moved}).semantic() == config().semantic()
    assert config(answers="/shared").semantic() == config().semantic()
    other = config(vlm=[TEACHER | {"model": "n"}])
    assert other.semantic() != config().semantic()


def test_wrong_keys_inside_lists_and_dictionaries_are_explained() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(
            settings=["caption.servers.a.base_urll=http://h/v1", "caption.vlm=[{stratgy: grid}]"]
        )
    assert "did you mean caption.servers.a.base_url?" in caught.value.message
    assert "did you mean caption.vlm.0.strategy?" in caught.value.message


def test_the_reference_shows_the_settings_of_servers_and_of_each_teacher() -> None:
    page = render_config_docs()
    assert "| `caption.servers.NAME.base_url` | `required` |" in page
    assert "| `caption.vlm[].strategy` | `frames` |" in page


def test_prompts_have_versions_and_an_own_wording_shows_its_hash() -> None:
    for name, prompt in shipped().items():
        assert prompt.version.isdigit(), name
        assert prompt.text
        assert override_error(name, prompt.text) is None
    own = prompts_with({"style-short": "One line. {language}"})["style-short"]
    assert own.label.startswith("style-short/")
    assert own.label != "style-short/1"
    assert fields(own.text) == {"language"}
    for name in ("frames", "grid", "fusion", "asr-to-caption"):
        assert name in shipped()
    assert "no new facts" in shipped()["fusion"].text


def test_what_stands_in_a_prompt_is_taken_as_it_is() -> None:
    said = "{candidates} {0} {{x}} %s"
    assert said in shipped()["fusion"].filled(language="English", candidates=said)
