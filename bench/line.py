"""What one workload has to say, as one line of JSON."""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass, field
from typing import Any

COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to be: `Target("<=", 1.2)`."""

    sign: str
    figure: float

    def __str__(self) -> str:
        return f"{self.sign} {self.figure:g}"

    def is_met(self, figure: float) -> bool:
        return bool(COMPARE[self.sign](figure, self.figure))


@dataclass
class Line:
    """Our figure, the limit's in the same run, and whether everything asked for holds.

    `ratio` is ours divided by the limit. `queries` are the statements of one run of ours.
    """

    name: str
    ours: float
    limit: float
    unit: str
    target: Target
    queries: int | None = None
    size: str = ""
    others: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return self.ours / self.limit if self.limit else float(self.ours > 0)

    def also(self, what: str, figure: float, target: Target | None = None) -> None:
        """Say another figure, and what it has to be if anything."""
        figure = _short(figure)
        self.others[what] = figure if target is None else [figure, str(target)]
        if target is not None and not target.is_met(figure):
            self.failed.append(what)

    @property
    def is_ok(self) -> bool:
        return self.target.is_met(_short(self.ratio)) and not self.failed

    def __str__(self) -> str:
        return json.dumps(
            {
                "name": self.name,
                "ours": _short(self.ours),
                "limit": _short(self.limit),
                "unit": self.unit,
                "ratio": _short(self.ratio),
                "target": str(self.target),
                "queries": self.queries,
                "ok": self.is_ok,
                **({"failed": self.failed} if self.failed else {}),
                **self.others,
                "size": self.size,
            }
        )


def _short(figure: float) -> float:
    """Three digits say enough."""
    return float(f"{figure:.3g}") if abs(figure) < 1000 else round(figure)
