"""One flag: this process has been asked to end, so take no more work.

It lies in memory shared with children forked later: Celery's main process gets
the SIGTERM, but the tasks run in its children.
"""

from __future__ import annotations

import mmap

_flag = mmap.mmap(-1, 1)


def ask() -> None:
    """Let everyone finish the message in hand and release the rest."""
    _flag[0] = 1


def is_asked() -> bool:
    return _flag[0] == 1


def forget() -> None:
    """Go on; for a process that outlives what it was asked to stop."""
    _flag[0] = 0
