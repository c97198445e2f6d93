"""What a process that lives for days does with its memory."""

from __future__ import annotations

import gc


def freeze() -> None:
    """Leave what has been read so far out of every later collection of garbage.

    To go through all of it takes a tenth of a second, in which nobody is answered, and gives
    each process that is made from this one a copy of its own of memory that it only reads.
    """
    gc.collect()
    gc.freeze()
