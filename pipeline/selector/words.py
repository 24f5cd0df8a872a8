"""A candidate's scores and flags in a few words, as `polyreel why` and the report show them."""

from __future__ import annotations

from schemas.table import Row

_SHOWN = (
    "total",
    "consensus",
    "semantic_consensus",
    "specificity",
    "alignment",
    "alignment_quantile",
)


def scores_in_words(caption: Row) -> str:
    """Of a row of `candidates`: "total 0.712, consensus 0.41; flags: loop"; "" without scores."""
    scores = caption.get("caption_scores") or {}
    known = [
        f"{name.replace('_', ' ')} {scores[name]:.2f}"
        for name in _SHOWN
        if scores.get(name) is not None
    ]
    flags = ", ".join(caption.get("flags") or ())
    parts = [", ".join(known), f"flags: {flags}" if flags else ""]
    return "; ".join(part for part in parts if part)


def choice_in_words(selection: Row) -> str:
    """Of a row of `selections`: why it is so, by which policy, with which margin."""
    margin = selection.get("margin")
    ahead = "" if margin is None else f", margin {margin:.3f}"
    return f"{selection['why']} (policy {selection['policy']}{ahead})"
