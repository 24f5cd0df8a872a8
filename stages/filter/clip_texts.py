"""A clip with its texts on its way through the filter: from the tables' rows to verdict rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.outcomes import LanguageOrigin, Outcome, Reason, TextScope
from schemas.table import Row
from stages.base import Failure
from stages.filter.language.identify import NOTHING, LanguageScore
from stages.filter.language.tags import UND
from stages.filter.profanity import Lists
from stages.filter.text_rules import TextFacts, letter_grams, shared_grams
from stages.filter.verdict import Verdict, row_ending

CAPTIONS_BEFORE = 20
"""A caption is compared with those of so many clips before it in its source."""
MOST_COMPARED = 2000
"""Characters of a caption that are compared."""
_TRANSCRIPT, _ON_SCREEN, _SPEECH = "transcript", "on_screen_text", "asr"


@dataclass
class ClipText:
    """One text of a clip on its way to a row. `verdict` is None until it is judged."""

    row: Row
    facts: TextFacts
    verdict: Verdict | Failure | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        return isinstance(self.verdict, Verdict) and self.verdict.is_kept


@dataclass
class Clip:
    """One clip with its texts, the chosen caption first."""

    base: Row
    verdict: Verdict | Failure
    texts: list[ClipText]
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    """(field, declared language, text) of everything that was said of the clip."""
    languages: list[Row] = field(default_factory=list)


def caption_text(base: Row, caption_id: str, caption: Row | None, profanity: Lists) -> ClipText:
    row = base | {"scope": TextScope.TEXT, "text_id": caption_id}
    if caption is None:
        why = f"caption {caption_id} is chosen for the clip, but is no selected row in choices"
        failure = Failure(caption_id, Reason.UPSTREAM_FAILED, why)
        return ClipText(row | {"language": UND}, TextFacts("", UND, NOTHING), failure)
    language = caption["language"] or UND
    alignment = (caption["caption_scores"] or {}).get("alignment")
    facts = TextFacts(
        caption["text"] or "", language, NOTHING, profanity=profanity, alignment=alignment
    )
    return ClipText(row | {"language": language}, facts)


def translation_text(base: Row, row: Row, caption: Row | None, profanity: Lists) -> ClipText:
    facts = TextFacts(
        row["text"] or "",
        row["language"],
        NOTHING,
        (caption["text"] or "") if caption else None,
        row["source_language"],
        profanity,
    )
    columns = {"scope": TextScope.TEXT, "text_id": row["translation_id"]}
    return ClipText(base | columns | {"language": row["language"]}, facts)


def said_of_clip(
    source: Row | None, caption: Row | None, candidates: Iterable[Row]
) -> list[tuple[str, str, str]]:
    """(field, declared language, text) of the title, caption, transcript, speech and text on
    screen of a clip, those that there are."""
    found = []
    if source and source["title"]:
        found.append(("title", _declared(source), source["title"]))
    if caption and caption["text"]:
        found.append(("caption", _declared(caption), caption["text"]))
    for row in candidates:
        if row["outcome"] != Outcome.KEPT or not row["text"]:
            continue
        declared = _declared(row)
        if row["teacher"] == _SPEECH:
            audio = (source["audio_language"] if source else None) or declared
            found.append(("speech", audio, row["text"]))
        elif row["style"] in (_TRANSCRIPT, _ON_SCREEN):
            found.append((row["style"], declared, row["text"]))
    return found


def _declared(row: Row) -> str:
    """The language that somebody says a text is in."""
    is_declared = row["language"] and row["language_origin"] == LanguageOrigin.DECLARED
    return str(row["language"]) if is_declared else UND


def text_share(candidates: Iterable[Row]) -> float | None:
    """Most of a clip's picture that text takes; None where nobody looked."""
    shares = [row["text_share"] for row in candidates if row["text_share"] is not None]
    return max(shares, default=None)


def language_row(name: str, declared: str, found: LanguageScore) -> Row:
    return {
        "field": name,
        "declared": declared,
        "detected": found.language,
        "probability": found.probability,
    }


def compare_captions(clips: list[Clip]) -> None:
    """Set how much each caption resembles those of the clips before it in its source."""
    before: dict[str, list[Counter[str]]] = defaultdict(list)
    for clip in clips:
        caption, earlier = clip.texts[0], before[clip.base["source_id"]]
        if caption.verdict is None:
            own = letter_grams(caption.facts.text[:MOST_COMPARED])
            similar = [shared_grams(own, other) for other in earlier[-CAPTIONS_BEFORE:]]
            most = max((value for value in similar if value is not None), default=None)
            caption.facts = replace(caption.facts, caption_similarity=most)
            earlier.append(own)


def rows_of_clip(clip: Clip) -> list[Row]:
    """The clip's row and its texts' rows."""
    clip_is_kept = isinstance(clip.verdict, Verdict) and clip.verdict.is_kept
    overruled, why = None, ""
    if clip_is_kept and not any(text.is_kept for text in clip.texts):
        overruled, why = Reason.NO_TEXT_LEFT, f"none of its {len(clip.texts)} texts was kept"
    first: Row = {
        "scope": TextScope.CLIP,
        "text_id": "",
        "language": "",
        "language_fields": clip.languages,
    }
    rows = [clip.base | first | _closing(clip.verdict, overruled, why)]
    for text in clip.texts:
        lost = None if clip_is_kept else Reason.CLIP_DROPPED
        closing = _closing(text.verdict, lost, "its clip is not kept", text.note)
        rows.append(text.row | closing)
    return rows


def _closing(
    verdict: Verdict | Failure | None, overruled: Reason | None, why: str, note: str = ""
) -> Row:
    if isinstance(verdict, Verdict):
        return row_ending(verdict, overruled, why, note)
    if verdict is None:
        raise ValueError("a text without a verdict")
    return {"reasons": [str(verdict.reason)], "tags": [], "scores": [], **verdict.ending()}
