"""What the log may say of a request: the pattern of its address, never the address.

Addresses carry the tokens of mails and calendars; Django's own lines about errors and
refusals would print them.
"""

from __future__ import annotations

import logging
from typing import Any


class PatternsOnly(logging.Filter):
    """Put the pattern of an address in the place of the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        request: Any = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            shown = f"/{match.route}" if match else "(no page)"
            record.args = tuple(_shown(part, path, shown) for part in record.args)
        return True


def _shown(part: Any, path: str, shown: str) -> Any:
    return part.replace(path, shown) if isinstance(part, str) else part
