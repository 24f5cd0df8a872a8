"""Language tags as BCP-47, from whatever files and callers declare. Pure."""

from __future__ import annotations

_UNKNOWN = {"und", "mis", "mul", "zxx", "unk", "unknown", "none", "null"}


def language_tag(declared: object) -> str | None:
    """BCP-47 tag of a declared language ("eng", "EN_us", "zh-Hant"); None for none or nonsense."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    text = str(declared or "").strip()
    if not text or text.lower() in _UNKNOWN:
        return None
    try:
        tag = langcodes.standardize_tag(text, macro=False)
    except LanguageTagError:
        return None
    is_known = langcodes.tag_is_valid(tag) and tag.split("-")[0] not in _UNKNOWN
    return str(tag) if is_known else None
