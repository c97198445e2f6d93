"""What people type when they book and sign in. Forms parse; verbs decide."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from phonenumber_field.formfields import PhoneNumberField

from bookings.booking_for import ME, OTHER, Whom
from bookings.dates import BirthDateField, clinic_day
from bookings.messages.recipients import EXAMPLE_NUMBER
from bookings.models import Client, ClientAccess
from bookings.models.clients import is_minor
from bookings.models.text import check_one_line
from bookings.series import MOST_WEEKS

BAD_EMAIL = "Enter an email address like name@example.com"
LONGEST_EMAIL = 254  # as long as an address can be, and as the columns are
BAD_PHONE = "Enter a phone number like 07700 900 982, or one starting with + and your country code"
Relation = ClientAccess.Relation


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


AForm = TypeVar("AForm", bound=forms.Form)


class _Shared(dict[str, forms.Field]):
    """Fields of a class of forms, of which each form gets the same ones."""

    def __deepcopy__(self, memo: Any) -> dict[str, forms.Field]:
        return dict(self)


def sharing_fields(form: type[AForm]) -> type[AForm]:
    """Let all forms of a class have the same fields: Django copies them for each.

    That takes longer than all else that is done with what was sent. A form may leave a field
    out or put another in its place, but never change one.
    """
    form.base_fields = _Shared(form.base_fields)
    return form


class PhoneField(PhoneNumberField):
    """A number that exists, or one that is reserved for examples, as our own texts show it."""

    default_validators: list[Any] = []

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {})["invalid"] = BAD_PHONE
        kwargs.setdefault("widget", forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> str:
        number = super().clean(value)
        if not number:
            return ""
        text = number.as_e164 if number.country_code else ""
        if not number.is_valid() and not EXAMPLE_NUMBER.fullmatch(text):
            raise ValidationError(BAD_PHONE, code="invalid")
        return text


class AddressField(forms.EmailField):
    """An e-mail address as we ask for it, no longer than can be stored."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": BAD_EMAIL, "invalid": BAD_EMAIL})
        kwargs.setdefault(
            "widget", forms.EmailInput({"autocomplete": "email", "spellcheck": "false"})
        )
        super().__init__(max_length=LONGEST_EMAIL, **kwargs)


def for_whom_field(people: Iterable[tuple[str, str]]) -> forms.ChoiceField:
    """Whom the visit is for: one of these, or somebody new."""
    return forms.ChoiceField(
        label="Who is it for?",
        choices=[*people, (OTHER, "Someone else")],
        widget=forms.RadioSelect({"class": "form-check-input"}),
        initial=ME,
        error_messages={"required": "Choose who it is for"},
    )


@cache
def times_field(most: int) -> forms.TypedChoiceField:
    """How many sessions are booked at once."""
    return forms.TypedChoiceField(
        label="How many sessions",
        widget=forms.Select({"class": "form-select"}),
        coerce=int,
        required=False,
        empty_value=1,  # type: ignore[arg-type]
        choices=[(1, "Just this one"), *((many, f"{many}") for many in range(2, most + 1))],
        initial=1,
    )


@cache
def every_weeks_field() -> forms.TypedChoiceField:
    """How far apart they are."""
    further = [(many, f"Every {many} weeks") for many in range(2, MOST_WEEKS + 1)]
    return forms.TypedChoiceField(
        label="How often",
        widget=forms.Select({"class": "form-select"}),
        coerce=int,
        required=False,
        empty_value=1,  # type: ignore[arg-type]
        choices=[(1, "Every week"), *further],
        initial=1,
    )


RELATIONS = [
    (Relation.GUARDIAN, "My child, under 18"),
    (Relation.PARTNER, "My partner"),
    (Relation.PARENT, "My parent"),
    (Relation.OTHER, "Someone else"),
]


def child_problem(born: date | None) -> tuple[str, str]:
    """What is wrong with the birth date of a child, by the field it belongs to."""
    if born is None:
        return "date_of_birth", "Enter your child's date of birth"
    grown = "At 18 they book as an adult: choose “Someone else” for them"
    return ("", "") if is_minor(born, on=clinic_day(timezone.now())) else ("relation", grown)


class WhomForm(Styled):
    """Whom the visit is for. Its time is not here: it is the one kept."""

    field_order = (  # as on the page, because what is wrong is listed in it
        "for_whom", "other_name", "relation", "date_of_birth", "name", "email", "phone", "note", "agrees",
    )  # fmt: skip

    for_whom = for_whom_field([(ME, "Me")])
    name = forms.CharField(
        label="Your name",
        max_length=120,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Enter your name"},
    )
    phone = PhoneField(label="Mobile", required=False, help_text="Only for reminders and changes.")
    other_name = forms.CharField(
        label="Their name",
        max_length=120,
        required=False,
        validators=[check_one_line],
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    relation = forms.ChoiceField(
        label="Who are they to you?",
        choices=RELATIONS,
        required=False,
        initial=Relation.OTHER,
    )
    date_of_birth = BirthDateField(
        label="Their date of birth",
        required=False,
        help_text="For example 27 3 2015. We need it for a child.",
    )
    note = forms.CharField(
        label="Anything we should know before we meet?",
        max_length=200,
        required=False,
        validators=[check_one_line],
        help_text="Please leave out medical detail, we ask safely later.",
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("for_whom") == OTHER:
            self._need("other_name", "Enter their name")
            if data.get("relation") == Relation.GUARDIAN and "date_of_birth" not in self.errors:
                field, problem = child_problem(data.get("date_of_birth"))
                if problem:
                    self.add_error(field, ValidationError(problem, code="child"))
        return data

    def _need(self, name: str, sentence: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, ValidationError(sentence, code="required"))

    @property
    def whom(self) -> Whom:
        """Whom a valid form books for."""
        data = self.cleaned_data
        return Whom(
            choice=data["for_whom"],
            name=data.get("name", ""),
            phone=data.get("phone", ""),
            other_name=data["other_name"],
            relation=data["relation"] or Relation.OTHER,
            date_of_birth=data["date_of_birth"],
        )


@sharing_fields
class YouForm(WhomForm):
    """Everything that somebody who is not signed in tells us."""

    email = AddressField(help_text="We send the confirmation here.")
    agrees = forms.BooleanField(
        label="I have read when I can move or cancel",
        error_messages={"required": "Tick the box to agree to the rule for moving and cancelling"},
    )


@sharing_fields
class SignedInForm(WhomForm):
    """Booking again: for me, for one of the people I book for, or for somebody new.

    Up to `most` sessions at once, the same distance apart.
    """

    def __init__(
        self,
        *args: Any,
        own: Client | None,
        people: Iterable[Client],
        most: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if most > 1:
            self.fields["times"] = times_field(most)
            self.fields["every_weeks"] = every_weeks_field()
        self.known = {str(one.public_id): one for one in people}
        others = [(key, one.name) for key, one in self.known.items() if one != own]
        if own:
            self.known[ME] = own
        me = f"Me, {own.name}" if own else "Me"
        self.fields["for_whom"] = for_whom_field([(ME, me), *others])
        if own:
            del self.fields["name"], self.fields["phone"]

    @property
    def whom(self) -> Whom:
        """The same, with the person where it is one we know."""
        said = super().whom
        return replace(said, client=self.known.get(said.choice))

    @property
    def how_many(self) -> int:
        """How many sessions a valid form asks for."""
        return int(self.cleaned_data.get("times") or 1)

    @property
    def weeks_apart(self) -> int:
        """How many weeks lie between them."""
        return int(self.cleaned_data.get("every_weeks") or 1)


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

    def refuse(self, sentence: str) -> None:
        """Say at the box what is wrong with the code."""
        self.add_error("code", ValidationError(sentence, code="wrong"))


class EmailForm(Styled):
    """The address to sign in with."""

    email = AddressField()
