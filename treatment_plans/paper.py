"""Pages as PDF files, where the machine can make them.

WeasyPrint needs Pango, a library of the system that `make run` does without. So it is
loaded at the first PDF and not at the start, and where Pango is missing no page offers a
PDF. Nothing is fetched from anywhere: a page gets stylesheets and letters from our own
static files and nothing else.
"""

from __future__ import annotations

import mimetypes
from ctypes.util import find_library
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

LIBRARIES = ("gobject-2.0", "pango-1.0", "pangoft2-1.0", "harfbuzz", "fontconfig")
DEBIAN = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")  # in .ci/packages, too
INSIDE = "http://paper.invalid"  # where a page believes to be; no such host exists
VARIANT = "pdf/ua-1"  # tagged, so that a screen reader finds headings and tables


class NoPdf(Exception):
    """This machine cannot make a PDF."""

    code = "no_pdf"
    sentence = "PDF files cannot be made here. Print the page instead, or save it from there."


@cache
def can_make_pdf() -> bool:
    """Tell whether the libraries are there, without loading them."""
    return all(find_library(name) for name in LIBRARIES)


def pdf(html: str) -> bytes:
    """Turn a page into a file. Raises NoPdf."""
    maker = _maker()
    page = maker.HTML(string=html, base_url=f"{INSIDE}/", url_fetcher=_our_files(maker)())
    made: bytes = page.write_pdf(pdf_variant=VARIANT)
    return made


@cache
def _maker() -> Any:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError) as problem:  # OSError: a library of the system is missing
        raise NoPdf from problem


def static_file(url: str) -> Path:
    """The static file that an address of ours means. Raises ValueError for every other address."""
    start = f"{INSIDE}{settings.STATIC_URL}"
    name = url.removeprefix(start)
    if name == url or not name:
        raise ValueError("Only static files go on paper.")
    found = finders.find(name) or staticfiles_storage.path(name)  # hashed names: collected ones
    return Path(str(found))


@cache
def _our_files(maker: Any) -> Any:
    """What WeasyPrint asks for everything that a page refers to."""

    class OurFiles(maker.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            path = static_file(url)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return maker.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return OurFiles
