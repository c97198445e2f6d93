"""Charts in pages: one figure with a drawing for wide screens, one for phones, and a table."""

from __future__ import annotations

from typing import Any

from django import template

from treatment_plans.charts import NARROW, SMALL, WIDE, WIDE_ALONE, Panel
from treatment_plans.models import Occasion
from treatment_plans.outcomes import headline, said

register = template.Library()
LABELS = dict(Occasion.choices)


@register.inclusion_tag("treatment_plans/_chart.html")
def chart(panel: Panel, *, is_small: bool = False, heading: str = "h3") -> dict[str, Any]:
    """Draw a panel; a small one stands among many and has one size."""
    sessions = len(panel.happenings.sessions)
    first = panel.series[0]
    wide = WIDE if len(panel.series) > 1 else WIDE_ALONE
    return {
        "panel": panel,
        "charts": [panel.on(frame) for frame in ((SMALL,) if is_small else (wide, NARROW))],
        "heading": heading,
        "scale": first.scale,
        "first": first,
        "says": ". ".join(headline(one, sessions=sessions) for one in panel.series),
        "is_small": is_small,
    }


@register.filter
def occasion(value: str) -> str:
    """The occasion in words."""
    return str(LABELS.get(value, ""))


@register.filter
def spelled(value: Any, scale: Any) -> str:
    """A value as its scale spells it, without its unit."""
    return str(scale.number(value))


@register.filter
def score(value: Any, scale: Any) -> str:
    """A value with its unit."""
    return said(value, scale)
