"""What the desk types: whom it books for, why it cancels. Forms parse; verbs decide."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.as_shown import AsShown, box_of, read_box
from bookings.errors import NeedsReason
from bookings.forms import Styled, every_weeks_field, times_field
from bookings.models import Appointment
from bookings.models.text import check_one_line
from bookings.picking import read_start
from bookings.series import MOST_TIMES
from practitioners.models import Location, Practitioner, Service

ANYBODY = "Any specialist (soonest)"


class WhatForm(Styled):
    """Which session, with whom and where: the way to its times."""

    service = forms.ModelChoiceField(
        Service.objects.all(),
        to_field_name="slug",
        label="Session",
        empty_label=None,
        error_messages={
            "required": "Choose a session",
            "invalid_choice": "Choose a session from the list",
        },
    )
    practitioner = forms.ModelChoiceField(
        Practitioner.objects.none(),
        to_field_name="slug",
        required=False,
        label="With",
        empty_label=ANYBODY,
        error_messages={"invalid_choice": "Choose a specialist from the list"},
    )
    location = forms.ModelChoiceField(
        Location.objects.active(),
        to_field_name="slug",
        required=False,
        label="Where",
        empty_label="Wherever is soonest",
        error_messages={"invalid_choice": "Choose a place from the list"},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["practitioner"]
        people.queryset = Practitioner.objects.handled_by(user)  # type: ignore[attr-defined]
        if not user.is_desk_staff:
            people.empty_label = None  # type: ignore[attr-defined]
            mine = Service.objects.filter(practitioners__user=user)
            self.fields["service"].queryset = mine  # type: ignore[attr-defined]


class WhoForm(Styled):
    """With whom and where else the same session could be."""

    practitioner = forms.ChoiceField(label="With", required=False)
    location = forms.ChoiceField(label="Where", required=False)

    def __init__(
        self,
        *args: Any,
        people: list[Practitioner],
        places: list[Location],
        any_one: bool,
        **kw: Any,
    ) -> None:
        super().__init__(*args, **kw)
        nobody = [("", ANYBODY)] if any_one else []
        named = [(one.slug, one.name) for one in people]
        self.fields["practitioner"].choices = [*nobody, *named]  # type: ignore[attr-defined]
        where = [(one.slug, one.name) for one in places]
        self.fields["location"].choices = where  # type: ignore[attr-defined]


class PhoneBookingForm(Styled):
    """What goes with a booking at the desk; its time stands beside it."""

    desk_note = forms.CharField(
        label="Note for the desk",
        max_length=200,
        required=False,
        validators=[check_one_line],
        help_text="Nothing about health.",
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class RepeatForm(PhoneBookingForm):
    """The same again: how often, how far apart."""

    times = times_field(MOST_TIMES)
    every_weeks = every_weeks_field()


class SeriesForm(RepeatForm):
    """The dates of a series as they were shown; which time each gets stands beside it."""

    start = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("times", "every_weeks"):
            self.fields[name].widget = forms.HiddenInput()

    def clean_start(self) -> datetime:
        starts_at = read_start(self.cleaned_data["start"])
        if starts_at is None:
            raise ValidationError("Choose a time", code="required")
        return starts_at


class AsShownForm(Styled):
    """What is sent from a page about visits, with where it has shown them to be."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_shown(self) -> AsShown | None:
        return read_box(self.cleaned_data["shown"])


class ScopeForm(AsShownForm):
    """One visit of a series, or this and those that follow: `visits`, which begin with it."""

    ONE, FOLLOWING = "one", "following"
    scope = forms.ChoiceField(
        label="Which sessions?",
        widget=forms.RadioSelect,
        initial=ONE,
        required=False,
        choices=[(ONE, "Only this session")],
    )

    def __init__(self, *args: Any, visits: Sequence[Appointment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown"].initial = box_of(visits)
        others = len(visits) - 1
        if others:
            more = "the one that follows" if others == 1 else f"the {others} that follow"
            choices = [(self.ONE, "Only this session"), (self.FOLLOWING, f"This and {more}")]
            self.fields["scope"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["scope"]

    @property
    def is_for_all(self) -> bool:
        """Whether those that follow are meant, too."""
        return bool(self.cleaned_data.pop("scope", "") == self.FOLLOWING)


def why_late_field() -> forms.CharField:
    """Why a session is moved within the notice for changes."""
    return forms.CharField(
        label="Why so late?",
        max_length=200,
        required=False,
        validators=[check_one_line],
        help_text="Kept in the history of the session. Nothing about health.",
    )


class DeskMoveForm(ScopeForm):
    """Which sessions, and within the notice for changes why."""

    reason = why_late_field()

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_late:
            del self.fields["reason"]


class DeskCancelForm(ScopeForm):
    """Who wanted it, and why."""

    cancelled_by = forms.ChoiceField(
        label="Who cancels?",
        choices=[
            (Appointment.CancelledBy.CLIENT, "The client"),
            (Appointment.CancelledBy.CLINIC, "The clinic"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who cancels"},
    )
    reason = forms.CharField(
        max_length=200,
        required=False,
        validators=[check_one_line],
        help_text="Nothing about health.",
        error_messages={"required": NeedsReason.sentence},
    )

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_late = self.fields["reason"].required = is_late


class UndoForm(forms.Form):
    """Which change is to be undone: it made this version of the visit."""

    version_made = forms.IntegerField(min_value=1, max_value=2**31 - 2)

    @property
    def version(self) -> int:
        """No version at all where the form was tampered with."""
        return int(self.cleaned_data["version_made"]) if self.is_valid() else 0


class LengthForm(AsShownForm):
    """How long a session takes after all."""

    minutes = forms.IntegerField(
        label="Length in minutes",
        min_value=5,
        max_value=480,
        widget=forms.TextInput({"inputmode": "numeric", "class": "form-control width-4"}),
        error_messages={
            "required": "Enter a number of minutes",
            "invalid": "Enter a number of minutes",
            "min_value": "A session takes at least 5 minutes",
            "max_value": "A session takes at most 480 minutes",
        },
    )
    # As long as it was when the form was shown: another length since then is seen first.
    was = forms.IntegerField(
        min_value=0, max_value=10_000, widget=forms.HiddenInput, required=False
    )
    # The length of which it was said that it goes beyond the hours: pressed again, it is meant.
    beyond = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, visit: Appointment) -> LengthForm:
        """The form as it first stands on the page of a visit."""
        known = {"was": visit.minutes, "shown": box_of([visit])}
        return cls(initial={"minutes": visit.minutes, **known})

    @property
    def seen(self) -> timedelta | None:
        """How long the session was when the form was shown."""
        was = self.cleaned_data.get("was")
        return None if was is None else timedelta(minutes=was)

    @property
    def is_meant(self) -> bool:
        """Whether somebody asks again for what goes beyond the hours."""
        return self.cleaned_data.get("beyond") == self.cleaned_data["minutes"]

    def asked_again(self) -> LengthForm:
        """The same form, in which the same length would be meant."""
        return self._with(beyond=self.cleaned_data["minutes"])

    def asked_of(self, visit: Appointment) -> LengthForm:
        """The same form, asked of a visit as it is by now."""
        return self._with(was=visit.minutes, shown=box_of([visit]))

    def _with(self, **known: Any) -> LengthForm:
        """The same form with other answers."""
        sent: Any = self.data
        return LengthForm({**sent.dict(), **known})
