"""What the desk types: whom it books for, why it cancels. Forms parse; verbs decide."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from bookings.forms import Styled
from bookings.models import Appointment
from bookings.models.text import check_one_line
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


class DeskCancelForm(Styled):
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
        help_text="Nothing about health. Needed within the notice for changes.",
    )
