"""What free text may hold: any script and emoji, one line where one is meant."""

import unicodedata

from django.core.exceptions import ValidationError

BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
MAX_COMBINING_RUN = 8


def check_one_line(text: str) -> None:
    """Refuse line breaks, control characters, direction overrides and stacked accents."""
    if any(mark in text for mark in "\r\n\u2028\u2029"):
        raise ValidationError("Please use one line.", code="one_line")
    run = 0
    for char in text:
        if char in BIDI_CONTROLS or unicodedata.category(char) in ("Cc", "Cs"):
            raise ValidationError(
                "Please leave out hidden control characters.", code="control_character"
            )
        run = run + 1 if unicodedata.combining(char) else 0
        if run > MAX_COMBINING_RUN:
            raise ValidationError("Please use fewer accents on one letter.", code="accents")
