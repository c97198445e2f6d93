"""The addresses of PostgreSQL and Valkey, read from what an installation says.

A wrong one is refused with a sentence when the settings are read, not with a
riddle when the first query fails. No sentence repeats it: it holds a password.
"""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

POSTGRES = "django.db.backends.postgresql"
SCHEMES = ("redis", "rediss", "unix")


def database_config(url: str) -> dict[str, Any]:
    """What Django needs to know of a database. Raises ImproperlyConfigured."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the sentence below says it better
            config = Env.db_url_config(url)
    except ValueError:
        config = {}
    if config.get("ENGINE") != POSTGRES or not config.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://user:password@host:5432/clinic."
        )
    return dict(config)


def broker_address(url: str) -> str:
    """The address of Valkey as it is. Raises ImproperlyConfigured."""
    try:
        parts = urlsplit(url)
        place = (
            parts.path if parts.scheme == "unix" else f"{parts.hostname or ''}{parts.port or ''}"
        )
    except ValueError:  # a port that is no number
        place = ""
    if not place or parts.scheme not in SCHEMES:
        raise ImproperlyConfigured(
            "REDIS_URL must look like redis://host:6379/0 or unix:///folder/valkey.sock."
        )
    return url
