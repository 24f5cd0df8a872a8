"""The stage's own way of translating, used a second time: with other settings on what is
doubted, and backwards to see whether the source comes out again.

Both open their models when the first text needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from stages.base import Unit, Worker
from stages.translate.config import TranslateConfig
from stages.translate.config_checks import TryConfig
from stages.translate.escalate import Asked
from stages.translate.finished import Finished
from stages.translate.texts import SourceText


class Translating(Protocol):
    """What is used of a translate stage here."""

    def open(self, worker: Worker) -> None: ...

    def translate(self, unit: Unit, asked: Sequence[Asked]) -> list[Finished]: ...

    def teardown(self) -> None: ...


class StageAgain:
    """A translate stage with another config, as one way to try again."""

    def __init__(self, settings: str, stage: Translating) -> None:
        self.settings = settings
        self._stage = stage
        self._is_open = False

    def translate(self, unit: Unit, asked: Sequence[Asked]) -> list[Finished]:
        if not self._is_open:
            self._stage.open(unit)
            self._is_open = True
        return self._stage.translate(unit, asked)

    def close(self) -> None:
        self._stage.teardown()
        self._is_open = False


class BackTranslator:
    """Translations back into the languages of their sources."""

    def __init__(
        self, config: TranslateConfig, build: Callable[[TranslateConfig], Translating]
    ) -> None:
        model = config.checks.back_translation_model
        self.is_configured = model is not None
        changed = {"model": model or config.model, "routes": [], "escalate": []}
        self._way = StageAgain("back", build(config.model_copy(update=changed)))

    def __call__(self, unit: Unit, done: Sequence[Finished]) -> list[str | None]:
        """Each text in its source's language; None where the model does not give one."""
        asked = [(_as_source(each), each.source.language) for each in done]
        return [each.text if each.is_kept else None for each in self._way.translate(unit, asked)]


def again(config: TranslateConfig, other: TryConfig) -> TranslateConfig:
    """The config of one more try."""
    changed: dict[str, object] = {"escalate": []}
    if other.beam_size is not None:
        changed["beam_size"] = other.beam_size
    if other.model is not None:
        changed |= {"model": other.model, "routes": []}
    return config.model_copy(update=changed)


def _as_source(done: Finished) -> SourceText:
    return SourceText(
        done.source.kind,
        f"{done.source.text_id}/{done.language}",
        done.source.source_id,
        done.language,
        done.text or "",
    )
