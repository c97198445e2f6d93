"""Specialists from a table: read, shown with what would change, and only then saved.

The columns are those of the export. Nobody is deleted or made inactive by a table, and
either every row is saved or none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.text import slugify

from practitioners.forms import SaysAboutThemselves
from practitioners.models import Practitioner, Service

MOST_ROWS = 500
MOST_BYTES = 500_000
FORMULA = ("=", "+", "-", "@")
COLUMNS = {
    "short name": "slug",
    "name": "name",
    "title": "title",
    "bookable online": "is_bookable_online",
    "services": "services",
    "languages": "languages",
    "practising since": "practising_since",
}
# What the export tells and a table cannot change.
ONLY_TOLD = ("active", "credential valid until", "upcoming sessions")
YES = ("yes", "y", "true", "1")
NO = ("no", "n", "false", "0", "")


class BadTable(ValueError):
    """A file that is no table of specialists, with a sentence that says why."""


class RowForm(SaysAboutThemselves):
    """One row, judged like the page of a specialist."""

    services = forms.ModelMultipleChoiceField(
        queryset=Service.objects.all(),
        to_field_name="name",
        required=False,
        error_messages={"invalid_choice": "There is no service called %(value)s."},
    )

    class Meta:
        model = Practitioner
        fields = (
            "name", "slug", "title", "is_bookable_online", "services", "languages",
            "practising_since",
        )  # fmt: skip

    photo = None  # type: ignore[assignment]  # no table holds one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].show_hidden_initial = False  # compare with the row, not the page

    def clean_about(self) -> str:
        return self.instance.about


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, with what saving it would do."""

    number: int
    name: str
    form: RowForm
    problems: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.form.instance.pk is None

    @property
    def changes(self) -> list[str]:
        """What is written, in words: "title: Registered massage therapist"."""
        return [f"{self.form[name].label}: {self._said(name)}" for name in self.form.changed_data]

    def _said(self, name: str) -> str:
        value = self.form.cleaned_data.get(name)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value is None or value == "":
            return "none"
        return ", ".join(str(one) for one in value) if _is_several(value) else str(value)


def read(content: bytes | str) -> list[Row]:
    """Read a table. Raises BadTable for what is none; a bad row says so itself."""
    rows = list(_cells(content))
    if not rows:
        raise BadTable("The table has no rows. The first line must name the columns.")
    people = {person.slug: person for person in Practitioner.objects.all()}
    seen: set[str] = set()
    return [_row(number, cells, people, seen) for number, cells in enumerate(rows, start=2)]


@transaction.atomic
def save(rows: list[Row]) -> tuple[int, int]:
    """Save every row; returns how many people are new and how many have changed."""
    changed = [row for row in rows if row.form.has_changed()]
    added = [row for row in changed if row.is_new]
    count = len(added), len(changed) - len(added)
    for row in changed:
        row.form.save()
    return count


def _cells(content: bytes | str) -> Iterator[dict[str, str]]:
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.DictReader(StringIO(text), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in table.fieldnames or ()]
        _check_columns(names)
        table.fieldnames = names
        for number, cells in enumerate(table):
            if number == MOST_ROWS:
                raise BadTable(f"Import at most {MOST_ROWS} rows at once.")
            if None in cells or None in cells.values():
                raise BadTable(f"Row {number + 2} has more or fewer cells than the first line.")
            yield {key: _plain(value) for key, value in cells.items()}
    except csv.Error as problem:
        raise BadTable("This file cannot be read as a table (CSV).") from problem


def _text(content: bytes | str) -> str:
    if len(content) > MOST_BYTES:
        raise BadTable("The file is larger than 500 kB.")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadTable("Save the table as CSV in UTF-8, then try again.") from problem
    if "\0" in text:
        raise BadTable("This file cannot be read as a table (CSV).")
    return text


def _check_columns(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS and name not in ONLY_TOLD]
    if "name" not in names or unknown or len(set(names)) < len(names):
        said = f"“{unknown[0]}” is not a column we know." if unknown else "Name each column once."
        raise BadTable(f"{said} Use Name and any of: {', '.join(COLUMNS)}.")


def _plain(cell: str) -> str:
    """A cell without the mark that keeps spreadsheets from taking it for a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _row(
    number: int, cells: dict[str, str], people: dict[str, Practitioner], seen: set[str]
) -> Row:
    slug = cells.get("short name") or slugify(cells["name"])[:50]
    known = people.get(slug)
    form = RowForm(_data(cells, slug, known), instance=known or Practitioner())
    problems = [str(text) for errors in form.errors.values() for text in errors]
    answer = cells.get("bookable online", "").lower()
    if answer not in (*YES, *NO):
        problems.append("Bookable online must be yes or no.")
    if slug in seen:
        problems.append("This person stands in the table twice.")
    seen.add(slug)
    return Row(number, cells["name"], form, problems)


def _data(cells: dict[str, str], slug: str, known: Practitioner | None) -> QueryDict:
    """The cells as a form would send them; a column that is missing changes nothing."""
    form = RowForm(instance=known) if known else RowForm()
    sent = QueryDict(mutable=True)
    for name, box in form.fields.items():
        value = box.prepare_value(form.get_initial_for_field(box, name))
        _put(sent, name, value)
    for column, name in COLUMNS.items():
        if column in cells:
            _put(sent, name, _answer(name, cells[column]))
    sent["slug"] = slug
    return sent


def _answer(name: str, cell: str) -> Any:
    if name == "is_bookable_online":
        return cell.lower() in YES
    if name == "services":
        return [one.strip() for one in cell.split(",") if one.strip()]
    return cell


def _put(sent: QueryDict, name: str, value: Any) -> None:
    if _is_several(value):
        sent.setlist(name, [str(one) for one in value])
    elif value is True:
        sent[name] = "on"
    elif value in (None, False, ""):
        sent.pop(name, None)
    else:
        sent[name] = str(value)


def _is_several(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str)
