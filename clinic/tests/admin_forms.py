"""What a browser would send back from a page of the admin, untouched or with some answers changed."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import QueryDict
from django.test import Client as Browser


def filled(browser: Browser, path: str, **changed: Any) -> QueryDict:
    """Read a form as it stands and change some of its answers."""
    context = browser.get(path).context
    sent = QueryDict(mutable=True)
    _read(context["adminform"].form, sent)
    for one in context["inline_admin_formsets"]:
        _read(one.formset.management_form, sent)
        for form in one.formset.forms:
            _read(form, sent)
    for name, value in changed.items():
        if value is None:
            sent.pop(name, None)
        else:
            sent[name] = value
    return sent


def _read(form: BaseForm, sent: QueryDict) -> None:
    for bound in form:
        name, value = bound.html_name, bound.value()
        widget: Any = bound.field.widget
        if value is None or value is False or value == "":
            continue
        if hasattr(widget, "decompress"):
            for number, part in enumerate(widget.decompress(value)):
                sent[f"{name}_{number}"] = str(part)
        elif (
            isinstance(value, list | tuple)
            and "Multiple" in type(getattr(widget, "widget", widget)).__name__
        ):
            sent.setlist(name, [str(getattr(one, "pk", one)) for one in value])
        elif not hasattr(value, "url"):
            sent[name] = (
                str(bound.field.prepare_value(value))
                if not isinstance(value, list)
                else ",".join(value)
            )
