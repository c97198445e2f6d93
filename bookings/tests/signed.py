"""Comparing signed links: two of one visit differ when they are signed in different seconds."""

from __future__ import annotations

import re

WHEN_AND_SIGNATURE = re.compile(r":[0-9A-Za-z]{6}:[\w-]{43}")


def unsigned(text: str) -> str:
    """A text with each signed link in it as it is before it is signed."""
    return WHEN_AND_SIGNATURE.sub("", text)
