"""The forms of a person's contact data."""

from __future__ import annotations

from typing import Any

from django import forms

from bookings.dates import BirthDateField
from bookings.forms import BAD_EMAIL, PhoneField
from bookings.messages.recipients import gets_texts
from bookings.models import Client
from bookings.open_twice import OpenTwice

EMAIL_REFUSED = "Mail to this address comes back. Nothing more goes to it: enter another one."
PHONE_REFUSED = "Text messages to this number were refused. Enter another one."
NO_TEXTS = "This number cannot get text messages. Enter a mobile number, or choose e-mail below."


def what_was_typed(text: str) -> dict[str, str]:
    """Which box of somebody new a search was about: their e-mail, phone or name."""
    if not text:
        return {}
    is_number = not any(char.isalpha() for char in text)
    return {"email" if "@" in text else "phone" if is_number else "name": text}


def say_refused(form: forms.BaseForm, client: Client) -> None:
    """Say at its place that an address does not work; it may still stay."""
    if client.is_email_refused:
        form.fields["email"].help_text = EMAIL_REFUSED
    if client.is_phone_refused:
        form.fields["phone"].help_text = PHONE_REFUSED


class ClientForm(OpenTwice, forms.ModelForm):  # type: ignore[type-arg]
    """How somebody is called, reached and booked."""

    date_of_birth = BirthDateField(required=False, help_text="For example 27 3 1984")
    phone = PhoneField(required=False)

    class Meta:
        model = Client
        fields = (
            "name", "called", "date_of_birth", "phone", "email", "preferred_channel",
            "is_call_to_book", "desk_note",
        )  # fmt: skip
        labels = {"preferred_channel": "Reminders by", "desk_note": "Note for the desk"}
        widgets = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "email": forms.EmailInput({"autocomplete": "off", "spellcheck": "false"}),
            "desk_note": forms.Textarea({"rows": 3, "maxlength": 1000}),
        }
        error_messages = {
            "name": {"required": "Enter a name"},
            "email": {"invalid": BAD_EMAIL},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_refused(self, self.instance)

    def _get_validation_exclusions(self) -> set[str]:
        """The phone has been checked by its field, which knows the numbers for examples."""
        return {*super()._get_validation_exclusions(), "phone"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """Refuse text messages to a number that gets none."""
        data: dict[str, Any] = super().clean() or {}
        prefers_texts = data.get("preferred_channel") == Client.Channel.SMS
        if prefers_texts and data.get("phone") and not gets_texts(data["phone"]):
            self.add_error("phone", NO_TEXTS)
        return data

    def clean_name(self) -> str:
        return " ".join(word for word in self.cleaned_data["name"].split(" ") if word)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip()


class NewClientForm(ClientForm):
    """Somebody new: with a word on who may be the same."""

    LOOK = "Look at the people below: choose one of them, or say that this is somebody else"
    digests = None  # type: ignore[assignment]  # nothing is stored yet
    is_another = forms.BooleanField(label="This is somebody else", required=False)

    class Meta(ClientForm.Meta):
        fields = ("name", "date_of_birth", "phone", "email")  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False
