"""The dates of a plan as somebody chooses them, and what suits the client."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.desk_forms import why_late_field
from bookings.forms import Styled
from bookings.models import DayPart
from bookings.picking import read_start
from practitioners.models.places import WEEKDAYS
from treatment_plans.schedule.proposing import MOST

BOOK, MOVE = "book-", "move-"  # and the session's number, or the visit's public id
LEFT_OUT, KEPT = "none", "keep"
CHOOSE = "Choose a time for each date, or leave it out"


def chosen_times(posted: Mapping[str, str]) -> set[datetime]:
    """The times that a form has chosen so far, whatever else is wrong with it."""
    names = sorted(name for name in posted if name.startswith((BOOK, MOVE)))[: 2 * MOST]
    return {at for name in names if (at := read_start(posted[name])) is not None}


class DatesForm(Styled):
    """Which sessions to book and which visits to move, all or none."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        shown = self.data.getlist("rows")[:MOST] if hasattr(self.data, "getlist") else []
        if any(not self.data.get(name) for name in shown):
            raise ValidationError(CHOOSE, code="required")
        starts = dict(self._read(BOOK, LEFT_OUT))
        moves = dict(self._read(MOVE, KEPT))
        if self.errors:
            return data
        if not starts and not moves:
            raise ValidationError("Choose at least one date", code="none")
        data["starts"] = sorted(starts.values())
        data["moves"] = {uuid.UUID(key): at for key, at in moves.items()}
        return data

    def _read(self, prefix: str, none: str) -> Iterator[tuple[str, datetime]]:
        """Every answer that is a time, by what it is about."""
        keys = sorted(key for key in self.data if key.startswith(prefix))[:MOST]
        for key in keys:
            answer = self.data.get(key, "")
            if answer == none:
                continue
            at, about = read_start(answer), key.removeprefix(prefix)
            if at is None or not _is_known(prefix, about):
                self.add_error(None, ValidationError(CHOOSE, code="required"))
                return
            yield about, at


class DeskDatesForm(DatesForm):
    """The same at the desk, and within the notice for changes why."""

    reason = why_late_field()


def _is_known(prefix: str, about: str) -> bool:
    if prefix == BOOK:
        return about.isascii() and about.isdecimal() and len(about) < 5
    try:
        return str(uuid.UUID(about)) == about
    except ValueError:
        return False


class WishesForm(Styled):
    """Days and parts of the day that suit somebody; none chosen means any."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Days that suit",
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    parts = forms.MultipleChoiceField(
        label="Times that suit",
        choices=DayPart.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
