"""Sentences through models: every distinct one once, in few calls, protected spans intact.

A sentence is asked for as it is. Where a protected span does not come out, it is asked for again
with placeholders, and the answer that lost less is taken. What needs two models goes through them
in turn, all sentences of a hop together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import Failure, Worker, dropped
from stages.translate.batching import batches, most_tokens
from stages.translate.card import Route
from stages.translate.config import TranslateConfig
from stages.translate.domain import sentence_case
from stages.translate.memory import Memory, memory_folder, model_fingerprint
from stages.translate.protect import Guarded, guard, lost, masked, restored
from stages.translate.routing import Hop, Way
from stages.translate.translator import Request, Translated, Translator, open_model
from stages.translate.visible import has_letters, visible


@dataclass(frozen=True)
class Sentence:
    """A translated sentence. `score`: mean log-probability of `n_tokens` tokens, the lower of two
    hops'; None where no model was asked. `lost`: protected spans that are not in `text`."""

    source: str
    text: str
    score: float | None
    n_tokens: int
    truncated: bool = False
    lost: tuple[str, ...] = ()


Result = Sentence | Failure | Row
"""A sentence's translation, or how it fails, or the closing columns of why it is dropped."""
Ask = tuple[Way, str]
_Answer = Translated | Failure | Row
_Started = Callable[[], list[Translated]] | Failure


class Engine:
    """The models of a run, loaded in this process."""

    def __init__(
        self, config: TranslateConfig, folders: Mapping[str, Path], lent: Engine | None = None
    ) -> None:
        """`folders`: model reference -> folder; `lent`: an engine over the same machine whose
        models need not be loaded again. Raises ModelFolderError."""
        self.config = config
        self._models: dict[str, Translator] = {}
        self._memories: dict[str, Memory] = {}
        kept_in = memory_folder(config.cache)
        for reference, folder in sorted(folders.items()):
            model = lent._models.get(reference) if lent else None
            if model is None:
                calls = side_by_side(config)
                model = open_model(folder, config.compute_type, config.threads, calls)
            self._models[reference] = model
            if kept_in is not None or model.card.files:
                fingerprint = model_fingerprint(folder, model.card)
            if kept_in is not None:
                manner = (
                    f"{model.arithmetic} threads {config.threads} beam {config.beam_size} "
                    f"length {config.max_output_ratio} {config.max_output_extra}"
                )
                self._memories[reference] = Memory(
                    kept_in, fingerprint, manner, config.cache_mb * 1_000_000
                )

    def translate(self, worker: Worker, asks: Iterable[Ask]) -> dict[Ask, Result]:
        """Every distinct sentence by its way."""
        wanted = sorted(set(asks), key=lambda ask: (ask[1], repr(ask[0])))
        held_by = {text: self._guarded(text) for text in {text for _, text in wanted}}
        guarded = {ask: held_by[ask[1]] for ask in wanted}
        asked = {ask: held for ask, held in guarded.items() if has_letters(held.core)}
        first = self._through(worker, {(way, held.core) for (way, _), held in asked.items()})
        short = {
            (way, text): held
            for (way, text), held in asked.items()
            if self._lost(first[way, held.core], held)
        }
        spelled = {ask: masked(held, self._spelling(ask[0])) for ask, held in short.items()}
        again = self._through(worker, {(way, spelled[way, text]) for way, text in short})
        results: dict[Ask, Result] = {}
        for way, text in wanted:
            ask, held = (way, text), guarded[way, text]
            if ask not in asked:
                results[ask] = Sentence(text, text, None, 0)
                continue
            answer, missing = first[way, held.core], self._lost(first[way, held.core], held)
            if ask in short:
                other = _put_back(again[way, spelled[ask]], held, self._spelling(way))
                other_missing = self._lost(other, held)
                if isinstance(other, Translated) and len(other_missing) < len(missing):
                    answer, missing = other, other_missing
            results[ask] = _finished(text, held, answer, missing)
        return results

    def _guarded(self, sentence: str) -> Guarded:
        return guard(" ".join(visible(sentence).split()), self.config.protect)

    def _spelling(self, way: Way) -> str:
        return self._models[way[0].model].placeholder

    def _lost(self, answer: _Answer, held: Guarded) -> list[str]:
        return lost(answer.text, held.protected) if isinstance(answer, Translated) else []

    def _through(self, worker: Worker, asks: Collection[Ask]) -> dict[Ask, _Answer]:
        """Answers to texts that have to pass one or two hops."""
        legs = self._hop(worker, {(way[0], text) for way, text in asks})
        answers = {(way, text): legs[way[0], text] for way, text in asks}
        onward = {ask: done for ask, done in answers.items() if len(ask[0]) > 1 and _says(done)}
        second = self._hop(worker, {(way[1], _said(done)) for (way, _), done in onward.items()})
        for ask, done in onward.items():
            answers[ask] = _both(done, second[ask[0][1], _said(done)])
        return answers

    def _hop(
        self, worker: Worker, asks: Collection[tuple[Hop, str]]
    ) -> dict[tuple[Hop, str], _Answer]:
        """Answers of single models; each model gets all of its requests together."""
        requests: dict[str, dict[tuple[Hop, str], Request]] = defaultdict(dict)
        for hop, text in asks:
            requests[hop.model][hop, text] = self._request(hop.model, text, hop.route)
        answers: dict[tuple[Hop, str], _Answer] = {}
        for model, wanted in sorted(requests.items(), key=lambda item: item[0]):
            done = self._ask(worker, model, set(wanted.values()))
            answers.update({ask: done[request] for ask, request in wanted.items()})
        return answers

    def _request(self, model: str, text: str, route: Route) -> Request:
        translator = self._models[model]
        spelled = sentence_case(text) if translator.card.sentence_case else text
        return translator.request(spelled, route, self.config.narrow_vocabulary)

    def _ask(
        self, worker: Worker, model: str, requests: Collection[Request]
    ) -> dict[Request, _Answer]:
        """Answers of one model, from memory where they are there."""
        limit = self.config.max_sentence_tokens
        why = f"tokens in a sentence; translate.max_sentence_tokens is {limit}"
        done: dict[Request, _Answer] = {
            request: dropped(Reason.TEXT_TOO_LARGE, f"{len(request.source)} {why}")
            for request in requests
            if len(request.source) > limit
        }
        memory = self._memories.get(model)
        if memory is not None:
            done.update(memory.recall(request for request in requests if request not in done))
        new = {r: len(r.source) for r in requests if r not in done}
        answers = self._call(worker, self._models[model], new)
        if memory is not None:
            memory.keep({r: a for r, a in answers.items() if isinstance(a, Translated)})
        return done | answers

    def _call(
        self, worker: Worker, model: Translator, lengths: Mapping[Request, int]
    ) -> dict[Request, _Answer]:
        """Start every batch, then wait for them in order."""
        limit = self.config.max_batch_tokens
        waiting = [
            (batch, self._start(worker, model, batch))
            for batch in batches(lengths, limit, lambda request: request.pieces_key)
        ]
        done: dict[Request, _Answer] = {}
        for batch, started in waiting:
            result = _awaited(worker, batch, started)
            if isinstance(result, Failure) and len(batch) > 1:
                # One bad sentence must not cost its neighbours in the batch.
                for request in batch:
                    answer = _awaited(worker, [request], self._start(worker, model, [request]))
                    done[request] = answer if isinstance(answer, Failure) else answer[0]
            elif isinstance(result, Failure):
                done[batch[0]] = result
            else:
                done.update(zip(batch, result, strict=True))
        return done

    def _start(self, worker: Worker, model: Translator, batch: list[Request]) -> _Started:
        config = self.config
        most = most_tokens(len(batch[0].source), config.max_output_ratio, config.max_output_extra)
        return worker.attempt(
            _name(batch), model.submit, batch, config.beam_size, max(most, len(batch[0].prefix) + 1)
        )


def side_by_side(config: TranslateConfig) -> int:
    """Model calls that a worker makes at once: as many as fit into its CPUs."""
    return max(1, int(config.resources.cpus) // config.threads)


def _name(batch: list[Request]) -> str:
    return " ".join(batch[0].source)[:80]


def _awaited(worker: Worker, batch: list[Request], started: _Started) -> list[Translated] | Failure:
    return started if isinstance(started, Failure) else worker.attempt(_name(batch), started)


def _says(answer: _Answer) -> bool:
    return isinstance(answer, Translated) and bool(answer.text)


def _said(answer: _Answer) -> str:
    return answer.text if isinstance(answer, Translated) else ""


def _both(first: _Answer, second: _Answer) -> _Answer:
    """The second hop's answer, no surer than the first's."""
    if not isinstance(first, Translated) or not isinstance(second, Translated):
        return second
    return Translated(
        second.text,
        min(first.score, second.score),
        second.n_tokens,
        first.truncated or second.truncated,
    )


def _put_back(answer: _Answer, held: Guarded, spelling: str) -> _Answer:
    if not isinstance(answer, Translated):
        return answer
    text = restored(answer.text, held, spelling)
    return Translated(text, answer.score, answer.n_tokens, answer.truncated)


def _finished(source: str, held: Guarded, answer: _Answer, missing: list[str]) -> Result:
    if not isinstance(answer, Translated):
        return answer
    if not answer.text:
        return dropped(Reason.EMPTY_TRANSLATION, f"nothing came out for: {source[:80]}")
    text = f"{held.head}{answer.text}{held.tail}"
    return Sentence(source, text, answer.score, answer.n_tokens, answer.truncated, tuple(missing))
