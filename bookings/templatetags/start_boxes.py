"""The times to pick from: a page has hundreds, so each is put together without nodes of a template."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from bookings.picking import Choice

register = template.Library()
# Going back, a browser ticks the radio button that stands where the chosen one stood: after that
# one was booked it is another time. With autocomplete off it ticks none.
BOX = """<div class="slot">
<input type="radio" autocomplete="off" name="start" id="start-{value}" value="{value}"{checked}>
<label for="start-{value}"><span aria-hidden="true">{seen}</span><span class="visually-hidden">{read}</span></label>
</div>
"""


@register.simple_tag(takes_context=True)
def start_boxes(context: Context, choices: Iterable[Choice]) -> SafeString:
    """A radio button for each start, with the time in the visitor's own zone where they asked for it."""
    chosen, their_place = context.get("chosen"), escape(context.get("their_place") or "")
    return mark_safe("".join(_box(one, one.value == chosen, their_place) for one in choices))  # noqa: S308  escaped


def _box(choice: Choice, is_chosen: bool, their_place: str) -> str:
    value, seen, read = escape(choice.value), escape(choice.seen), escape(choice.read)
    if choice.also:
        also = escape(choice.also)
        seen, read = f"{seen}<br><small>{also}</small>", f"{read}, {also} in {their_place}"
    return BOX.format(value=value, seen=seen, read=read, checked=" checked" if is_chosen else "")
