"""`metadata`: what people wrote about the video, for each of its clips."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from schemas.outcomes import Reason
from stages.base import Failure, Worker
from stages.caption.config import MetadataConfig
from stages.caption.metadata_text import (
    SourceText,
    chapter_title,
    metadata_caption,
    source_text,
)
from stages.caption.teacher import Candidate, Clip, Teacher, by_source


class MetadataTeacher(Teacher[MetadataConfig]):
    """Title, chapter, and the start of the description, cleaned."""

    name = "metadata"
    styles = ("title",)

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        candidates: list[Candidate] = []
        for source_id, group in by_source(clips).items():
            row = group[0].source.row
            text = worker.attempt(
                f"metadata of {source_id}",
                source_text,
                row["title"],
                row["description"],
                row["tags"],
            )
            if isinstance(text, Failure):
                candidates += [self.broke(clip, text) for clip in group]
            else:
                candidates += self.each(group, worker, partial(self._of, text))
        return candidates

    def _of(self, text: SourceText, clip: Clip) -> Candidate:
        config, row = self.config, clip.source.row
        chapter = chapter_title(row["chapters"], clip.start_s, clip.end_s, config.min_chapter_share)
        caption, used = metadata_caption(
            text,
            chapter,
            config.fields,
            config.max_description_chars,
            config.max_tags,
            config.max_chars,
        )
        if caption:
            origin = row["language_origin"]
            return self.said(clip, caption, row["language"], used, origin=origin)
        given = [name for name in config.fields if name != "chapter" and row[name]]
        detail = f"nothing is left of its {', '.join(given)}" if given else "the video has none"
        return self.unsaid(clip, Reason.NO_METADATA, detail, given)
