"""Every table of a run, in the order of the data."""

from __future__ import annotations

from schemas.balance import BALANCE, BALANCE_TEXTS
from schemas.captions import CAPTIONS, CHOICES, SELECTIONS
from schemas.clips import CLIPS, SAMPLES
from schemas.dedup import DEDUP
from schemas.inputs import CUES, SIDECARS, SOURCES
from schemas.shots import SHOTS, SPLITS
from schemas.table import Table
from schemas.translations import TRANSLATIONS
from schemas.verdicts import VERDICTS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCES,
        SIDECARS,
        CUES,
        SPLITS,
        SHOTS,
        DEDUP,
        CAPTIONS,
        CHOICES,
        SELECTIONS,
        TRANSLATIONS,
        VERDICTS,
        BALANCE,
        BALANCE_TEXTS,
        CLIPS,
        SAMPLES,
    )
}
