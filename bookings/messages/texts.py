"""Our own words for every message to a client, and what may stand in braces.

Of a mail this is the subject and the opening; the facts, the button and the line that
stops it stand below and cannot be written away. A text message is all here. Nothing says
what a session is for. The clinic's own words, where it has some, are `MessageTemplate` rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bookings.messages.kinds import KINDS
from bookings.models import Client, MessageTemplate
from practitioners.once import once
from practitioners.prepared import PreparedQuery

Channel = Client.Channel
IN_BRACES = re.compile(r"\{([^{}]*)\}")
STOP_WORDS = " Reply STOP to stop these."
OWN = PreparedQuery("own_words", {}, MessageTemplate.objects.all)


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that is filled in when a message goes."""

    name: str
    meaning: str
    example: str
    short_example: str = ""  # in subjects and text messages


VARIABLES = {
    one.name: one
    for one in (
        Variable("name", "what the client is called", "Maya"),
        Variable("clinic", "the name of the clinic", "Willow Street Clinic"),
        Variable("phone", "the clinic's phone number", "020 7946 0000"),
        Variable(
            "when", "day and time of the session",
            "Tuesday 1 December, 10:15am, London time (GMT)", "Tue 1 Dec, 10:15am",
        ),
        Variable("minutes", "how many minutes the session takes", "60"),
        Variable("place", "the name of the location", "Willow Street"),
        Variable("due", "the day around which a session is due", "Monday 14 December"),
        Variable("until", "until when a time is kept", "11:15am"),
        Variable("link", "the page that the message leads to", "https://clinic.example/m/h3Xk9"),
    )
}  # fmt: skip
ALWAYS = ("name", "clinic", "phone", "link")
VISIT, FOLLOW_UP = (*ALWAYS, "when", "place"), (*ALWAYS, "due")


@dataclass(frozen=True, slots=True)
class OurText:
    """Our words for one kind: a mail to the client, one to whoever acts for them, a text."""

    subject: str
    text: str
    for_other: str
    sms: str
    variables: tuple[str, ...] = ALWAYS
    label: str = ""  # where it is not the kind's own
    template: str = "to_client"  # of the mail around the opening


def _about(subject: str, does: str, sms: str, *, variables: tuple[str, ...] = ALWAYS) -> OurText:
    """A text that greets and says one thing."""
    return OurText(
        subject,
        f"Hello {{name}},\n\n{does}",
        f"Hello, this is about {{name}}.\n\n{does[0].upper()}{does[1:]}",
        f"{{clinic}}: {sms}",
        variables,
    )


def _visit(subject: str, yours: str, its: str, sms: str, *, label: str = "") -> OurText:
    return OurText(
        subject,
        f"Hello {{name}}, {yours}",
        f"Hello, this is about a session for {{name}}. {its}",
        f"{{clinic}}: {sms}",
        VISIT,
        label,
        "visit",
    )


TEXTS = {
    "confirmation": _visit(
        "Your session on {when}",
        "your session is booked.",
        "It is booked.",
        "your session is booked for {when}. Change or cancel: {link}",
    ),
    "moved": _visit(
        "Your session is now on {when}",
        "your session has a new time.",
        "It has a new time.",
        "your session is now on {when}. Change or cancel: {link}",
    ),
    "moved_by_length": OurText(
        "Your session on {when} takes {minutes} minutes",
        "Hello {name}, we have changed how long your session takes. It begins as before.",
        "Hello, this is about a session for {name}. We have changed how long it takes. It begins as before.",
        "{clinic}: your session on {when} takes {minutes} minutes now. Change or cancel: {link}",
        (*VISIT, "minutes"),
        "New length",
        "visit",
    ),
    "cancelled": _visit(
        "Your session on {when} is cancelled",
        "your session is cancelled.",
        "It is cancelled.",
        "your session on {when} is cancelled. Book another: {link}",
    ),
    "cancelled_by_clinic": _visit(
        "Your session on {when} is cancelled",
        "we are sorry, we had to cancel your session.",
        "We are sorry, we had to cancel it.",
        "we are sorry, we had to cancel your session on {when}. Book another: {link}",
        label="Cancellation by the clinic",
    ),
    "confirmation_by_undoing": _visit(
        "Your session on {when} takes place",
        "your session takes place after all. It is not cancelled.",
        "It takes place after all. It is not cancelled.",
        "your session on {when} takes place after all. Change or cancel: {link}",
        label="Cancellation taken back",
    ),
    "visit_reminder": _visit(
        "Reminder: your session on {when}",
        "this is a reminder of your session.",
        "This is a reminder of it.",
        "a reminder of your session on {when}. Details: {link}",
    ),
    "waiting_list_offer": OurText(
        "A time has opened: {when}",
        "Hello {name}, a time has opened:",
        "Hello, a time has opened for {name}:",
        "{clinic}: a time has opened: {when}. We keep it for you until {until}: {link}",
        (*VISIT, "until"),
        template="waiting_list_offer",
    ),
    "due_soon": _about(
        "Your next session at {clinic}",
        "your next session is due around {due}.",
        "your next session is due around {due}. Book it: {link}",
        variables=FOLLOW_UP,
    ),
    "overdue": _about(
        "Your next session at {clinic}",
        "your next session was due around {due} and is not booked yet.",
        "your next session was due around {due} and is not booked yet. Book it: {link}",
        variables=FOLLOW_UP,
    ),
    "lapsed": _about(
        "Your next session at {clinic}",
        "your next session was due around {due}. We will not remind you of it again; if you would"
        " like to come, you can book at any time.",
        "your next session was due around {due}. We will not remind you again. Book at any time: {link}",
        variables=FOLLOW_UP,
    ),
    "health_form": _about(
        "A form to fill in before your session",
        "please answer a few questions before your session. It takes about five minutes.",
        "please answer a few questions before your session: {link}",
    ),
    "check_in": _about(
        "A short question from {clinic}",
        "we would like to hear how you have been since your last session. It takes one minute.",
        "how have you been since your last session? One minute: {link}",
    ),
    "measures": _about(
        "A few questions from {clinic}",
        "please answer a few questions before your next session. It takes about two minutes.",
        "please answer a few questions before your next session: {link}",
    ),
    "plan_to_agree": _about(
        "Your plan at {clinic} is ready",
        "your plan is ready. Please read it, and tell us whether you agree.",
        "your plan is ready. Read it and tell us whether you agree: {link}",
    ),
    "aftercare": _about(
        "After your session at {clinic}",
        "we have written down for you what to do after your session.",
        "what to do after your session: {link}",
    ),
    "letter": _about(
        "A letter for you from {clinic}",
        "a letter is ready for you.",
        "a letter is ready for you: {link}",
    ),
}  # fmt: skip


FOLLOW_UPS = [name for name in KINDS if KINDS[name].is_follow_up]


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a text with braces, ours or the clinic's own."""

    subject: str
    text: str


def kind_of(text: str) -> str:
    """The kind of message that a text is for."""
    return text if text in KINDS else text.rpartition("_by_")[0]


def label_of(text: str) -> str:
    """What a text is called on the pages of staff."""
    return TEXTS[text].label or KINDS[text].label


def our_words(text: str, channel: str, *, is_own: bool = True) -> Words:
    """What we would say."""
    ours = TEXTS[text]
    if channel == Channel.SMS:
        return Words("", ours.sms)
    return Words(ours.subject, ours.text if is_own else ours.for_other)


def words_of(text: str, channel: str, *, is_own: bool = True) -> Words:
    """What is said: the clinic's own words if it has some, ours otherwise. One query.

    Whoever acts for somebody else gets our opening, as the clinic's greets the client.
    """
    own = read_own_words().get((text, channel))
    ours = our_words(text, channel, is_own=is_own)
    if own is None:
        return ours
    return Words(own.subject or ours.subject, own.text if is_own else ours.text)


def read_own_words() -> dict[tuple[str, str], MessageTemplate]:
    """All that the clinic says in words of its own, read once where that is so. One query."""
    return once(MessageTemplate, _own_words)


def _own_words() -> dict[tuple[str, str], MessageTemplate]:
    """All that the clinic says in words of its own."""
    return {(row.kind, row.channel): row for row in OWN.rows()}


def fill(words: str, values: Mapping[str, str]) -> str:
    """Put values into the braces, once: what a value itself holds in braces stays as it is."""
    return IN_BRACES.sub(lambda found: values.get(found[1], found[0]), words)


def in_one_line(words: str) -> str:
    """Without line breaks, whatever was filled in."""
    return " ".join(words.split())


def text_message(kind: str, words: str) -> str:
    """A text message as it goes out; a follow-up always says how to stop it."""
    return words.strip() + (STOP_WORDS if KINDS[kind].is_follow_up else "")
