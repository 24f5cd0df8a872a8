"""Links, e-mail addresses, handles and telephone numbers in a text: found, or replaced."""

from __future__ import annotations

import re

# Without a path, only endings that are no words: "they run.in the park" is a missing space.
_BARE = "com|net|org|edu|gov|info|tv"
CONTACT = re.compile(
    r"(?P<url>(?:https?://|www\.)\S+"
    rf"|\b[\w-]{{1,63}}\.(?:[a-z]{{2,6}}/\S+|(?:{_BARE})(?![\w@])))"
    r"|(?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    r"|(?P<handle>(?<![\w@])@\w[\w.]{2,30})"
    r"|(?P<phone>(?<![\w.])(?:\+|00)?\d[\d ().-]{6,18}\d(?![\w]))",
    re.IGNORECASE,
)
LEAST_PHONE_DIGITS, MOST_PHONE_DIGITS = 8, 15
_DATE_OR_YEARS = re.compile(r"\d{4}[-–]\d{2}[-–]\d{2}|\d{4} ?[-–] ?\d{4}|\d{1,3}(?:[ .]\d{3})+")


def contacts(text: str) -> list[tuple[str, int, int]]:
    """(kind, start, end) of each contact: url, email, handle or phone, in order. A telephone
    number has 8 to 15 digits and is neither a date, a span of years nor a grouped number."""
    return [
        (str(match.lastgroup), match.start(), match.end())
        for match in CONTACT.finditer(text)
        if match.lastgroup != "phone" or _is_phone(match[0])
    ]


def redacted(text: str) -> str:
    """`text` with each contact replaced by its kind in brackets: [url]."""
    parts, after = [], 0
    for kind, start, end in contacts(text):
        parts += [text[after:start], f"[{kind}]"]
        after = end
    return "".join([*parts, text[after:]])


def _is_phone(found: str) -> bool:
    digits = sum(letter.isdigit() for letter in found)
    if _DATE_OR_YEARS.fullmatch(found.strip()):
        return False
    return LEAST_PHONE_DIGITS <= digits <= MOST_PHONE_DIGITS
