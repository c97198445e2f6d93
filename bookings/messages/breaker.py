"""When the relay is ill, leave it alone for a minute, then send one message to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

MOST_TIMEOUTS = 2
MOST_SOFT_FAILURES = 20
PAUSE = 60.0  # seconds


@dataclass
class Breaker:
    """Counts failures in a row. Times are seconds of a clock that never goes back."""

    timeouts: int = 0
    soft_failures: int = 0
    open_until: float | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def is_closed(self) -> bool:
        """Whether messages go through as they come."""
        return self.open_until is None

    def may_take(self, most: int, *, at: float) -> int:
        """How many messages may be taken: none while open, one as a probe, else `most`."""
        if self.open_until is None:
            return most
        return 0 if at < self.open_until else min(1, most)

    def went_well(self) -> None:
        """The relay answered, if only to refuse: it is there."""
        with self._lock:
            self.timeouts, self.soft_failures, self.open_until = 0, 0, None

    def failed(self, *, is_timeout: bool, at: float, pause: float = PAUSE) -> None:
        """Count a failure; open after two timeouts, 20 failures or a failed probe."""
        with self._lock:
            self.timeouts += is_timeout
            self.soft_failures += 1
            is_ill = self.timeouts >= MOST_TIMEOUTS or self.soft_failures >= MOST_SOFT_FAILURES
            if is_ill or self.open_until is not None:
                self.open_until = at + pause
