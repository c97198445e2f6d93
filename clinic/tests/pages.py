"""Every address of the site, with something in the place of each changing part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

STAND_INS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "int": "9",
    "slug": "nothing",
    "str": "nothing",
    "path": "nothing",
}


@dataclass(frozen=True, slots=True)
class Address:
    """One page: its name and a path that leads to it."""

    name: str
    path: str


def addresses() -> list[Address]:
    """Every named page outside Django admin."""
    return [one for one in _walk(get_resolver().url_patterns, "/") if "/admin/" not in one.path]


def _walk(patterns: list[Any], before: str) -> Iterator[Address]:
    for pattern in patterns:
        path = before + re.sub(
            r"<(?:(\w+):)?\w+>",
            lambda part: STAND_INS[part.group(1) or "str"],
            str(pattern.pattern),
        )
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Address(pattern.name, path)
