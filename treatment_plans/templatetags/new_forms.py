"""Links to empty forms, each with a name for what will be written in it."""

from __future__ import annotations

import uuid

from django import template

register = template.Library()


@register.simple_tag
def new_form() -> str:
    """The query of a link to a new form: going back to it finds what it has saved."""
    return f"form={uuid.uuid4()}"
