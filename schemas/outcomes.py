"""How every item of every stage ends, and why.

Each source, shot, clip and text ends as kept, dropped or failed. `Reason` is the whole
vocabulary; `REASON_HELP` says each in words that `polyreel why` and the report show.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """kept: goes on. dropped: a rule said no. failed: something broke on this item."""

    KEPT = "kept"
    DROPPED = "dropped"
    FAILED = "failed"


class Reason(StrEnum):
    """Why an item was dropped or failed. Values are stored; never rename one."""

    # failed, anywhere
    INTERNAL_ERROR = "internal_error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    UPSTREAM_FAILED = "upstream_failed"
    SOURCE_GONE = "source_gone"
    # ingest
    UNREADABLE = "unreadable"
    EMPTY_FILE = "empty_file"
    NOT_A_VIDEO = "not_a_video"
    NO_VIDEO_STREAM = "no_video_stream"
    UNSUPPORTED_CODEC = "unsupported_codec"
    ABSURD_HEADER = "absurd_header"
    BAD_ROW = "bad_row"
    SOURCE_TOO_SHORT = "source_too_short"
    SOURCE_TOO_LONG = "source_too_long"
    SOURCE_TOO_LARGE = "source_too_large"
    SIDECAR_BROKEN = "sidecar_broken"
    SIDECAR_EMPTY = "sidecar_empty"
    # split
    DECODE_FAILED = "decode_failed"
    NO_FRAMES = "no_frames"
    NO_USABLE_SHOT = "no_usable_shot"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHANGING = "changing"
    REDUNDANT_IN_SOURCE = "redundant_in_source"
    NOT_JOINED = "not_joined"
    TOO_MANY_SHOTS = "too_many_shots"
    # dedup
    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    CONTAINED = "contained"
    UNSIGNABLE = "unsignable"
    SOURCE_FULL = "source_full"
    SEMANTIC_DUPLICATE = "semantic_duplicate"
    # caption
    NOTHING_TO_SAY = "nothing_to_say"
    NO_AUDIO = "no_audio"
    NO_SPEECH = "no_speech"
    NO_SUBTITLE = "no_subtitle"
    NO_METADATA = "no_metadata"
    NO_TEXT_FOUND = "no_text_found"
    NO_CAPTION = "no_caption"
    NO_PICTURE = "no_picture"
    # caption: teachers behind a server
    SERVER_UNAVAILABLE = "server_unavailable"
    SERVER_DENIED = "server_denied"
    BAD_ANSWER = "bad_answer"
    REQUEST_REFUSED = "request_refused"
    EMPTY_ANSWER = "empty_answer"
    ENDLESS_ANSWER = "endless_answer"
    BUDGET_SPENT = "budget_spent"
    # translate
    OUT_OF_DOMAIN = "out_of_domain"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    EMPTY_TEXT = "empty_text"
    TEXT_TOO_LARGE = "text_too_large"
    EMPTY_TRANSLATION = "empty_translation"
    # filter: texts
    TEXT_TOO_SHORT = "text_too_short"
    TEXT_TOO_LONG = "text_too_long"
    REPETITIVE = "repetitive"
    WRONG_SCRIPT = "wrong_script"
    WRONG_LANGUAGE = "wrong_language"
    UNTRANSLATED_COPY = "untranslated_copy"
    MIXED_LANGUAGE = "mixed_language"
    BOILERPLATE = "boilerplate"
    CONTACTS = "contacts"
    PROFANITY = "profanity"
    SAME_CAPTION = "same_caption"
    LOW_QUALITY = "low_quality"
    HIGH_PERPLEXITY = "high_perplexity"
    POORLY_ALIGNED = "poorly_aligned"
    # filter: pictures
    NOT_IN_TOP = "not_in_top"
    ODD_ASPECT = "odd_aspect"
    TOO_MUCH_MOTION = "too_much_motion"
    OVERLAY = "overlay"
    MUCH_TEXT = "much_text"
    SCREEN_RECORDING = "screen_recording"
    LOW_AESTHETIC = "low_aesthetic"
    UNSAFE = "unsafe"
    CLIP_TOO_SHORT = "clip_too_short"
    CLIP_TOO_LONG = "clip_too_long"
    LOW_RESOLUTION = "low_resolution"
    STILL = "still"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    BLACK_BORDER = "black_border"
    NO_TEXT_LEFT = "no_text_left"
    CLIP_DROPPED = "clip_dropped"
    # balance (with not_in_top, no_text_left, clip_dropped)
    SAME_CAPTION_ELSEWHERE = "same_caption_elsewhere"
    CONCEPT_FULL = "concept_full"
    # cut
    ENCODE_FAILED = "encode_failed"
    SPAN_MISMATCH = "span_mismatch"


REASON_HELP: dict[Reason, str] = {
    Reason.INTERNAL_ERROR: "An unexpected error in Polyreel itself; the detail has its text.",
    Reason.TIMEOUT: "The work on this item took longer than its limit and was ended.",
    Reason.OUT_OF_MEMORY: "The work on this item needed more memory than its limit.",
    Reason.CRASHED: "The process that worked on this item died.",
    Reason.UPSTREAM_FAILED: "An earlier stage failed on something this item needs.",
    Reason.SOURCE_GONE: "The file that ingest read is not there any more, or out of reach.",
    Reason.UNREADABLE: "The file could not be opened or read.",
    Reason.EMPTY_FILE: "The file has no bytes.",
    Reason.NOT_A_VIDEO: "The file is not in a media format that FFmpeg knows.",
    Reason.NO_VIDEO_STREAM: "The file is media, but has no video stream.",
    Reason.UNSUPPORTED_CODEC: "No decoder for the video stream's codec.",
    Reason.ABSURD_HEADER: "The header claims a size, rate or length beyond the limits.",
    Reason.BAD_ROW: "The row of the input table cannot be used.",
    Reason.SOURCE_TOO_SHORT: "The video is shorter than ingest.min_duration_s.",
    Reason.SOURCE_TOO_LONG: "The video is longer than ingest.max_duration_s.",
    Reason.SOURCE_TOO_LARGE: "The file is larger than ingest.max_size_bytes.",
    Reason.SIDECAR_BROKEN: "A file or track beside the video could not be understood.",
    Reason.SIDECAR_EMPTY: "A file or track beside the video holds nothing.",
    Reason.DECODE_FAILED: "The video stream could not be decoded.",
    Reason.NO_FRAMES: "Decoding gave no frame.",
    Reason.NO_USABLE_SHOT: "Every shot of this source was dropped.",
    Reason.TOO_SHORT: "The shot, after trimming, is shorter than split.min_duration_s.",
    Reason.TOO_LONG: "What lies behind the first split.max_duration_s of a long shot.",
    Reason.CHANGING: "The shot's beginning and end look too different for one shot.",
    Reason.REDUNDANT_IN_SOURCE: "It looks like an earlier clip of the same video.",
    Reason.NOT_JOINED: "No clip of this scale here: nothing to join, or not near its length.",
    Reason.TOO_MANY_SHOTS: "More shots than split.max_shots_per_source.",
    Reason.EXACT_DUPLICATE: "The same bytes are kept under another source.",
    Reason.NEAR_DUPLICATE: "The same footage is kept under another shot.",
    Reason.CONTAINED: "The footage is part of another kept shot.",
    Reason.UNSIGNABLE: "Too flat or too short for a signature.",
    Reason.SOURCE_FULL: "Not drawn among the dedup.max_clips_per_source clips of its source.",
    Reason.SEMANTIC_DUPLICATE: "A better shot means the same, by its embedding.",
    Reason.NOTHING_TO_SAY: "The teacher found nothing that it could say.",
    Reason.NO_AUDIO: "The source has no audio stream.",
    Reason.NO_SPEECH: "Nobody speaks in this shot, or no words were trusted.",
    Reason.NO_SUBTITLE: "No subtitle cue overlaps this shot.",
    Reason.NO_METADATA: "No title, description or tags.",
    Reason.NO_TEXT_FOUND: "No text on the keyframes.",
    Reason.NO_CAPTION: "No teacher gave a usable caption.",
    Reason.NO_PICTURE: "The shot has no keyframe that a model could look at.",
    Reason.SERVER_UNAVAILABLE: "The model server did not answer, or was overloaded for too long.",
    Reason.SERVER_DENIED: "The model server refuses the key, or has no such model or address.",
    Reason.BAD_ANSWER: "What answered does not speak the OpenAI protocol: a web page, say.",
    Reason.REQUEST_REFUSED: "The model server or the model refused this one request.",
    Reason.EMPTY_ANSWER: "The model answered without a word.",
    Reason.ENDLESS_ANSWER: "The model's answer went on until it was cut off.",
    Reason.BUDGET_SPENT: "The run's budget for this server is spent; the next run goes on here.",
    Reason.OUT_OF_DOMAIN: "The text has words that the translation model does not know.",
    Reason.UNSUPPORTED_LANGUAGE: "The model does not translate from this language.",
    Reason.EMPTY_TEXT: "There is no text.",
    Reason.TEXT_TOO_LARGE: "The text is longer than the stage accepts.",
    Reason.EMPTY_TRANSLATION: "The model gave an empty translation.",
    Reason.TEXT_TOO_SHORT: "The text is shorter than its language's minimum.",
    Reason.TEXT_TOO_LONG: "The text is longer than its language's maximum.",
    Reason.REPETITIVE: "The text repeats itself.",
    Reason.WRONG_SCRIPT: "Too few of the letters are of the language's script.",
    Reason.WRONG_LANGUAGE: "Language identification says it is another language.",
    Reason.UNTRANSLATED_COPY: "The translation is the source text again.",
    Reason.MIXED_LANGUAGE: "The text is in several languages.",
    Reason.BOILERPLATE: "The text asks to subscribe, like, follow or buy, or states rights.",
    Reason.CONTACTS: "The text holds links, e-mail addresses or telephone numbers.",
    Reason.PROFANITY: "The text holds words of the profanity list.",
    Reason.SAME_CAPTION: "An earlier clip of the same source has nearly the same caption.",
    Reason.LOW_QUALITY: "The quality classifier gives the text too little.",
    Reason.HIGH_PERPLEXITY: "The text is too unlike what the perplexity model was trained on.",
    Reason.POORLY_ALIGNED: "The caption fits the clip's pictures less than filter.min_alignment.",
    Reason.NOT_IN_TOP: "Not in the best share of its kind (balance.keep_top and the like).",
    Reason.ODD_ASPECT: "Width and height are too different.",
    Reason.TOO_MUCH_MOTION: "The picture moves more than filter.max_motion.",
    Reason.OVERLAY: "Something stays on the picture while it moves: a logo or watermark.",
    Reason.MUCH_TEXT: "Text on the screen covers more than filter.max_text_share.",
    Reason.SCREEN_RECORDING: "The picture looks like a recorded screen.",
    Reason.LOW_AESTHETIC: "The aesthetic model rates the clip too low.",
    Reason.UNSAFE: "The safety model finds the clip's picture unsafe.",
    Reason.CLIP_TOO_SHORT: "The clip is shorter than filter.min_duration_s.",
    Reason.CLIP_TOO_LONG: "The clip is longer than filter.max_duration_s.",
    Reason.LOW_RESOLUTION: "The short side is below filter.min_short_side_px.",
    Reason.STILL: "The picture hardly moves.",
    Reason.TOO_DARK: "The clip is darker than filter.min_brightness.",
    Reason.TOO_BRIGHT: "The clip is brighter than filter.max_brightness.",
    Reason.BLURRED: "The clip is less sharp than filter.min_sharpness.",
    Reason.BLACK_BORDER: "Black borders cover more than filter.max_border_share.",
    Reason.NO_TEXT_LEFT: "Every text of the clip was dropped.",
    Reason.CLIP_DROPPED: "The clip itself was dropped, so its texts go with it.",
    Reason.SAME_CAPTION_ELSEWHERE: "balance.max_same_caption better clips say nearly the same.",
    Reason.CONCEPT_FULL: "Not among the best balance.max_per_concept clips of its concept.",
    Reason.ENCODE_FAILED: "The clip could not be encoded.",
    Reason.SPAN_MISMATCH: "The cut clip does not hold the frames that its row says.",
}


RESUMABLE = frozenset(
    {
        Reason.SOURCE_GONE,
        Reason.SERVER_UNAVAILABLE,
        Reason.SERVER_DENIED,
        Reason.BAD_ANSWER,
        Reason.BUDGET_SPENT,
    }
)
"""What says nothing about the item: tomorrow the same work may end otherwise. A unit with such
rows is committed, and done again by the next run."""


class TextStatus(StrEnum):
    """How far a translation can be trusted. edited: a person corrected it."""

    AUTO = "auto"
    FLAGGED = "flagged"
    EDITED = "edited"


class CaptionFlag(StrEnum):
    """What is visibly wrong with a candidate caption. Values are stored; never rename one."""

    ASSISTANT = "assistant"
    BOILERPLATE = "boilerplate"
    GRAMMAR = "grammar"
    LOOP = "loop"
    OTHER_LANGUAGE = "other_language"
    UNSUPPORTED_NUMBER = "unsupported_number"
    WRONG_SCRIPT = "wrong_script"


CAPTION_FLAG_HELP: dict[CaptionFlag, str] = {
    CaptionFlag.ASSISTANT: "The model speaks of itself or to its user.",
    CaptionFlag.BOILERPLATE: "Calls to subscribe, links, licences, rows of hashtags.",
    CaptionFlag.GRAMMAR: "A word twice in a row, an end in mid-sentence, an open bracket.",
    CaptionFlag.LOOP: "The same words come again and again.",
    CaptionFlag.OTHER_LANGUAGE: "It is in none of select.languages.",
    CaptionFlag.UNSUPPORTED_NUMBER: "A number that no other candidate and no metadata has.",
    CaptionFlag.WRONG_SCRIPT: "Most of it is not in the script of the language it claims.",
}


class TextFlag(StrEnum):
    """What a check doubts about a translation; a check is named by the flag that it raises.
    Values are stored; never rename one."""

    EMPTY = "empty"
    WRONG_LANGUAGE = "wrong_language"
    WRONG_SCRIPT = "wrong_script"
    TOO_SHORT_FOR_SOURCE = "too_short_for_source"
    TOO_LONG_FOR_SOURCE = "too_long_for_source"
    REPEATS = "repeats"
    UNTRANSLATED_COPY = "untranslated_copy"
    NUMBERS_CHANGED = "numbers_changed"
    LINKS_CHANGED = "links_changed"
    NAMES_CHANGED = "names_changed"
    PLACEHOLDER_LOST = "placeholder_lost"
    TRUNCATED = "truncated"
    UNBALANCED = "unbalanced"
    LOW_SCORE = "low_score"
    MEANING_MISSING = "meaning_missing"
    MEANING_OTHER = "meaning_other"
    BACK_TRANSLATION_DIFFERS = "back_translation_differs"
    EMBEDDINGS_APART = "embeddings_apart"
    LOW_QUALITY_ESTIMATE = "low_quality_estimate"


TEXT_FLAG_HELP: dict[TextFlag, str] = {
    TextFlag.EMPTY: "There is no letter and no digit in it.",
    TextFlag.WRONG_LANGUAGE: "Language identification says it is another language.",
    TextFlag.WRONG_SCRIPT: "Too few of its words are in the script of the language.",
    TextFlag.TOO_SHORT_FOR_SOURCE: "It is shorter than translations of such a source are.",
    TextFlag.TOO_LONG_FOR_SOURCE: "It is longer than translations of such a source are.",
    TextFlag.REPEATS: "It says a phrase again that the source says once.",
    TextFlag.UNTRANSLATED_COPY: "It is the source text again.",
    TextFlag.NUMBERS_CHANGED: "Its numbers are not those of the source.",
    TextFlag.LINKS_CHANGED: "An address, handle or time of the source is not in it.",
    TextFlag.NAMES_CHANGED: "A quoted name of the source is not in it.",
    TextFlag.PLACEHOLDER_LOST: "A protected piece of the source was not put back.",
    TextFlag.TRUNCATED: "It stops before its end.",
    TextFlag.UNBALANCED: "A bracket or quotation mark is open that is closed in the source.",
    TextFlag.LOW_SCORE: "The model was unsure of it.",
    TextFlag.MEANING_MISSING: "Words of the source have no counterpart in it.",
    TextFlag.MEANING_OTHER: "It does not seem to be a translation of this source.",
    TextFlag.BACK_TRANSLATION_DIFFERS: "Translated back, it is unlike the source.",
    TextFlag.EMBEDDINGS_APART: "Its sentence embedding is far from the source's.",
    TextFlag.LOW_QUALITY_ESTIMATE: "The quality estimation model rates it low.",
}


class TextKind(StrEnum):
    """What kind of text was translated. caption: the chosen one of a clip; candidate: another
    teacher's, so also transcripts and on-screen text; the others belong to the source. column: of
    the caller's table."""

    CAPTION = "caption"
    CANDIDATE = "candidate"
    CUE = "cue"
    TITLE = "title"
    DESCRIPTION = "description"
    TAG = "tag"
    CHAPTER = "chapter"
    COLUMN = "column"


class Relation(StrEnum):
    """How a shot relates to the representative of its cluster."""

    UNIQUE = "unique"
    REPRESENTATIVE = "representative"
    EXACT = "exact"
    NEAR = "near"
    CONTAINED = "contained"
    UNSIGNABLE = "unsignable"
    SEMANTIC = "semantic"


class BoundaryKind(StrEnum):
    """What a clip's end is."""

    START = "start"
    END = "end"
    CUT = "cut"
    GRADUAL = "gradual"
    PAUSE = "pause"
    FORCED = "forced"
    DAMAGE = "damage"


class SidecarKind(StrEnum):
    """What lies beside or inside a video file."""

    SUBTITLE_FILE = "subtitle_file"
    EMBEDDED_SUBTITLE = "embedded_subtitle"
    METADATA_FILE = "metadata_file"
    DESCRIPTION_FILE = "description_file"


class LanguageOrigin(StrEnum):
    """How the language of a text is known."""

    DECLARED = "declared"
    """Its source, the configuration or the teacher that wrote it says so."""
    IDENTIFIED = "identified"
    """Nobody says so; language ID is sure enough."""


class TextScope(StrEnum):
    """What a verdict speaks of: the clip's picture, or one text of the clip."""

    CLIP = "clip"
    TEXT = "text"


class ItemError(Exception):
    """One item cannot be used, for a known reason. The runtime makes it that item's failed row.

    `message` says what and why in words; `hint` what a person can do.
    """

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(message if not hint else f"{message} ({hint})")
        self.reason = reason

    def __reduce__(self) -> tuple[type[ItemError], tuple[Reason, str]]:
        return (ItemError, (self.reason, str(self)))
