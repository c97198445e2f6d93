"""The clinic's own words for one message, as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings import own_words
from bookings.messages.sms import length_of
from bookings.messages.texts import TEXTS, VARIABLES, Words, fill, kind_of, text_message
from bookings.models import Client
from bookings.models.text import check_one_line
from bookings.open_twice import OpenTwice
from practitioners.models import ClinicSettings

Channel = Client.Channel
LONGEST = 1500


def check_lines(text: str) -> None:
    """Refuse control characters and the like; lines may break."""
    for line in text.replace("\r\n", "\n").split("\n"):
        check_one_line(line)


class OwnWordsForm(OpenTwice):
    """A subject and an opening, or a whole text message."""

    subject = forms.CharField(
        max_length=120,
        validators=[check_one_line],
        help_text="Seen on a locked screen: names no service, condition or part of the body.",
        error_messages={"required": "Enter a subject"},
    )
    text = forms.CharField(
        max_length=LONGEST,
        validators=[check_lines],
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": "Enter a text"},
    )

    def __init__(self, data: Any, *, text: str, channel: str, words: Words) -> None:
        super().__init__(data, initial={"subject": words.subject, "text": words.text})
        self.kind, self.channel = text, channel
        if channel == Channel.SMS:
            del self.fields["subject"]
            self.fields["text"].label = "Text message"
            self.fields["text"].help_text = "Names no service, condition or part of the body."
        else:
            self.fields["text"].label = "Opening of the mail"

    def clean_subject(self) -> str:
        return self._checked(str(self.cleaned_data["subject"]), is_open=True)

    def clean_text(self) -> str:
        """Refuse what cannot be filled in, what gives away too much, and what is too long."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        is_sms = self.channel == Channel.SMS
        self._checked(text, is_open=is_sms)
        if is_sms and (lost := own_words.lost(self.kind, text)):
            raise ValidationError(
                f"Keep {' and '.join(lost)}: without it nobody knows what to do.", code="lost"
            )
        if is_sms:
            self._check_length(text)
        return text

    def _checked(self, words: str, *, is_open: bool) -> str:
        if problem := own_words.wrong_braces(self.kind, words):
            raise ValidationError(problem, code="variable")
        if is_open and (name := own_words.gives_away(words)):
            raise ValidationError(
                f"This says “{name}”. Anybody may read it on a locked screen: leave it out.",
                code="gives_away",
            )
        return words

    def _check_length(self, text: str) -> None:
        _, short = own_words.examples(ClinicSettings.current())
        said = text_message(kind_of(self.kind), fill(text, short))
        places, parts = length_of(said)
        if parts > own_words.MOST_PARTS:
            raise ValidationError(
                f"This is {parts} text messages long ({places} characters). Shorten it to"
                f" {own_words.MOST_PARTS} at most.",
                code="too_long",
            )

    @property
    def words(self) -> Words:
        """What was typed, once it is valid."""
        return Words(self.cleaned_data.get("subject", ""), self.cleaned_data["text"])

    @property
    def variables(self) -> list[Any]:
        """What may stand in braces, with its meaning."""
        return [VARIABLES[name] for name in TEXTS[self.kind].variables]
