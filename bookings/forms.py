"""What people type when they book and sign in. Forms parse; verbs decide."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from phonenumber_field.formfields import PhoneNumberField

from bookings.dates import BirthDateField
from bookings.models import ClientAccess
from bookings.models.text import check_one_line

BAD_EMAIL = "Enter an email address like name@example.com"
BAD_PHONE = "Enter a phone number like 07700 900 982, or one starting with + and your country code"


class Styled(forms.Form):
    """Gives every box the look of the site and ties hints and errors to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            kind = getattr(field.widget, "input_type", "")
            if isinstance(field.widget, forms.Select) and not isinstance(
                field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple
            ):
                field.widget.attrs.setdefault("class", "form-select")
            elif kind in ("checkbox", "radio"):
                field.widget.attrs.setdefault("class", "form-check-input")
            elif kind != "hidden":
                field.widget.attrs.setdefault("class", "form-control")


class YouForm(Styled):
    """Who books and for whom. The visit's time is not here: it is the one kept."""

    for_whom = forms.ChoiceField(
        label="Who is it for?",
        choices=[("me", "Me"), ("other", "Someone else")],
        widget=forms.RadioSelect,
        initial="me",
    )
    name = forms.CharField(
        label="Your name",
        max_length=120,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Enter your name"},
    )
    email = forms.EmailField(
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
        help_text="We send the confirmation here.",
        error_messages={"required": BAD_EMAIL, "invalid": BAD_EMAIL},
    )
    phone = PhoneNumberField(
        label="Mobile",
        required=False,
        help_text="Only for reminders and changes.",
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"invalid": BAD_PHONE},
    )
    other_name = forms.CharField(
        label="Their name", max_length=120, required=False, validators=[check_one_line]
    )
    relation = forms.ChoiceField(
        label="Who are they to you?",
        choices=[
            (ClientAccess.Relation.GUARDIAN, "My child"),
            (ClientAccess.Relation.PARTNER, "My partner"),
            (ClientAccess.Relation.OTHER, "Someone else"),
        ],
        required=False,
    )
    date_of_birth = BirthDateField(
        label="Their date of birth", required=False, help_text="For example 27 3 2015"
    )
    note = forms.CharField(
        label="Anything we should know before we meet?",
        max_length=200,
        required=False,
        validators=[check_one_line],
        help_text="Please leave out medical detail, we ask safely later.",
    )
    agrees = forms.BooleanField(
        label="I have read when I can move or cancel",
        error_messages={"required": "Tick the box to agree to the rule for moving and cancelling"},
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("for_whom") == "other":
            if not data.get("other_name") and "other_name" not in self.errors:
                self.add_error("other_name", ValidationError("Enter their name", code="required"))
            is_child = data.get("relation") == ClientAccess.Relation.GUARDIAN
            if is_child and not data.get("date_of_birth") and "date_of_birth" not in self.errors:
                self.add_error(
                    "date_of_birth",
                    ValidationError("Enter your child's date of birth", code="required"),
                )
        return data


class SignedInForm(Styled):
    """Booking again: for me or for one of the people I book for, in one press."""

    client = forms.ChoiceField(label="Who is it for?", widget=forms.RadioSelect)
    note = YouForm.declared_fields["note"]
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(person.public_id), person.name) for person in people]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]
        if choices:
            self.fields["client"].initial = choices[0][0]


class CodeForm(Styled):
    """The six digits from the mail."""

    code = forms.CharField(
        label="Code from the email",
        max_length=12,
        widget=forms.TextInput(
            {
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "form-control width-10",
            }
        ),
        error_messages={"required": "Enter the code from the email"},
    )


class EmailForm(Styled):
    """The address to sign in with."""

    email = forms.EmailField(
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": BAD_EMAIL, "invalid": BAD_EMAIL},
    )
