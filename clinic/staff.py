"""Inviting and parting with people who work here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from bookings import calendar
from bookings.feeds import close_feeds
from bookings.messages import outbox
from bookings.models import Appointment, Task
from clinic.models import CLINICAL_LEAD
from practitioners.models import Practitioner
from treatment_plans.models import TreatmentPlan

PRACTITIONER = "Practitioner"


@transaction.atomic
def invite(*, name: str, email: str, roles: list[str], by: Any, now: datetime) -> Any:
    """Make login, roles and, for a practitioner, the profile in one step, and tell them by mail.

    There is no password to set: they sign in with a code to this address.
    """
    users = get_user_model().objects
    user = users.filter(email__iexact=email).first() or users.create_user(email)
    user.name, user.is_active = user.name or name, True
    groups = [role for role in roles if role != PRACTITIONER]
    user.is_staff = user.is_staff or bool(groups)
    user.save()
    user.groups.add(*Group.objects.filter(name__in=groups))
    if PRACTITIONER in roles:
        _make_practitioner(user, name)
    outbox.write(
        "staff_notice",
        source_type="staff_invitation",
        source_id=user.pk,
        occurrence=now.isoformat(),
        user_key=user.pk,
        now=now,
    )
    outbox.kick()
    return user


def _make_practitioner(user: Any, name: str) -> None:
    """Who comes back has their profile back, and is booked online when an admin says so."""
    if hasattr(user, "practitioner"):
        Practitioner.objects.filter(user=user).update(is_active=True)
        return
    Practitioner.objects.create(
        user=user, name=name, slug=_free_slug(name), is_bookable_online=True
    )


def sync_admin_site(user: Any) -> None:
    """Let somebody into the administration as long as they hold a role."""
    user.is_staff = user.is_superuser or user.groups.exists()
    user.save(update_fields=["is_staff"])


def part_with(user: Any, *, by: Any, now: datetime) -> None:
    """Close a login at once: no roles, not bookable, every session ended.

    Nobody books with them meanwhile; the clinical lead is told of the plans they leave open.
    """
    people = Practitioner.objects.filter(user=user).values_list("pk", flat=True)
    calendar.change_hours(list(people), lambda: _close(user, now=now), by=by, now=now)


def left_behind(user: Any, *, now: datetime) -> tuple[int, int]:
    """Count the open plans and the sessions to come of somebody who would leave."""
    person = Practitioner.objects.filter(user=user).first()
    if person is None:
        return 0, 0
    coming = Appointment.objects.filter(practitioner=person).upcoming(now=now)
    return TreatmentPlan.objects.open_with(person).count(), coming.count()


def _close(user: Any, *, now: datetime) -> None:
    user.is_active = user.is_staff = False
    user.save()
    user.groups.clear()
    close_feeds(user)
    Practitioner.objects.filter(user=user).update(is_active=False, is_bookable_online=False)
    _ask_who_takes_over(user, now=now)
    for session in Session.objects.all().iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _ask_who_takes_over(user: Any, *, now: datetime) -> None:
    """Tell the clinical lead how many open plans need somebody else; one to-do per day."""
    person = Practitioner.objects.filter(user=user).first()
    count = TreatmentPlan.objects.open_with(person).count() if person else 0
    if person is None or not count:
        return
    what = "open plan needs" if count == 1 else "open plans need"
    Task.objects.get_or_create(
        reason_key=f"handover:{user.pk}:{now:%Y-%m-%d}",
        defaults={
            "kind": "handover",
            "title": f"{person.name[:100]} has left: {count} {what} another specialist",
            "link": reverse("desk_hand_over", args=[person.slug]),
            "role": CLINICAL_LEAD,
            "due_at": now,
        },
    )


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "specialist"
    slug, number = base, 1
    while Practitioner.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
