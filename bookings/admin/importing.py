"""The page on which a table of specialists is looked at before it is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from bookings import calendar
from practitioners.importing import BadTable, Row, read, save

BAD_ROWS = "Nothing was saved. Mend the rows with a problem and choose the file again."


class TableForm(forms.Form):
    """A file to look at, or the text of one that has been looked at."""

    file = forms.FileField(
        label="Table (CSV)",
        required=False,
        help_text="Columns as in the export. Nothing is saved before you have seen what changes.",
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)


def import_page(admin: Any, request: HttpRequest) -> HttpResponse:
    """Show what a table would change; on the second press save it, whole or not at all."""
    if not (admin.has_add_permission(request) and admin.has_change_permission(request)):
        raise PermissionDenied
    rows, text, problem = _table(request) if request.method == "POST" else ([], "", "")
    is_clean = bool(rows) and not any(row.problems for row in rows)
    if is_clean and "save" in request.POST:
        return _save(admin, request, rows)
    has_problem = bool(problem) or (bool(rows) and not is_clean)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Import specialists",
        "form": TableForm(initial={"text": text}),
        "rows": rows,
        "problems": [(problem or BAD_ROWS, "id_file")] if has_problem else [],
        "errors": has_problem,
        "is_clean": is_clean,
    }
    status = 422 if context["errors"] else 200
    return TemplateResponse(request, "admin/import.html", context, status=status)


def _table(request: HttpRequest) -> tuple[list[Row], str, str]:
    """The rows, the text they stand in, and what is wrong with the whole."""
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return [], "", "The submitted file is empty."
    file = form.cleaned_data["file"]
    content = file.read() if file else form.cleaned_data["text"]
    if not content:
        return [], "", "Choose a file."
    try:
        rows = read(content)
    except BadTable as problem:
        return [], "", str(problem)
    return rows, content.decode("utf-8-sig") if isinstance(content, bytes) else content, ""


def _save(admin: Any, request: HttpRequest, rows: list[Row]) -> HttpResponse:
    known = [row.form.instance.pk for row in rows if not row.is_new]
    changed = [row for row in rows if row.form.has_changed()]
    added, others = calendar.change_hours(
        known, lambda: save(rows), by=request.user, now=timezone.now()
    )
    for row in changed:
        admin.log_change(request, row.form.instance, "Imported from a table.")
    text = f"Imported: {added} new, {others} changed."
    admin.message_user(request, text, messages.SUCCESS)
    return redirect("admin:practitioners_practitioner_changelist")
