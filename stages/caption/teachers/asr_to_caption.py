"""`asr_to_caption`: a language model turns what is said into captions of what is seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

from schemas.outcomes import Outcome, Reason
from stages.base import Failure, Worker
from stages.caption.clean import clean_text
from stages.caption.config_server import AsrToCaptionConfig
from stages.caption.looking import by_scale
from stages.caption.prompts import prompts_with
from stages.caption.server.spent import Spent
from stages.caption.server.teacher import ServerTeacher
from stages.caption.strategies.plan import Request, language_name
from stages.caption.subtitle_cues import chosen_track, track_cues
from stages.caption.teacher import Candidate, Clip, by_source
from stages.caption.timed_captions import (
    Said,
    Span,
    blocks,
    content_words,
    one_text,
    parsed_captions,
    realigned,
    timed_sentences,
    transcript,
)
from stages.caption.words import shortened

EXAMPLE = "12s: a woman cuts an onion\n19s: she puts it into a pan"
ROLLING_GAP_S = 0.3
"""As the subtitle teacher has it: rolling captions say everything twice."""


@dataclass
class Block:
    """A piece of a source's transcript, and what became of it."""

    said: list[Said]
    spent: Spent = field(default_factory=Spent)
    answer: str | Failure = ""

    @property
    def start_s(self) -> float:
        return self.said[0].start_s

    @property
    def end_s(self) -> float:
        return max(sentence.end_s for sentence in self.said)


class AsrToCaptionTeacher(ServerTeacher[AsrToCaptionConfig]):
    """One request for each block of a source's transcript near its clips. The transcript is the
    subtitle track, else what the asr teacher heard in the clips."""

    name = "asr_to_caption"
    styles = ("from_speech",)

    def used(self, others: Collection[str]) -> set[str]:
        """Everybody's words help to find the clip that a caption fits."""
        return set(others) - {"fusion"}

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        client = self.client(worker)
        sources = [self._blocks(group) for group in by_source(clips).values()]
        pending = [block for _, of_source in sources for block in of_source]
        works = [
            partial(self.reply, client, block_request(block.said, self.config), block.spent, 0)
            for block in pending
        ]
        items = [f"asr_to_caption of {block.start_s:.0f}-{block.end_s:.0f} s" for block in pending]
        for block, answer in zip(pending, self.together(items, works, worker), strict=True):
            block.answer = answer
        return [
            candidate
            for group, of_source in sources
            for candidate in self._placed(group, of_source)
        ]

    def _blocks(self, group: Sequence[Clip]) -> tuple[Sequence[Clip], list[Block]]:
        """A source's clips, and the blocks of its transcript that lie near one of them."""
        reach_s = self.config.max_shift_s
        found = [Block(said) for said in blocks(transcript_of(group), self.config.block_words)]
        near = [
            block
            for block in found
            if any(
                clip.start_s <= block.end_s + reach_s and block.start_s <= clip.end_s + reach_s
                for clip in group
            )
        ]
        return group, near

    def _placed(self, group: Sequence[Clip], of_source: Sequence[Block]) -> list[Candidate]:
        """A candidate for each clip. The clips of each scale share out the captions anew."""
        captions: dict[Said, Block] = {}
        for block in of_source:
            if isinstance(block.answer, str):
                reach_s = self.config.max_shift_s
                for said in parsed_captions(block.answer, block.start_s, block.end_s, reach_s):
                    captions.setdefault(said, block)
        payers = payer_of(group, of_source)
        candidates = []
        for clips in by_scale(group):
            spans = [span_of(clip) for clip in clips]
            placed = realigned(list(captions), spans, self.config.max_shift_s)
            for clip in clips:
                here = placed.get(clip.shot_id, [])
                candidate = self._of(clip, here, of_source)
                spent = books(
                    [captions[said] for said in here],
                    [block for block in of_source if payers[id(block)] == clip.shot_id],
                )
                candidates.append(self.finished(candidate, spent, self.styles[0]))
        return candidates

    def _of(self, clip: Clip, here: Sequence[Said], of_source: Sequence[Block]) -> Candidate:
        if not of_source:
            return self.unsaid(clip, Reason.NO_SPEECH, "there is no transcript around this clip")
        text = shortened(clean_text(one_text(here)), self.config.max_chars) if here else ""
        if text:
            return self.said(clip, text, self.config.language, ["transcript"])
        for block in of_source:
            overlaps = clip.start_s < block.end_s and block.start_s < clip.end_s
            if overlaps and isinstance(block.answer, Failure):
                return self.broke(clip, block.answer, ["transcript"])
        detail = f"no caption of the transcript fits within {self.config.max_shift_s:g} s"
        return self.unsaid(clip, Reason.NOTHING_TO_SAY, detail, ["transcript"])


def block_request(said: Sequence[Said], config: AsrToCaptionConfig) -> Request:
    """The request for one block."""
    prompt = prompts_with(config.prompts)["asr-to-caption"]
    text = prompt.filled(
        language=language_name(config.language), example=EXAMPLE, transcript=transcript(said)
    )
    return Request((text,), (prompt.label,))


def transcript_of(group: Sequence[Clip]) -> list[Said]:
    """What is said in a source: its subtitle track with its own times, else the speech that was
    recognised in its clips, each sentence with its share of the clip's time."""
    source = group[0].source
    track = chosen_track(source.cues, [source.row["language"], source.row["audio_language"]])
    if track is not None:
        cues = track_cues(source.cues, track, keep_sounds=False, rolling_gap_s=ROLLING_GAP_S)
        return [Said(cue.start_s, cue.end_s, cue.text) for cue in cues if cue.text]
    shots = by_scale(group)[0]
    heard = [(clip, clip.earlier.get("asr")) for clip in shots]
    return [
        sentence
        for clip, candidate in heard
        if candidate is not None and candidate.outcome == Outcome.KEPT and candidate.text
        for sentence in timed_sentences(clip.start_s, clip.end_s, candidate.text)
    ]


def span_of(clip: Clip) -> Span:
    """A clip as captions are aligned to it."""
    texts = [one.text for one in clip.heard if one.outcome == Outcome.KEPT and one.text]
    words = frozenset(word for text in texts for word in content_words(text))
    return Span(clip.shot_id, clip.start_s, clip.end_s, words)


def payer_of(group: Sequence[Clip], of_source: Sequence[Block]) -> dict[int, str]:
    """Which clip's row bears the tokens of each block (by its `id`): the shot nearest to where
    the block starts, so that the sum over rows is what was paid."""
    shots = by_scale(group)[0]
    return {
        id(block): min(
            shots, key=lambda clip: (span_of(clip).away_s(block.start_s), clip.start_s)
        ).shot_id
        for block in of_source
    }


def books(used: Sequence[Block], paid: Sequence[Block]) -> Spent:
    """What stands in a clip's row: all that its caption came from, the tokens that it bears."""
    spent = Spent()
    for block in {id(block): block for block in [*used, *paid]}.values():
        spent.prompts |= block.spent.prompts
        spent.hashes += block.spent.hashes
        if any(block is one for one in paid):
            spent.take_tokens(block.spent.input_tokens, block.spent.output_tokens)
    return spent
