"""Writing to a client's doctor after a review that ended in referring.

The letter is for paper; the client is told that there is one and reads it behind a sign-in.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from bookings.links import BadLink
from bookings.messages import outbox
from bookings.messages.letters import write_letter
from bookings.messages.routes import route_of
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Client, Message, Task
from bookings.times import say_day
from practitioners.models import ClinicSettings
from treatment_plans.agreements import may_be_read_at
from treatment_plans.errors import WrongState
from treatment_plans.findings import Findings, Measured
from treatment_plans.models import Letter, Review
from treatment_plans.plan_facts import words_of
from treatment_plans.reviews import key_of

KIND = SOURCE = "letter"
SALT = "clinic.letter-link"
TO_BE_ENDED = "I would be glad of your opinion, because"
UNENDED = re.compile(rf"{re.escape(TO_BE_ENDED)}[ \t.,:;…-]*(\n[ \t]*(\n|\Z)|\Z)")


def draft(review: Review, found: Findings) -> str:
    """What a letter can begin with: who, since when, how often, and what was measured."""
    client, plan = review.plan.client, review.plan
    birth = client.date_of_birth
    born = f", born {birth.day} {birth:%B %Y}" if birth else ""
    lines = [
        "Dear colleague,",
        "",
        f"I treat {client.name}{born}. The plan since {say_day(plan.start_on)}:"
        f" {words_of(plan)}. Sessions done: {found.completed}.",
        "",
    ]
    lines += [f"{one.name}: {_from_to(one)}." for one in found.measured if one.after]
    return "\n".join([*lines, "", f"{TO_BE_ENDED} "])


def is_unfinished(text: str) -> bool:
    """Whether the sentence that a draft begins is still without its end."""
    return UNENDED.search(text.replace("\r", "")) is not None


def _from_to(one: Measured) -> str:
    start = f"{one.before} at the start, " if one.before else ""
    return f"{start}{one.after} now ({one.unit})"


@transaction.atomic
def refer(review: Review, *, to_whom: str, text: str, by: Any, now: datetime) -> Letter:
    """Keep a letter, tell the client of it, tick off the task; the same letter twice is one.

    Raises WrongState for another decision.
    """
    if review.decision != Review.Decision.REFER:
        raise WrongState("A letter can be written once the review has ended in referring.")
    Review.objects.select_for_update(of=("self",), no_key=True).get(pk=review.pk)
    if kept := review.letters.filter(to_whom=to_whom, text=text).first():
        return kept
    made = Letter.objects.create(
        review=review, to_whom=to_whom, text=text, written_at=now, written_by=by
    )
    for task in Task.objects.open().filter(reason_key=key_of(review, "refer")):
        task.finish(by=by, now=now)
    outbox.write(
        KIND,
        source_type=SOURCE,
        source_id=made.pk,
        occurrence="",
        client=review.plan.client,
        now=now,
        send_after=now + timedelta(seconds=settings.MESSAGE_GRACE_SECONDS),
    )
    return made


def letter_link(letter: Letter) -> str:
    """The path of the mail; whoever opens it proves who they are."""
    return reverse("letter_link", args=[signing.dumps(str(letter.public_id), salt=SALT)])


def read_letter_link(token: str) -> Letter:
    """The letter of a link. Raises BadLink."""
    try:
        return Letter.objects.with_plan().get(public_id=signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValidationError, ValueError, TypeError, Letter.DoesNotExist):
        raise BadLink from None


class LetterSource:
    """The mail that tells a client of a letter. It says nothing of what is in it, nor to whom."""

    @staticmethod
    def lock(message: Message) -> Letter | None:
        """The letter, with its client locked until the decision stands."""
        rows = Letter.objects.select_related("review__plan")
        found = rows.filter(pk=int(message.source_id)).first()
        if found is not None:
            people = Client.objects.select_for_update(of=("self",), no_key=True)
            found.review.plan.client = people.get(plans=found.review.plan)
        return found

    @staticmethod
    def decide(message: Message, row: Letter, *, now: datetime) -> Send | Stop:
        """Stop when whoever would get it may not read it."""
        way = route_of(message, row.client)
        if way.address and not may_be_read_at(row.client, way):
            return Stop("nobody_may_read_it")
        return Send()

    @staticmethod
    def link(message: Message, row: Letter) -> str:
        return letter_link(row)

    @staticmethod
    def render(message: Message, row: Letter, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        return write_letter(message, row.client, clinic=clinic, link=letter_link(row))
