"""Options of the filter stage. Every limit can be null, which switches its rule off; what the
rule would have measured is stored all the same."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from stages.base import StageConfig
from stages.filter.language.defaults import LID_176, MIN_LETTERS, USUAL

CLIP_RULES = (
    "min_duration_s",
    "max_duration_s",
    "min_short_side_px",
    "max_aspect",
    "min_motion",
    "max_motion",
    "min_brightness",
    "max_brightness",
    "min_sharpness",
    "max_border_share",
    "max_overlay_share",
    "max_text_share",
    "max_screen_share",
    "min_aesthetic",
    "max_nsfw",
)
TEXT_RULES = (
    "min_script_share",
    "min_language_margin",
    "max_copy_similarity",
    "min_words",
    "max_words",
    "min_characters",
    "max_characters",
    "max_loop_share",
    "max_repeat_share",
    "max_caption_similarity",
    "max_boilerplate",
    "max_contacts",
    "max_profanity",
    "min_quality",
    "max_perplexity",
    "min_alignment",
)
"""The rules with a limit, by the field that holds it."""


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

    max_motion: float | None = Field(
        None, ge=0, le=255, description="Most mean change of luma between frames (frantic clips)."
    )
    max_aspect: float | None = Field(
        4.0, ge=1, description="Most of the longer side of the source to the shorter."
    )
    max_overlay_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Most of the picture's area that edges of logos and watermarks may take, which "
        "stay on all keyframes while the picture around them moves; 0.004 is a place to start.",
    )
    max_text_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Most of a keyframe's area that text on the screen may take, as the teacher "
        "ocr measures it; where it did not run, nothing is known and clips pass.",
    )
    max_screen_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Most likeness to a recorded screen (areas of one colour, straight edges).",
    )
    aesthetic_model: str | None = Field(
        None, description="ONNX model that rates a picture (stages.filter.pictures); null: none."
    )
    min_aesthetic: float | None = Field(
        None, description="Least mean rating of the aesthetic model over the keyframes."
    )
    nsfw_model: str | None = Field(
        None, description="ONNX model of how unsafe a picture is; null: none."
    )
    max_nsfw: float | None = Field(
        0.5, description="Most mean rating of the safety model over the keyframes; it tags."
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

    max_caption_similarity: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Most similarity of a clip's caption and that of one of the 20 clips before "
        "it in its source (shared letter trigrams).",
    )
    max_boilerplate: int | None = Field(
        0, ge=0, description="Most calls to subscribe, adverts and statements of rights in a text."
    )
    max_contacts: int | None = Field(
        0, ge=0, description="Most links, e-mail addresses, handles and telephone numbers."
    )
    redact_contacts: bool = Field(
        False, description="Replace them in verdicts.text ([url], [email] ...) instead."
    )
    max_profanity: int | None = Field(0, ge=0, description="Most words of the profanity list.")
    profanity_list: str | None = Field(
        None,
        description="File with lines `language: word, word`, instead of the short lists that come "
        "with Polyreel.",
    )
    person_names: str | None = Field(
        None,
        description="File of people's names, one a line, that verdicts.text has `a person` for, in "
        "the text's language; null: names stay.",
    )
    quality_model: str | None = Field(
        None,
        description="Model of `polyreel quality train` (.npz), or a fastText classifier (.bin, "
        ".ftz) with the label __label__keep; null: no quality and no perplexity is measured.",
    )
    min_quality: float | None = Field(
        0.5, ge=0, le=1, description="Least probability of `keep` of the quality model."
    )
    max_perplexity: float | None = Field(
        None, ge=1, description="Most perplexity for each character, of the quality model."
    )
    min_alignment: float | None = Field(
        None,
        ge=-1,
        le=1,
        description="Least mean cosine of a chosen caption and its clip's keyframes, by the model "
        "of caption.select.alignment. Captions without a score pass, and so do translations.",
    )
    tag_only: list[str] = Field(
        default_factory=lambda: [
            "max_contacts",
            "max_profanity",
            "one_language",
            "max_nsfw",
        ],
        description="Rules that tag what they say no to (verdicts.tags) and never drop it.",
    )
    limits_by_language: dict[str, dict[str, float | None]] = Field(
        default_factory=dict,
        description="Other limits of text rules for one language, for example "
        "{ta: {min_words: 3}}. Shares of the best are set in balance.keep_top.",
    )

    language_model: str | None = Field(
        LID_176, description="fastText model of language ID; null: languages are not verified."
    )
    languages: list[str] = Field(
        default_factory=lambda: list(USUAL),
        description="Languages (BCP-47) that texts of this run may be in. They, the language "
        "that a text declares, and close relatives of these are the candidates of language ID.",
    )
    min_letters_for_language: int = Field(
        MIN_LETTERS, ge=1, le=1000, description="Fewer letters than this do not show a language."
    )

    @field_validator("languages")
    @classmethod
    def _languages_are_tags(cls, languages: list[str]) -> list[str]:
        from stages.filter.language.tags import UND, family

        if wrong := [tag for tag in languages if family(tag) == UND]:
            raise ValueError(f"not BCP-47 language tags: {wrong}")
        return languages

    def limit(self, rule: str, language: str = "") -> float | None:
        """A rule's limit for texts of a language; None: the rule is off."""
        own = self.limits_by_language.get(language, {})
        value: float | None = own[rule] if rule in own else getattr(self, rule)
        return value

    @model_validator(mode="after")
    def _rules_exist(self) -> Self:
        for tag, limits in self.limits_by_language.items():
            if wrong := sorted(set(limits) - set(TEXT_RULES)):
                raise ValueError(f"limits_by_language.{tag}: no text rules: {wrong}")
        if wrong := sorted(set(self.tag_only) - {*CLIP_RULES, *TEXT_RULES, "one_language"}):
            raise ValueError(f"tag_only: no rules: {wrong}")
        return self

    @model_validator(mode="after")
    def _limits_make_sense(self) -> Self:
        for figure in ("duration_s", "brightness", "words", "characters"):
            least, most = getattr(self, f"min_{figure}"), getattr(self, f"max_{figure}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{figure}={least} is above max_{figure}={most}")
        if self.require_language and not self.language_model:
            raise ValueError("require_language=true needs a language_model")
        return self
