"""What the shared parts of a page need: icons, and the list of what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()
CHOSEN = SafeString(" selected")
Problem = tuple[str, str]  # what is wrong, and the id of the box to mend


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """One icon of the sprite, for the eye only: the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/icons/sprite.svg"),
        name,
    )


@register.simple_tag
def options(rows: Iterable[Any], chosen: str) -> SafeString:
    """Rows with a slug and a name as choices of a list, which may be long."""
    each = ((one.slug, CHOSEN if one.slug == chosen else "", one.name) for one in rows)
    return format_html_join("", '<option value="{}"{}>{}</option>', each)


@register.simple_tag(takes_context=True)
def error_list(context: Context) -> list[Problem]:
    """Everything wrong on the page: problems, then form, then forms.

    A page that says `has_errors=False` shows its forms half filled on purpose.
    """
    found = [(str(sentence), anchor) for sentence, anchor in context.get("problems") or ()]
    if context.get("has_errors") is False:
        return found
    for form in (context.get("form"), *(context.get("forms") or ())):
        found += _errors(form)
    return list(dict.fromkeys(found))


def _errors(form: Any) -> Iterator[Problem]:
    if isinstance(form, BaseFormSet):
        yield from _unplaced(form.non_form_errors())
        for one in form.forms:
            yield from _errors(one)
    elif isinstance(form, BaseForm):
        yield from _unplaced(form.non_field_errors())
        for field in form:
            yield from ((str(error), first_box(field)) for error in field.errors)


def _unplaced(errors: Iterable[Any]) -> Iterator[Problem]:
    return ((error, "") for error in errors)


def first_box(field: BoundField) -> str:
    """The id that a link to the field goes to; of a group, its first box."""
    if field.is_hidden:
        return ""
    return field.id_for_label or f"{field.auto_id}_0"
