"""What clients type on their own pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.client_forms import say_refused
from bookings.contact import Details
from bookings.dates import BirthDateField
from bookings.forms import (
    RELATIONS,
    AddressField,
    CodeForm,
    PhoneField,
    Relation,
    Styled,
    child_problem,
)
from bookings.messages.recipients import gets_texts
from bookings.models import Client
from bookings.models.text import check_one_line

NO_TEXTS = "This number cannot get text messages. Enter a mobile number, or first choose reminders by e-mail."


class PersonForm(Styled):
    """Somebody else whom a login books for."""

    name = forms.CharField(
        label="Their name",
        max_length=120,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Enter their name"},
    )
    relation = forms.ChoiceField(
        label="Who are they to you?",
        choices=RELATIONS,
        initial=Relation.OTHER,
        error_messages={
            "required": "Choose who they are to you",
            "invalid_choice": "Choose who they are to you",
        },
    )
    date_of_birth = BirthDateField(
        label="Their date of birth",
        required=False,
        help_text="For example 27 3 2015. We need it for a child.",
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("relation") == Relation.GUARDIAN and "date_of_birth" not in self.errors:
            field, problem = child_problem(data.get("date_of_birth"))
            if problem:
                self.add_error(field, ValidationError(problem, code="child"))
        return data


class DetailsForm(Styled):
    """How somebody is called and reached."""

    name = forms.CharField(
        max_length=120,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Enter your name"},
    )
    called = forms.CharField(
        label="What should we call you?",
        max_length=60,
        required=False,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )
    phone = PhoneField(label="Mobile", required=False, help_text="Only for reminders and changes.")
    email = AddressField(help_text="We write to you here, and you sign in with it.")

    def __init__(self, data: Any = None, *, client: Client) -> None:
        now = Details.of(client)
        self.prefers_texts = client.preferred_channel == Client.Channel.SMS
        super().__init__(
            data,
            initial={
                "name": now.name,
                "called": now.called,
                "phone": client.phone.as_national if client.phone else "",
                "email": now.email,
            },
        )
        say_refused(self, client)

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_phone(self) -> str:
        """Refuse a landline to somebody who would rather have text messages."""
        phone = str(self.cleaned_data["phone"])
        if phone and self.prefers_texts and not gets_texts(phone):
            raise ValidationError(NO_TEXTS, code="landline")
        return phone

    @property
    def wanted(self) -> Details:
        """What a valid form asks for."""
        data = self.cleaned_data
        return Details(data["name"], data["called"], data["phone"], data["email"].strip())


class SecondCodeForm(CodeForm):
    """The code that went to a new address."""

    prefix = "new"
