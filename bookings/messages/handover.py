"""How handing something over ended, whatever the channel.

    sent       accepted
    soft       certainly not accepted, worth another try: refused, 4xx, line broken early
    hard       certainly not accepted, for good: 5xx, no such number
    ambiguous  may have been accepted: no answer after everything was said

Whatever cannot be told apart is ambiguous: a mail too many is better than one lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a hand-over ended, with a code for the ledger and no personal data."""

    kind: Literal["sent", "soft", "hard", "ambiguous"]
    code: str
    is_timeout: bool = False
    blames_address: bool = False
    withdraws_consent: bool = False
    reference: str = ""
