"""The link in a mail: it shows, it acts by POST, and it dies with the time it was for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.links import unsubscribe_link, visit_link
from bookings.models import Appointment, ChannelConsent
from bookings.tests.factories import make_appointment, make_client
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Appointment:
    make_clinic()
    place = make_location()
    service = make_service(needs_room=False)
    person = make_practitioner(service, at=place)
    start = (timezone.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    return make_appointment(person, service, place, start)


def test_the_link_shows_the_visit_and_changes_nothing(visit: Any, client: Browser) -> None:
    answer = client.get(visit_link(visit))
    assert answer.status_code == 200
    assert visit.reference in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert client.get(f"{visit_link(visit)}cancel/").status_code == 405
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_cancelling_by_post_then_the_link_has_ended(visit: Any, client: Browser) -> None:
    link = visit_link(visit)
    assert client.post(f"{link}cancel/").status_code == 200
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by) == ("cancelled", "client")
    for again in (client.get(link), client.post(f"{link}cancel/")):
        assert (again.status_code, "already cancelled" in again.content.decode()) == (410, True)


def test_the_link_of_the_old_time_explains_itself(visit: Any, client: Browser) -> None:
    link = visit_link(visit)
    visit.link_version += 1
    visit.save()
    assert client.get(link).status_code == 410
    assert client.get(visit_link(visit)).status_code == 200


def test_a_wrong_link_is_404(client: Browser) -> None:
    make_clinic()
    assert client.get("/v/not-a-link/").status_code == 404


def test_too_late_to_cancel_is_said_with_the_phone(visit: Any, client: Browser) -> None:
    start = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=5)
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        busy=(start, start + timedelta(hours=1)),
    )
    assert "please call" in client.get(visit_link(visit)).content.decode()
    answer = client.post(f"{visit_link(visit)}cancel/")
    assert (answer.status_code, "020 7946 0000" in answer.content.decode()) == (422, True)


def test_a_day_after_the_visit_the_link_ends(visit: Any, client: Browser) -> None:
    start = timezone.now().replace(second=0, microsecond=0) - timedelta(days=2)
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        busy=(start, start + timedelta(hours=1)),
    )
    assert client.get(visit_link(visit)).status_code == 410


def test_the_calendar_file_keeps_its_uid_and_counts_changes(visit: Any, client: Browser) -> None:
    first = client.get(f"{visit_link(visit)}session.ics").content.decode()
    moved = calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True
    )
    second = client.get(f"{visit_link(moved)}session.ics").content.decode()
    assert f"UID:visit-{visit.public_id}" in first.replace("\r\n ", "")
    assert f"UID:visit-{visit.public_id}" in second.replace("\r\n ", "")
    assert "SEQUENCE:0" in first
    assert "SEQUENCE:1" in second
    assert ("STATUS:CONFIRMED" in first, "STATUS:CANCELLED" in second) == (True, True)
    assert visit.service.name not in first


def test_one_click_unsubscribe_needs_no_cookie_and_twice_is_fine() -> None:
    make_clinic()
    person = make_client()
    browser = Browser(enforce_csrf_checks=True)
    link = unsubscribe_link(person)
    assert browser.get(link).status_code == 200
    assert not ChannelConsent.objects.exists()
    for _ in range(2):
        assert browser.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(ChannelConsent.objects.values_list("is_given", flat=True)) == {False}
