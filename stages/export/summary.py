"""Counts over the whole dataset, for its card. Pure; grows with languages and teachers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Summary:
    """What the card says in numbers."""

    n_samples: int = 0
    size_bytes: int = 0
    duration_s: float = 0.0
    source_ids: set[str] = field(default_factory=set)
    texts: Counter[str] = field(default_factory=Counter)
    """Language -> samples that have a kept text in it."""
    flagged: Counter[str] = field(default_factory=Counter)
    """Language -> kept texts that a check flagged."""
    demo: Counter[str] = field(default_factory=Counter)
    """Language -> kept texts that a demonstration model wrote."""
    teachers: Counter[str] = field(default_factory=Counter)
    """Teacher -> samples whose chosen caption is its."""
    licences: Counter[str] = field(default_factory=Counter)
    """Declared licence of the source ("" where there is none) -> samples."""
    demo_models: set[str] = field(default_factory=set)
    n_hiding: int = 0
    """Samples whose file holds frames that it does not show."""

    def add(self, record: Mapping[str, Any], size_bytes: int) -> None:
        """Count one sample in."""
        self.n_samples += 1
        self.size_bytes += size_bytes
        self.duration_s += record["video"]["duration_s"]
        self.n_hiding += record["video"]["hidden_frames"] > 0
        self.source_ids.add(record["source"]["id"])
        self.teachers[record["caption"]["teacher"]] += 1
        self.licences[record["source"]["licence"]] += 1
        for language, text in record["texts"].items():
            if text["text"]:
                self.texts[language] += 1
                self.flagged[language] += text["status"] == "flagged"
                self.demo[language] += text["is_demo"]
                if text["is_demo"]:
                    self.demo_models.add(text["model"])
