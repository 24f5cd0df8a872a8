"""`transformers`: an image-text-to-text model in this process."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stages.base import Failure, StageError, Worker
from stages.caption.config_server import TransformersConfig
from stages.caption.looking import (
    CONTEXT_TEACHERS,
    by_scale,
    candidate_of,
    frames_of,
    parts_of,
    plan_of,
)
from stages.caption.pictures import rendered
from stages.caption.server.message import Answer, text_of
from stages.caption.server.spent import Spent
from stages.caption.strategies.plan import Picture, Plan, Request, TimedText
from stages.caption.teacher import Candidate, Clip, Teacher

LIBRARIES = ("torch", "transformers")


@dataclass
class Job:
    """One caption on its way: its plan, and the requests that it waits for."""

    clip: Clip
    style: str
    part_ids: list[str]
    spent: Spent = field(default_factory=Spent)
    plan: Plan | None = None
    waiting: tuple[Request, ...] = ()
    text: str | Failure = ""


class TransformersTeacher(Teacher[TransformersConfig]):
    """Carries out the plans of all clips of a scale in step, so that every forward pass of the
    model has a full batch."""

    name = "transformers"
    styles: tuple[str, ...] = ("dense",)
    uses = CONTEXT_TEACHERS

    def __init__(self, config: TransformersConfig) -> None:
        super().__init__(config)
        self.styles = tuple(config.styles)

    def models(self) -> list[str]:
        return [self.config.model]

    @property
    def model_name(self) -> str:
        return f"{self.name}/{self.version} {self.config.model}"

    def check(self) -> None:
        if missing := [name for name in LIBRARIES if importlib.util.find_spec(name) is None]:
            raise StageError(
                f"teacher transformers needs {', '.join(missing)}: "
                "pip install 'polyreel[transformers]'"
            )

    def setup(self, worker: Worker) -> None:
        import torch
        import transformers

        folder = str(worker.model(self.config.model))
        local = {"local_files_only": True, "trust_remote_code": False}
        self._processor: Any = transformers.AutoProcessor.from_pretrained(folder, **local)
        # Answers start where questions end: shorter questions are filled up on their left.
        self._processor.tokenizer.padding_side = "left"
        dtype = getattr(torch, self.config.dtype)
        model = transformers.AutoModelForImageTextToText.from_pretrained(
            folder, dtype=dtype, **local
        )
        self._model: Any = model.to(self.config.device).eval()

    def teardown(self) -> None:
        self._model = self._processor = None

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        candidates: list[Candidate] = []
        for group in by_scale(clips):
            jobs = []
            for clip in group:
                frames = worker.attempt(
                    f"keyframes of {clip.shot_id}", frames_of, clip, self.config, worker
                )
                for style in self.styles:
                    parts, part_ids = parts_of(clip, clips, candidates, style)
                    jobs.append(self._started(clip, style, parts, part_ids, frames, worker))
            self._carry_out(jobs, worker)
            for job in jobs:
                made = candidate_of(self, self.config, job.clip, job.text, job.spent, job.part_ids)
                candidates.append(replace(made, style=job.style, **job.spent.columns()))
        return candidates

    def _started(
        self,
        clip: Clip,
        style: str,
        parts: Sequence[TimedText],
        part_ids: list[str],
        frames: Any,
        worker: Worker,
    ) -> Job:
        job = Job(clip, style, part_ids)
        if isinstance(frames, Failure):
            job.text = frames
            return job
        plan = worker.attempt(
            f"transformers of {clip.shot_id}", plan_of, clip, style, parts, frames, self.config
        )
        if isinstance(plan, Failure):
            job.text = plan
        else:
            job.plan, job.waiting = plan, next(plan)
        return job

    def _carry_out(self, jobs: Sequence[Job], worker: Worker) -> None:
        """Answer what the jobs wait for, until each has its text. A request that several wait
        for is answered once, and counts for the first of them."""
        known: dict[Request, Answer | Failure] = {}
        while active := [job for job in jobs if job.plan is not None]:
            asked = dict.fromkeys(request for job in active for request in job.waiting)
            fresh = [request for request in asked if request not in known]
            known |= self._answers(fresh, worker)
            unpaid = set(fresh)
            for job in active:
                self._advance(job, known, unpaid, worker)

    def _advance(
        self,
        job: Job,
        known: dict[Request, Answer | Failure],
        unpaid: set[Request],
        worker: Worker,
    ) -> None:
        texts = []
        for request in job.waiting:
            answer = known[request]
            if isinstance(answer, Answer):
                costs = request in unpaid
                unpaid.discard(request)
                job.spent.add(
                    request,
                    None,
                    answer.input_tokens if costs else None,
                    answer.output_tokens if costs else None,
                )
                item = f"transformers of {job.clip.shot_id}"
                said = worker.attempt(item, text_of, answer, self.config.max_output_tokens)
            else:
                said = answer
            if isinstance(said, Failure):
                job.text, job.plan = said, None
                return
            texts.append(said)
        assert job.plan is not None
        try:
            job.waiting = job.plan.send(tuple(texts))
        except StopIteration as end:
            job.text, job.plan = str(end.value), None

    def _answers(
        self, requests: Sequence[Request], worker: Worker
    ) -> dict[Request, Answer | Failure]:
        """Answers in batches. A batch that breaks is asked again one by one, so that what breaks
        it costs itself alone."""
        size = self.config.batch_size
        found: dict[Request, Answer | Failure] = {}
        for start in range(0, len(requests), size):
            batch = list(requests[start : start + size])
            answers = worker.attempt("a batch of transformers", self._generated, batch)
            if not isinstance(answers, Failure):
                found |= zip(batch, answers, strict=True)
                continue
            for request in batch:
                alone = worker.attempt("transformers", self._generated, [request])
                found[request] = alone if isinstance(alone, Failure) else alone[0]
        return found

    def _generated(self, batch: Sequence[Request]) -> list[Answer]:
        """One forward generation, greedy: the same input gives the same words."""
        import torch

        messages = [[{"role": "user", "content": self._content(request)}] for request in batch]
        inputs = self._processor.apply_chat_template(
            messages,
            add_generation_prompt=True,
            tokenize=True,
            padding=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._model.device)
        for name, value in inputs.items():
            if torch.is_floating_point(value):
                inputs[name] = value.to(self._model.dtype)
        most = self.config.max_output_tokens
        with torch.inference_mode():
            made = self._model.generate(**inputs, max_new_tokens=most, do_sample=False)
        n_read = inputs["input_ids"].shape[1]
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        return [
            self._answer(row[n_read:].tolist(), int(length))
            for row, length in zip(made, lengths, strict=True)
        ]

    def _content(self, request: Request) -> list[dict[str, Any]]:
        from PIL import Image

        content: list[dict[str, Any]] = []
        for part in request.parts:
            if isinstance(part, Picture):
                image = rendered(part, self.config.max_side_px)[:, :, ::-1]
                content.append({"type": "image", "image": Image.fromarray(image.copy())})
            else:
                content.append({"type": "text", "text": part})
        return content

    def _answer(self, written: list[int], input_tokens: int) -> Answer:
        """The words up to the first end token; without one the answer was cut off."""
        ends = self._model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends])
        at = next((i for i, token in enumerate(written) if token in stops), None)
        text = self._processor.tokenizer.decode(written[:at], skip_special_tokens=True)
        n_written = len(written) if at is None else at + 1
        reason = "length" if at is None else "stop"
        return Answer(text, reason, input_tokens=input_tokens, output_tokens=n_written)
