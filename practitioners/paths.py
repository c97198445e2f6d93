"""Addresses of pages, each worked out once in a process: a page of a list names dozens."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, get_urlconf, reverse

KEPT = 1024


def path_to(page: str, *parts: object, current_app: str | None = None) -> str:
    """The address of a page, as `reverse` says it; raises NoReverseMatch."""
    return _worked_out(page, parts, current_app, get_urlconf(), get_script_prefix())


@lru_cache(maxsize=KEPT)
def _worked_out(
    page: str, parts: tuple[object, ...], current_app: str | None, urlconf: str | None, _prefix: str
) -> str:
    return reverse(page, urlconf, args=parts, current_app=current_app)
