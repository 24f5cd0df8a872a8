"""What the report shows, read from the tables of a run.

Everything is counted or capped in SQL, so the report of a large run is as small as that of a
small one: histograms and group counts, a fixed number of samples, a few examples of each reason.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from pipeline.query import fetch, open_run
from pipeline.report.pictures import data_uri
from pipeline.storage import Storage
from schemas.table import Row

N_SAMPLES = 24
N_CLUSTERS = 12
N_CLUSTER_MEMBERS = 4
N_EXAMPLES = 8
N_BINS = 24


@dataclass(frozen=True)
class Histogram:
    """Counts of values in equal bins from `low` to `high`; what is above `high` is in the last."""

    title: str
    unit: str
    low: float
    high: float
    counts: tuple[int, ...]
    n_values: int
    median: float


@dataclass(frozen=True)
class Ending:
    """One reason for which items of a stage were dropped or failed, with a few examples."""

    stage: str
    item: str
    outcome: str
    reason: str
    count: int
    examples: tuple[Row, ...]
    """{"label", "detail"} each."""


@dataclass
class ReportData:
    """All that the page is made of, besides the account. Rows are as the queries name them."""

    totals: Row = field(default_factory=dict)
    histograms: list[Histogram] = field(default_factory=list)
    languages: list[Row] = field(default_factory=list)
    teachers: list[Row] = field(default_factory=list)
    samples: list[Row] = field(default_factory=list)
    n_samples: int = 0
    clusters: list[Row] = field(default_factory=list)
    n_clusters: int = 0
    endings: list[Ending] = field(default_factory=list)
    demo_models: list[str] = field(default_factory=list)


def load_report_data(storage: Storage) -> ReportData:
    """Query the run in `storage`. Tables that no stage has written yet count as empty."""
    connection = open_run(storage)
    data = ReportData(
        totals=_totals(connection),
        histograms=_histograms(connection),
        languages=fetch(connection, _LANGUAGES),
        teachers=fetch(connection, _TEACHERS),
        endings=_endings(connection),
    )
    data.demo_models = [row["model"] for row in fetch(connection, _DEMO_MODELS)]
    data.n_samples = data.totals["n_samples"]
    data.samples = _samples(connection, storage)
    (count,) = fetch(
        connection, "SELECT count(DISTINCT cluster_id) AS n FROM dedup WHERE cluster_size > 1"
    )
    data.n_clusters = count["n"]
    data.clusters = _clusters(connection, storage)
    return data


_TOTALS = """
SELECT (SELECT count(*) FROM sources) AS n_sources,
       (SELECT coalesce(sum(duration_s), 0) FROM splits) AS source_s,
       (SELECT count(*) FROM samples) AS n_samples,
       (SELECT coalesce(sum(duration_s), 0) FROM samples) AS sample_s,
       (SELECT coalesce(sum(mp4_size_bytes), 0) FROM samples) AS video_bytes,
       (SELECT count(DISTINCT shard) FROM samples) AS n_shards,
       (SELECT coalesce(sum(len(languages)), 0) FROM samples) AS n_texts
"""

_LANGUAGES = """
WITH made AS (
    SELECT language, count(*) AS n_made,
           count(*) FILTER (outcome = 'kept') AS n_translated,
           count(*) FILTER (outcome = 'kept' AND status = 'flagged') AS n_flagged,
           count(*) FILTER (outcome = 'kept' AND status = 'edited') AS n_edited,
           bool_or(is_demo AND text IS NOT NULL) AS is_demo
    FROM translations WHERE kind = 'caption' GROUP BY language
), judged AS (
    SELECT language, count(*) AS n_judged, count(*) FILTER (outcome = 'kept') AS n_passed
    FROM verdicts WHERE scope = 'text' GROUP BY language
), sold AS (
    SELECT language, count(*) AS n_exported
    FROM (SELECT unnest(languages) AS language FROM samples) GROUP BY language
), why AS (
    SELECT language, list({'reason': reason, 'n': n} ORDER BY n DESC, reason) AS reasons
    FROM (
        SELECT language, reason, count(*) AS n
        FROM (
            SELECT language, reason FROM translations WHERE outcome <> 'kept' AND kind = 'caption'
            UNION ALL
            SELECT language, reason FROM verdicts WHERE scope = 'text' AND outcome <> 'kept'
            UNION ALL
            SELECT language, reason FROM balance_texts WHERE outcome <> 'kept'
        ) GROUP BY language, reason
    ) GROUP BY language
), doubts AS (
    SELECT language, list({'flag': flag, 'n': n} ORDER BY n DESC, flag) AS flags
    FROM (
        SELECT language, flag, count(*) AS n
        FROM (
            SELECT language, unnest(flags) AS flag FROM translations
            WHERE status = 'flagged' AND kind = 'caption'
        ) GROUP BY language, flag
    ) GROUP BY language
), tags AS (
    SELECT language FROM made UNION SELECT language FROM judged UNION SELECT language FROM sold
)
SELECT language, coalesce(n_made, 0) AS n_made, coalesce(n_translated, 0) AS n_translated,
       coalesce(n_flagged, 0) AS n_flagged, coalesce(n_edited, 0) AS n_edited,
       coalesce(flags, []) AS flags, coalesce(is_demo, false) AS is_demo,
       coalesce(n_judged, 0) AS n_judged, coalesce(n_passed, 0) AS n_passed,
       coalesce(n_exported, 0) AS n_exported, coalesce(reasons, []) AS reasons
FROM tags LEFT JOIN made USING (language) LEFT JOIN judged USING (language)
          LEFT JOIN sold USING (language) LEFT JOIN why USING (language)
          LEFT JOIN doubts USING (language)
ORDER BY n_exported DESC, language
"""

_TEACHERS = """
SELECT teacher, style, count(*) AS n_asked,
       count(*) FILTER (outcome = 'kept') AS n_usable,
       count(*) FILTER (selected) AS n_selected,
       count(*) FILTER (outcome = 'failed') AS n_failed,
       avg(caption_scores.consensus) AS consensus, avg(caption_scores.specificity) AS specificity,
       count(*) FILTER (len(flags) > 0) AS n_flagged,
       bool_or(is_demo) AS is_demo, sum(input_tokens) AS input_tokens,
       sum(output_tokens) AS output_tokens, sum(cost_usd) AS cost_usd
FROM candidates GROUP BY teacher, style ORDER BY n_selected DESC, teacher, style
"""

_DEMO_MODELS = """
SELECT DISTINCT model FROM (
    SELECT model FROM translations WHERE is_demo AND text IS NOT NULL
    UNION ALL SELECT model FROM captions WHERE is_demo AND text IS NOT NULL
) WHERE model IS NOT NULL ORDER BY model
"""

_HISTOGRAMS = (
    ("Shot length", "s", "SELECT end_s - start_s AS value FROM shots"),
    ("Motion (mean change of luma)", "", "SELECT motion AS value FROM shots"),
    ("Brightness (mean luma)", "", "SELECT brightness AS value FROM shots"),
    ("Length of the chosen captions", "characters",
     "SELECT length(text) AS value FROM candidates WHERE selected"),
)  # fmt: skip

_SHOT_LABEL = (
    "s.key || '  ' || printf('%.2f', h.start_s) || '–' || printf('%.2f', h.end_s) || ' s  ' "
    "|| h.shot_id"
)
_OF_SHOT = "JOIN shots h USING (shot_id) JOIN sources s ON s.source_id = h.source_id"

_ENDINGS = (
    ("ingest", "videos", "SELECT key AS label, outcome, reason, detail FROM sources"),
    ("ingest", "sidecars",
     "SELECT s.key || '  ' || t.sidecar AS label, t.outcome, t.reason, t.detail "
     "FROM sidecars t JOIN sources s USING (source_id)"),
    ("split", "videos",
     "SELECT s.key AS label, t.outcome, t.reason, t.detail "
     "FROM splits t JOIN sources s USING (source_id)"),
    ("split", "shots",
     "SELECT s.key || '  ' || printf('%.2f', h.start_s) || '–' || printf('%.2f', h.end_s) "
     "|| ' s' AS label, h.outcome, h.reason, h.detail "
     "FROM shots h JOIN sources s USING (source_id)"),
    *(
        (stage, item, f"SELECT {label} AS label, t.outcome, t.reason, t.detail "
                      f"FROM {table} t {_OF_SHOT} {where}")
        for stage, item, label, table, where in (
            ("dedup", "shots", _SHOT_LABEL, "dedup", ""),
            ("caption", "candidates", f"t.teacher || '  ' || {_SHOT_LABEL}", "captions", ""),
            ("select", "clips", _SHOT_LABEL, "selections", ""),
            ("translate", "texts", f"t.language || '  ' || {_SHOT_LABEL}", "translations", ""),
            ("filter", "clips", _SHOT_LABEL, "verdicts", "WHERE t.scope = 'clip'"),
            ("filter", "texts", f"t.language || '  ' || {_SHOT_LABEL}", "verdicts",
             "WHERE t.scope = 'text'"),
            ("balance", "clips", _SHOT_LABEL, "balance", ""),
            ("balance", "texts", f"t.language || '  ' || {_SHOT_LABEL}", "balance_texts", ""),
            ("cut", "clips", _SHOT_LABEL, "clips", ""),
        )
    ),
)  # fmt: skip


def _totals(connection: Any) -> Row:
    (totals,) = fetch(connection, _TOTALS)
    return totals


def _histograms(connection: Any) -> list[Histogram]:
    found = (_histogram(connection, *line) for line in _HISTOGRAMS)
    return [histogram for histogram in found if histogram.n_values]


def _histogram(connection: Any, title: str, unit: str, values: str) -> Histogram:
    values = f"SELECT CAST(value AS DOUBLE) AS value FROM ({values}) WHERE value IS NOT NULL"
    (range_,) = fetch(
        connection,
        "SELECT count(*) AS n, min(value) AS low, quantile_disc(value, 0.99) AS high, "
        f"median(value) AS median FROM ({values})",
    )
    if not range_["n"]:
        return Histogram(title, unit, 0.0, 0.0, (), 0, 0.0)
    low, high = min(0.0, range_["low"]), range_["high"]
    if high <= low:
        high = low + 1.0
    counted = fetch(
        connection,
        "SELECT CAST(least(greatest(floor((value - ?) / (? - ?) * ?), 0), ? - 1) AS INT) AS bin, "
        f"count(*) AS n FROM ({values}) GROUP BY bin",
        low, high, low, N_BINS, N_BINS,
    )  # fmt: skip
    counts = [0] * N_BINS
    for row in counted:
        counts[row["bin"]] = row["n"]
    return Histogram(title, unit, low, high, tuple(counts), range_["n"], range_["median"])


def _endings(connection: Any) -> list[Ending]:
    endings: list[Ending] = []
    for stage, item, rows in _ENDINGS:
        capped = fetch(
            connection,
            "SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY outcome, reason) AS n, "
            "row_number() OVER (PARTITION BY outcome, reason ORDER BY label, detail) AS number "
            f"FROM ({rows}) WHERE outcome <> 'kept') WHERE number <= ? "
            "ORDER BY outcome, n DESC, reason, number",
            N_EXAMPLES,
        )
        groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
        for row in capped:
            example = {"label": row["label"], "detail": row["detail"] or ""}
            groups[row["outcome"], row["reason"] or "", row["n"]].append(example)
        endings += [
            Ending(stage, item, outcome, reason, n, tuple(examples))
            for (outcome, reason, n), examples in groups.items()
        ]
    return endings


def _samples(connection: Any, storage: Storage) -> list[Row]:
    """The first samples of the dataset, which is shuffled, with all that was said of them."""
    samples = fetch(
        connection,
        "SELECT m.key, m.uri, m.start_s, m.end_s, m.width, m.height, m.teacher, m.language, "
        "m.text, m.title, m.licence, m.shard, c.thumbnail, l.why, l.policy, l.margin "
        "FROM samples m "
        "LEFT JOIN clips c ON c.shot_id = m.key LEFT JOIN selections l ON l.shot_id = m.key "
        "ORDER BY m.shard, m.index LIMIT ?",
        N_SAMPLES,
    )
    keys = [sample["key"] for sample in samples]
    candidates = _by_shot(connection, keys, "candidates", "rank NULLS LAST, teacher, style")
    passed = {
        row["text_id"]: row
        for table in ("verdicts", "balance_texts")
        for rows in _by_shot(connection, keys, table, "language").values()
        for row in rows
        if row["text_id"] and (table == "verdicts" or row["outcome"] != "kept")
    }
    texts = _by_shot(connection, keys, "translations", "language")
    for sample in samples:
        sample["picture"] = data_uri(storage, sample.pop("thumbnail"))
        sample["candidates"] = candidates.get(sample["key"], [])
        sample["texts"] = [
            row | {"verdict": passed.get(row["translation_id"], {})}
            for row in texts.get(sample["key"], [])
        ]
    return samples


def _by_shot(connection: Any, keys: list[str], table: str, order: str) -> dict[str, list[Row]]:
    rows = fetch(
        connection,
        f"SELECT * FROM {table} WHERE list_contains(?, shot_id) ORDER BY shot_id, {order}",
        keys,
    )
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["shot_id"]].append(row)
    return grouped


def _clusters(connection: Any, storage: Storage) -> list[Row]:
    """The largest clusters, each with its representative first."""
    members = fetch(
        connection,
        "SELECT * FROM (SELECT d.*, s.key AS source_key, h.start_s, h.end_s, "
        "h.keyframes[1] AS keyframe, dense_rank() OVER (ORDER BY d.cluster_size DESC, "
        "d.cluster_id) AS place, row_number() OVER (PARTITION BY d.cluster_id ORDER BY "
        "d.outcome = 'kept' DESC, d.score DESC NULLS LAST, d.shot_id) AS number "
        f"FROM dedup d {_OF_SHOT} WHERE d.cluster_size > 1) "
        "WHERE place <= ? AND number <= ? ORDER BY place, number",
        N_CLUSTERS,
        N_CLUSTER_MEMBERS,
    )
    clusters: dict[str, Row] = {}
    for member in members:
        member["picture"] = data_uri(storage, member.pop("keyframe"))
        cluster = clusters.setdefault(
            member["cluster_id"], {"size": member["cluster_size"], "members": []}
        )
        cluster["members"].append(member)
    return list(clusters.values())
