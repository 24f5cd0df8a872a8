"""Subtitles, metadata, tags and languages, as they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import ItemError, Reason
from stages.ingest.languages import language_tag
from stages.ingest.metadata import MAX_EXTRA_CHARS, chapters_of, read_metadata, tags_of
from stages.ingest.sidecars import match_sidecars, sidecar_language
from stages.ingest.subtitles import decode_text, plain_cue, read_subtitles

CUE = "1\n00:00:01,000 --> 00:00:02,500\nCafé naïve\n\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_subtitles_in_any_usual_encoding(encoding: str) -> None:
    cues = read_subtitles(CUE.encode(encoding), ".srt", 10)
    assert cues == [{"start_s": 1.0, "end_s": 2.5, "text": "Café naïve"}]


@given(st.binary(max_size=300))
def test_any_bytes_are_text_cues_or_a_broken_sidecar(data: bytes) -> None:
    assert isinstance(decode_text(data), str)
    for suffix in (".srt", ".vtt", ".ass"):
        try:
            cues = read_subtitles(data, suffix, 10)
        except ItemError as error:
            reason = error.reason
        else:
            reason = Reason.SIDECAR_BROKEN
            assert all(cue["end_s"] > cue["start_s"] for cue in cues)
        assert reason == Reason.SIDECAR_BROKEN


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<i>Hi</i> <font color='red'>you</font>", "Hi you"),
        (r"{\an8}Top\Nline", "Top line"),
        ("<v Roger Bingham>We are here", "We are here"),
        ("a <00:00:01.500><c> b</c>", "a b"),
        ("1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("I <3 you", "I <3 you"),
        ("  \n ", ""),
    ],
)
def test_markup_goes_and_text_stays(text: str, plain: str) -> None:
    assert plain_cue(text) == plain


def test_formats_order_comments_and_nonsense_times() -> None:
    vtt = (
        "WEBVTT\n\n00:03.000 --> 00:04.000\nlater\n\nNOTE no cue\nnor this\n\nSTYLE\n::cue {}\n\n"
        "00:01.000 --> 00:02.000\nsooner\n\n00:06.000 --> 00:05.000\nbackwards\n"
    )
    assert [cue["text"] for cue in read_subtitles(vtt.encode(), ".vtt", 10)] == ["sooner", "later"]
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}spoken{\\i0}\n"
        "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a remark\n"
    )
    assert [cue["text"] for cue in read_subtitles(ass.encode(), ".ass", 10)] == ["spoken"]
    assert read_subtitles(b"WEBVTT\n", ".vtt", 10) == []


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_what_is_no_subtitle_file_is_broken(suffix: str) -> None:
    with pytest.raises(ItemError) as caught:
        read_subtitles(b"this is no subtitle at all", suffix, 10)
    assert caught.value.reason == Reason.SIDECAR_BROKEN


def test_too_many_cues_are_refused() -> None:
    with pytest.raises(ItemError, match="max_cues = 2"):
        read_subtitles((CUE * 3).encode(), ".srt", 2)


@pytest.mark.parametrize(
    ("declared", "tag"),
    [("eng", "en"), ("EN_us", "en-US"), ("zh-Hant", "zh-Hant"), ("und", None), ("", None),
     (None, None), ("forced", None), ("xx", None), ("deu", "de"), (7, None)],
)  # fmt: skip
def test_languages_become_bcp47(declared: object, tag: str | None) -> None:
    assert language_tag(declared) == tag


@pytest.mark.parametrize(
    ("name", "stem", "tag"),
    [("a.en.srt", "a", "en"), ("a.srt", "a", None), ("a.pt-BR.forced.vtt", "a", "pt-BR"),
     ("a.sdh.srt", "a", None), ("film.2019.srt", "film.2019", None)],
)  # fmt: skip
def test_languages_in_names(name: str, stem: str, tag: str | None) -> None:
    assert sidecar_language(name, stem) == tag


def test_sidecars_go_to_the_longest_stem_and_to_all_that_share_it() -> None:
    others = ["a.srt", "a.b.en.srt", "a.info.json", "c.txt", "a.png", "a.x.y.z.srt"]
    assert match_sidecars(["a.mp4", "a.mkv", "a.b.mp4", "d.mp4"], others) == {
        "a.mp4": ["a.info.json", "a.srt"],
        "a.mkv": ["a.info.json", "a.srt"],
        "a.b.mp4": ["a.b.en.srt"],
        "d.mp4": [],
    }


@pytest.mark.parametrize(
    ("value", "tags"),
    [("a, b ,c", ["a", "b", "c"]), ("x y; z, w", ["x y", "z, w"]), ('["p", "q"]', ["p", "q"]),
     ("[not json", ["[not json"]), (["a", None, 3], ["a", "3"]), (None, []), ("", [])],
)  # fmt: skip
def test_tags(value: object, tags: list[str]) -> None:
    assert tags_of(value) == tags


def test_metadata_of_a_downloader() -> None:
    values = {
        "title": " T ", "description": "D", "tags": ["x"], "categories": ["Pets", "x"],
        "license": "CC BY", "language": "en", "webpage_url": "https://e.org", "view_count": 7,
        "formats": ["f" * 100] * 100, "chapters": [{"start_time": 0, "title": "one"},
        {"start_time": 9.5, "end_time": 12, "title": "two"}], "album": None,
    }  # fmt: skip
    fields, left_out = read_metadata(values)
    assert left_out == ["formats"]
    assert fields == {
        "title": "T",
        "description": "D",
        "tags": ["x", "Pets"],
        "licence": "CC BY",
        "language": "en",
        "chapters": [
            {"start_s": 0.0, "end_s": 9.5, "title": "one"},
            {"start_s": 9.5, "end_s": 12.0, "title": "two"},
        ],
        "extra": {"webpage_url": "https://e.org", "view_count": 7},
    }


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=5), inner)),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["title", "Tags", "chapters", "lang", "x", "y"]), json_values)
)
def test_any_json_object_is_understood_or_carried(values: dict[str, object]) -> None:
    fields, left_out = read_metadata(values)
    assert set(fields) <= {"title", "tags", "chapters", "language", "extra"}
    assert isinstance(fields.get("title", ""), str)
    for name in set(values) & {"x", "y"}:
        assert values[name] is None or name in fields["extra"] or name in left_out
    assert MAX_EXTRA_CHARS > 0


def test_chapters_without_a_start_are_left_out() -> None:
    assert chapters_of([{"title": "a"}, "b", {"start": True}]) == []
    assert chapters_of("0:00 intro") == []
