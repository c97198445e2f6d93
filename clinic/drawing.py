"""Boxes and lists of forms, drawn without a template.

Django draws each box by two to four templates, and a list by as many for each choice: most
of the time that a page with a long list took. The outcome is the same to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

Widget = Mapping[str, Any]
FOLDER = "django/forms/widgets/"


class Drawn(TemplatesSetting):
    """Django's own renderer, which asks a template only for what is not drawn here."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        draw = DRAWN.get(template_name)
        widget = context.get("widget")
        if draw is None or widget is None or widget.get("wrap_label"):
            return super().render(template_name, context, request)
        return mark_safe(draw(widget))  # noqa: S308  every value is escaped below


def box(widget: Widget) -> str:
    """`<input>` of any kind."""
    value = widget["value"]
    said = "" if value is None else f' value="{_said(value)}"'
    return f'<input type="{_said(widget["type"])}" name="{_said(widget["name"])}"{said}{_attributes(widget)}>'


def choices(widget: Widget) -> str:
    """`<select>` with its options, in groups if they have any."""
    options = "".join(_options(widget["optgroups"]))
    return f'<select name="{_said(widget["name"])}"{_attributes(widget)}>{options}\n</select>'


def _options(groups: list[tuple[str | None, list[Widget], int]]) -> Iterator[str]:
    for name, options, _ in groups:
        if name:
            yield f'\n  <optgroup label="{conditional_escape(name)}">'
        for one in options:
            value = _said(one["value"])
            label = conditional_escape(one["label"])
            yield f'\n  <option value="{value}"{_attributes(one)}>{label}</option>'
        if name:
            yield "\n  </optgroup>"


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {conditional_escape(name)}" + ("" if value is True else f'="{_said(value)}"')
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _said(value: Any) -> SafeString:
    return conditional_escape(value if isinstance(value, str) else str(value))


DRAWN: dict[str, Callable[[Widget], str]] = {
    f"{FOLDER}select.html": choices,
    **{
        f"{FOLDER}{kind}.html": box
        for kind in (
            "checkbox", "checkbox_option", "date", "email", "hidden", "input", "number",
            "radio_option", "search", "tel", "text", "time", "url",
        )
    },
}  # fmt: skip
