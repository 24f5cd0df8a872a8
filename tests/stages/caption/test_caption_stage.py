"""The stage: a row for each clip, teacher and style, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from caption_rows import cue_row, dedup_row, shot_row, source_row, split_row, unit_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.testing import StageRun, run_unit_stage
from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row
from stages.base import Worker
from stages.caption.config import CaptionConfig, TeacherConfig, TeacherName
from stages.caption.stage import CaptionStage, asked
from stages.caption.teacher import Candidate, Clip, Teacher
from stages.caption.teachers import TEACHERS, make_teachers
from stages.caption.teachers.subtitle import SubtitleTeacher
from stages.caption.teachers.visual import VisualTeacher

LIGHT = ["metadata", "subtitle", "visual"]
"""Teachers that need no model."""


def run(tmp_path: Path, tables: dict[str, list[Row]], **config: Any) -> StageRun:
    stage = CaptionStage(CaptionConfig.model_validate({"teachers": LIGHT} | config))
    return run_unit_stage(stage, tmp_path, tables)


def by_teacher(made: StageRun, shot: Row) -> dict[str, Row]:
    rows = [row for row in made.tables["captions"] if row["shot_id"] == shot["shot_id"]]
    return {row["teacher"]: row for row in rows}


def test_every_name_in_the_config_is_a_teacher_with_settings_of_its_own() -> None:
    assert set(TEACHERS) == set(TeacherName.__args__)  # type: ignore[attr-defined]
    for name in TEACHERS:
        annotation = CaptionConfig.model_fields[name].annotation
        (kind,) = get_args(annotation) or (annotation,)
        assert issubclass(kind, TeacherConfig)


def test_a_teacher_named_twice_or_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="more than once: asr"):
        CaptionConfig(teachers=["asr", "asr"])
    with pytest.raises(ValueError, match="teachers"):
        CaptionConfig.model_validate({"teachers": ["oracle"]})


def test_settings_of_teachers_that_do_not_run_stay_out_of_the_fingerprint() -> None:
    plain = CaptionConfig(teachers=["visual", "metadata"])
    other = CaptionConfig.model_validate(
        {"teachers": ["metadata", "visual"], "ocr": {"side_px": 999}, "resources": {"workers": 3}}
    )
    assert plain.semantic() == other.semantic()
    changed = CaptionConfig.model_validate(
        {"teachers": ["metadata", "visual"], "visual": {"dark": 50}}
    )
    assert plain.semantic() != changed.semantic()


def test_teachers_run_after_those_whose_findings_they_use() -> None:
    order = [teacher.name for teacher in make_teachers(CaptionConfig(teachers=["visual", "ocr"]))]
    assert order == ["ocr", "visual"]
    alone = make_teachers(CaptionConfig(teachers=["visual"]))
    assert [teacher.name for teacher in alone] == ["visual"]


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.lists(st.sampled_from(["s1", "s2", "s3"]), min_size=0, max_size=6),
    st.lists(st.sampled_from(LIGHT), min_size=1, unique=True),
)
def test_one_row_per_clip_teacher_and_style(
    tmp_path_factory: pytest.TempPathFactory, owners: list[str], teachers: list[str]
) -> None:
    shots = [shot_row(owner, i, i * 5.0, i * 5.0 + 5) for i, owner in enumerate(owners)]
    made = run(tmp_path_factory.mktemp("run"), unit_rows(shots), teachers=teachers)
    wanted = {(shot["shot_id"], name) for shot in shots for name in teachers}
    captions = made.tables["captions"]
    assert len(captions) == len(wanted)
    assert {(row["shot_id"], row["teacher"]) for row in captions} == wanted


def test_only_clips_that_dedup_kept_are_captioned(tmp_path: Path) -> None:
    stays, goes, unkept = (shot_row("s1", i, i * 5.0, i * 5.0 + 5) for i in range(3))
    unkept |= {"outcome": Outcome.DROPPED, "reason": Reason.TOO_SHORT}
    tables = unit_rows([stays, goes, unkept])
    duplicate = dedup_row(goes, outcome=Outcome.DROPPED, reason=Reason.NEAR_DUPLICATE)
    tables["dedup"] = [dedup_row(stays), duplicate]
    made = run(tmp_path, tables)
    assert {row["shot_id"] for row in made.tables["captions"]} == {stays["shot_id"]}


def test_a_unit_without_clips_gives_empty_tables(tmp_path: Path) -> None:
    made = run(tmp_path, unit_rows([]))
    assert made.tables == {"captions": []}


def test_where_there_is_nothing_to_caption_no_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready: list[str] = []
    monkeypatch.setattr(VisualTeacher, "setup", lambda self, worker: ready.append(self.name))
    run(tmp_path, unit_rows([]), teachers=["visual"])
    assert ready == []
    run(tmp_path, unit_rows([shot_row("s1", 0, 0.0, 5.0)]), teachers=["visual"])
    assert ready == ["visual"]


def test_each_teacher_says_what_it_looked_at(tmp_path: Path) -> None:
    shot = shot_row("s1", 0, 0.0, 5.0)
    source = source_row(
        title="Rye bread", language="en", chapters=[{"start_s": 0.0, "end_s": 9.0, "title": "Mix"}]
    )
    cues = [cue_row(0, 1.0, 2.0, "Now we mix the flour.", "v.en.srt", "en")]
    made = run(tmp_path, unit_rows([shot], [source], cues))
    said = by_teacher(made, shot)
    assert said["metadata"]["text"] == "Rye bread. Mix"
    assert said["metadata"]["inputs"] == ["title", "chapter"]
    assert (said["metadata"]["style"], said["metadata"]["language"]) == ("title", "en")
    assert said["subtitle"]["text"] == "Now we mix the flour."
    assert said["subtitle"]["inputs"] == ["subtitle:v.en.srt"]
    assert (said["subtitle"]["style"], said["subtitle"]["language"]) == ("transcript", "en")
    assert said["visual"]["inputs"] == ["measurements"]
    assert (said["visual"]["style"], said["visual"]["language"]) == ("visual", "en")
    assert not any(row["is_demo"] for row in said.values())


def test_where_nobody_has_anything_to_say_every_reason_is_kept(tmp_path: Path) -> None:
    shot = shot_row("s1", 0, 0.0, 5.0)
    made = run(tmp_path, unit_rows([shot]), teachers=["metadata", "subtitle"])
    assert {row["teacher"]: row["reason"] for row in made.tables["captions"]} == {
        "metadata": Reason.NO_METADATA,
        "subtitle": Reason.NO_SUBTITLE,
    }


def test_odd_metadata_costs_nothing_but_itself(tmp_path: Path) -> None:
    shots = [shot_row(f"s{i}", 0, 0.0, 5.0) for i in range(3)]
    sources = [
        source_row("s0", title=None, description="x" * 100_000, tags=None),
        source_row("s1", title="\u202eتصنع الخبز\u202c", tags=None),
        source_row("s2", title="🔥🔥", description="https://a.b/c", tags=[]),
    ]
    made = run(tmp_path, unit_rows(shots, sources), teachers=["metadata"])
    first, second, third = (by_teacher(made, shot)["metadata"] for shot in shots)
    assert len(first["text"]) == 500
    assert second["text"] == "تصنع الخبز"
    assert third["reason"] == Reason.NO_METADATA
    assert "title, description" in third["detail"]


class Stumbling(Teacher[TeacherConfig]):
    """Breaks on the clip that starts at 5 s."""

    name = "stumbling"
    styles = ("short",)

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return self.each(clips, worker, self._of)

    def _of(self, clip: Clip) -> Candidate:
        if clip.start_s == 5:
            raise ItemError(Reason.UNREADABLE, "the frame is gone")
        return self.said(clip, "all is well", "en", ["frame"])


class Dying(Stumbling):
    """Breaks before it has said anything."""

    name = "dying"
    styles = ("short", "dense")

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        raise RuntimeError("out of order")


class Forgetful(Stumbling):
    """Leaves out its last clip."""

    name = "forgetful"

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return super().caption(clips[:-1], worker)


class Stuttering(Stumbling):
    """Says everything twice."""

    name = "stuttering"

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return super().caption(clips, worker) * 2


def outcomes(kind: type[Teacher[TeacherConfig]], tmp_path: Path) -> list[list[Any]]:
    from caption_rows import clip

    from pipeline.testing import local_worker

    clips = [clip(0, 5), clip(5, 10), clip(10, 15)]
    worker = local_worker(tmp_path)
    try:
        found = asked([kind(TeacherConfig())], clips, worker)
    finally:
        worker.close()
    return [[c.reason or c.outcome for c in found[each.shot_id]] for each in clips]


def test_a_teacher_that_breaks_costs_only_its_own_candidates(tmp_path: Path) -> None:
    well, broken = Outcome.KEPT, Reason.INTERNAL_ERROR
    assert outcomes(Stumbling, tmp_path) == [[well], [Reason.UNREADABLE], [well]]
    assert outcomes(Dying, tmp_path) == [[broken, broken]] * 3
    assert outcomes(Forgetful, tmp_path) == [[well], [Reason.UNREADABLE], [broken]]
    assert outcomes(Stuttering, tmp_path) == [[broken]] * 3


def test_an_unexpected_error_on_one_source_leaves_the_other_captioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SubtitleTeacher._cues

    def breaking(self: SubtitleTeacher, source: Any, track: str) -> Any:
        if source.source_id == "s1":
            raise KeyError("cue")
        return whole(self, source, track)

    monkeypatch.setattr(SubtitleTeacher, "_cues", breaking)
    shots = [shot_row("s1", 0, 0.0, 5.0), shot_row("s2", 0, 0.0, 5.0)]
    cues = [cue_row(0, 0, 4, "still here, still well", source_id=name) for name in ("s1", "s2")]
    made = run(tmp_path, unit_rows(shots, cues=cues), teachers=["subtitle", "visual"])
    assert by_teacher(made, shots[0])["subtitle"]["outcome"] == Outcome.FAILED
    assert by_teacher(made, shots[0])["visual"]["outcome"] == Outcome.KEPT
    assert by_teacher(made, shots[1])["subtitle"]["text"] == "still here, still well"


def test_asr_without_audio_is_dropped_before_any_model_is_asked(tmp_path: Path) -> None:
    teacher = TEACHERS["asr"](CaptionConfig().asr)
    from caption_rows import clip

    (candidate,) = teacher.caption([clip()], None)  # type: ignore[arg-type]
    assert candidate.reason == Reason.NO_AUDIO


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    shots = [shot_row("s1", i, i * 5.0, i * 5.0 + 5) for i in range(4)]
    tables = unit_rows(shots, [source_row(title="Bread")], splits=[split_row("s1")])
    commits = [
        run(tmp_path / str(i), rows, teachers=names).commits["unit0"].tables
        for i, (rows, names) in enumerate(
            [(tables, LIGHT), ({k: v[::-1] for k, v in tables.items()}, LIGHT[::-1])]
        )
    ]
    assert commits[0] == commits[1]
