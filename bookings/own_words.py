"""The clinic's own words for a message: what may stand in them, how they will look.

Whoever writes them sees the whole message with example data first. A subject and a text
message name no service, technique, condition or part of the body: they are read on a
locked screen and by networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from bookings.messages import texts
from bookings.messages.letters import BUTTONS
from bookings.messages.sms import length_of
from bookings.messages.texts import IN_BRACES, TEXTS, VARIABLES, Words
from bookings.messages.words import write_mail
from bookings.models import Client, MessageTemplate
from practitioners.models import BodyRegion, ClinicSettings, Condition, Service, Technique

Channel = Client.Channel
MOST_PARTS = 3  # that one text message may be sent and paid in
MUST_KEEP = ("when", "minutes", "due", "until", "link")  # in a text message, where ours has it
# Words of the names of body regions that say nothing by themselves.
PLAIN_WORDS = {
    "and", "area", "arm", "back", "base", "between", "blade", "face", "foot", "front", "hand",
    "head", "inner", "lower", "mid", "middle", "of", "or", "outer", "side", "sides", "sole", "the",
    "top", "upper",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would look: a mail with its subject, or a text with its length."""

    subject: str
    text: str
    places: int = 0
    parts: int = 0


def wrong_braces(text: str, words: str) -> str:
    """What stands in braces and cannot be filled in, as a sentence; empty if nothing does."""
    allowed = TEXTS[text].variables
    listed = ", ".join(f"{{{name}}}" for name in allowed)
    for name in IN_BRACES.findall(words):
        if name not in allowed:
            return f"We cannot fill in {{{name}}} here. You can use {listed}."
    if "{" in IN_BRACES.sub("", words) or "}" in IN_BRACES.sub("", words):
        return f"A brace stands alone. Write names like {listed}."
    return ""


def lost(text: str, words: str) -> list[str]:
    """What a text message cannot do without: the names in braces that ours has."""
    ours, kept = IN_BRACES.findall(TEXTS[text].sms), IN_BRACES.findall(words)
    return [f"{{{name}}}" for name in MUST_KEEP if name in ours and name not in kept]


def gives_away(words: str) -> str:
    """The first service, technique, condition or part of the body that is named; or empty.

    Six queries.
    """
    said = f" {' '.join(WORD.findall(words.casefold()))} "
    return next((name for name in _telling() if f" {name} " in said), "")


def _telling() -> Iterator[str]:
    """Names of the catalogue as words in a row, and single words of the body."""
    for model in (Service, Technique, Condition, BodyRegion):
        for name in model._default_manager.values_list("name", flat=True):
            if spoken := " ".join(WORD.findall(name.partition("(")[0].casefold())):
                yield spoken
    yield "pain"
    for names in BodyRegion.objects.values_list("name", "group"):
        for word in WORD.findall(" ".join(names).casefold()):
            if word not in PLAIN_WORDS:
                yield word


def save(text: str, channel: str, words: Words, *, by: Any, now: datetime) -> MessageTemplate:
    """Say it in the clinic's own words from now on."""
    said = {"subject": words.subject, "text": words.text, "changed_at": now, "changed_by": by}
    return MessageTemplate.objects.update_or_create(kind=text, channel=channel, defaults=said)[0]


def restore(text: str, channel: str) -> bool:
    """Go back to our words; returns whether there were others."""
    return bool(MessageTemplate.objects.filter(kind=text, channel=channel).delete()[0])


def preview(text: str, channel: str, words: Words, clinic: ClinicSettings) -> Preview:
    """Show a message with example data, whole."""
    values, short = examples(clinic)
    kind = texts.kind_of(text)
    if channel == Channel.SMS:
        said = texts.text_message(kind, texts.fill(words.text, short))
        return Preview("", said, *length_of(said))
    mail = write_mail(
        TEXTS[text].template,
        to="",
        subject=texts.in_one_line(texts.fill(words.subject, short)),
        clinic=clinic,
        **_example_of(text, kind, values, opening=texts.fill(words.text, values)),
    )
    return Preview(mail.subject, mail.text)


def examples(clinic: ClinicSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Example data for braces: in full, and where space is short."""
    known = {"clinic": clinic.name, "phone": clinic.phone}
    full = {name: one.example for name, one in VARIABLES.items()}
    brief = {name: one.short_example or one.example for name, one in VARIABLES.items()}
    link = {"link": f"{settings.SITE_URL}/m/h3Xk9LpQ2rTzW8vNc1bYdA/"}
    return {**full, **known, **link}, {**brief, **known, **link}


def _example_of(text: str, kind: str, values: dict[str, str], *, opening: str) -> dict[str, Any]:
    """What the templates of mails show besides the opening."""
    return {
        **{name: said for name, said in values.items() if name != "clinic"},
        "kind": kind,
        "opening": opening,
        "is_own": True,
        "practitioner": "Dana Demo",
        "address": "1 Willow Street",
        "reference": "K7QM2X",
        "button": BUTTONS.get(kind, "Open"),
        "unsubscribe": f"{settings.SITE_URL}/u/…/" if kind in texts.FOLLOW_UPS else "",
    }
