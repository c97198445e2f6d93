"""Cells of a table that somebody opens in a spreadsheet."""

from __future__ import annotations

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"  # in front of a table, tells spreadsheets the encoding


def plain(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
