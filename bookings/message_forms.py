"""What a client wants to hear from us, as a form."""

from __future__ import annotations

from typing import Any

from django import forms

from bookings.consents import CannotText, check_texts, offers_texts, wishes_of
from bookings.models import Client
from bookings.open_twice import OpenTwice

Channel = Client.Channel


class MessageSettingsForm(OpenTwice):
    """Follow-ups by which channels, and which one is preferred."""

    email = forms.BooleanField(label="Reminders by e-mail", required=False)
    sms = forms.BooleanField(label="Reminders by text message", required=False)
    preferred = forms.ChoiceField(
        label="Rather by",
        choices=Channel.choices,
        widget=forms.RadioSelect,
        help_text="Each reminder goes out once, one way only.",
        error_messages={"required": "Choose one"},
    )

    def __init__(self, data: Any, *, client: Client) -> None:
        wanted = wishes_of(client).wanted
        now = {"email": Channel.EMAIL in wanted, "sms": Channel.SMS in wanted}
        super().__init__(data, initial={**now, "preferred": client.preferred_channel})
        self.client = client
        if not offers_texts():
            del self.fields["sms"], self.fields["preferred"]
        elif client.phone:
            self.fields["sms"].help_text = f"To {client.phone.as_national}"

    def clean(self) -> dict[str, Any]:
        """Refuse text messages to a number that gets none, or that are not wanted after all."""
        data = super().clean() or {}
        if data.get("sms"):
            try:
                check_texts(self.client)
            except CannotText as problem:
                self.add_error("sms", problem.sentence)
        elif data.get("preferred") == Channel.SMS and data.get("email"):
            self.add_error("preferred", "Say yes to text messages first, or choose e-mail.")
        return data

    @property
    def wants(self) -> dict[str, bool]:
        """Yes or no for each channel that was asked about."""
        return {one: self.cleaned_data[one] for one in Channel.values if one in self.fields}

    @property
    def liked(self) -> str:
        """The channel they like best; as before where only one is offered."""
        return str(self.cleaned_data.get("preferred") or self.client.preferred_channel)
