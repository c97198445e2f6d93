"""The link in a mail: it shows, it acts by POST, and it dies with the time it was for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail, signing
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.links import VISIT_SALT, unsubscribe_link, visit_link
from bookings.messages import delivery
from bookings.models import Appointment, ChannelConsent, Message
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, text_of
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.models import ClinicSettings
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=3, seconds=1)  # what was done cannot be undone any more


@pytest.fixture
def visit() -> Appointment:
    make_clinic()
    place = make_location()
    service = make_service(needs_room=False)
    person = make_practitioner(service, at=place, weekdays=WHOLE_WEEK)
    day = (timezone.now() + timedelta(days=3)).astimezone(place.zone)
    start = day.replace(hour=10, minute=0, second=0, microsecond=0)
    return make_appointment(person, service, place, start)


def set_start(visit: Appointment, start: Any) -> None:
    """Put the visit elsewhere in time, whatever the hours say."""
    end = start + timedelta(hours=1)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=start, ends_at=end, busy=(start, end))


def minutes_from_now(**distance: int) -> Any:
    return timezone.now().replace(second=0, microsecond=0) + timedelta(**distance)


def test_the_link_shows_the_visit_and_changes_nothing(visit: Any, client: Browser) -> None:
    before = Appointment.objects.values().get()
    link = visit_link(visit)
    for path in ("", "move/", "cancel/", "calendar.ics"):
        answer = client.get(f"{link}{path}")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"
    assert visit.reference in text_of(client.get(link))
    assert Appointment.objects.values().get() == before
    assert not Message.objects.exists()


def test_nobody_hears_the_address_of_the_page(visit: Any, client: Browser) -> None:
    """And nothing on it is sent, which a browser would do without an origin then."""
    answer = client.get(visit_link(visit))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "<form" not in text_of(answer)


def test_the_page_says_no_more_than_a_visit_needs(visit: Any, client: Browser) -> None:
    visit.client.name, visit.client.phone = "Robin Secretsurname", "+447400123456"
    visit.client.save()
    visit.client_note, visit.desk_note = "private words", "desk words"
    visit.save()
    link = visit_link(visit)
    for path in ("", "move/", "cancel/", "calendar.ics"):
        page = text_of(client.get(f"{link}{path}"))
        for word in ("Secretsurname", "private words", "desk words", visit.client.email):
            assert word not in page
        assert not re.search(r"7400\D*123\D*456", page)
        assert visit.service.name not in page
    page = text_of(client.get(link))
    assert (">Robin<" in page, "<dt>Price</dt><dd>£58</dd>" in page) == (True, True)


def test_cancelling_is_asked_once_then_the_link_has_ended(visit: Any, client: Browser) -> None:
    link = visit_link(visit)
    assert "Nothing has been cancelled yet" in text_of(client.get(f"{link}cancel/"))
    done = client.post(f"{link}cancel/")
    assert done.status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by, visit.version) == ("cancelled", "client", 2)
    Appointment.objects.update(cancelled_at=timezone.now() - LATER)
    for again in (
        client.get(link),
        client.post(f"{link}cancel/"),
        client.get(f"{link}move/"),
        client.get(f"{link}calendar.ics"),
    ):
        assert (again.status_code, "already cancelled" in text_of(again)) == (410, True)
    after = text_of(client.get(done.url))
    assert ("by mistake?" in after, "This session is cancelled." in after) == (False, True)
    visit.refresh_from_db()
    assert visit.version == 2


def test_for_three_minutes_every_way_back_says_what_was_done_and_offers_undo(
    visit: Any, client: Browser
) -> None:
    """Reload, the back button, the mail opened again, and a second press."""
    link = visit_link(visit)
    done = client.post(f"{link}cancel/")
    for path in (done.url, done.url, link, f"{link}cancel/", f"{link}move/"):
        page = client.get(path)
        assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
        assert "Your session is cancelled" in text_of(page)
        assert "Cancelled by mistake?" in text_of(page)
    again = client.post(f"{link}cancel/")
    assert (again.status_code, again.url.split("/")[1]) == (302, "v")
    visit.refresh_from_db()
    assert visit.version == 2


def test_a_link_older_than_the_last_one_says_no_more_than_before(
    visit: Any, client: Browser
) -> None:
    older = visit_link(visit)
    moved = client.post(f"{older}move/", {"start": value_of(visit.starts_at + timedelta(hours=2))})
    client.post(f"{moved.url}cancel/")
    assert "by mistake?" in text_of(client.get(moved.url))
    page = client.get(older)
    assert (page.status_code, "by mistake?" in text_of(page)) == (410, False)


def test_moving_gives_a_new_link_and_ends_the_old_one(visit: Any, client: Browser) -> None:
    old = visit_link(visit)
    page = text_of(client.get(f"{old}move/"))
    assert f'<a class="back" href="{old}">' in page
    later = visit.starts_at + timedelta(hours=2)
    moved = client.post(f"{old}move/", {"start": value_of(later)})
    visit.refresh_from_db()
    assert visit.starts_at == later
    assert moved.url != old
    assert "Your session has moved. The new time is below." in text_of(client.get(moved.url))
    assert "has moved" not in text_of(client.get(moved.url))
    ended = Browser().get(old)
    assert (ended.status_code, "has a new time and stays booked" in text_of(ended)) == (410, True)


def test_the_way_back_after_a_move_leads_to_where_the_session_is_now(
    visit: Any, client: Browser
) -> None:
    """Only in the browser that moved it, and not once it has changed again."""
    old = visit_link(visit)
    later = visit.starts_at + timedelta(hours=2)
    client.post(f"{old}move/", {"start": value_of(later)})
    for path in ("", "move/"):
        answer = client.get(f"{old}{path}", follow=True)
        page = text_of(answer)
        assert (answer.status_code, "Moved by mistake?" in page) == (200, True)
        assert "one more session" not in page
    visit.refresh_from_db()
    now = timezone.now()
    calendar.move(visit, starts_at=later + timedelta(hours=1), by=None, now=now, for_staff=True)
    assert client.get(old).status_code == 410


def test_the_time_that_a_session_has_is_no_new_time(visit: Any, client: Browser) -> None:
    link, own = visit_link(visit), value_of(visit.starts_at)
    page = text_of(client.get(f"{link}move/"))
    assert f'value="{own}"' not in page
    assert f'value="{value_of(visit.starts_at + timedelta(hours=1))}"' in page
    answer = client.post(f"{link}move/", {"start": own}, follow=True)
    assert "This is the time that your session has now. Nothing was changed." in text_of(answer)
    assert "has moved" not in text_of(answer)
    visit.refresh_from_db()
    assert visit.version == 1


@pytest.mark.parametrize("what", ["", "move/", "cancel/"])
def test_the_rule_is_shown_before_anything_is_changed(
    visit: Any, client: Browser, what: str
) -> None:
    clinic = ClinicSettings.current()
    clinic.late_fee_text = "Later it costs half."
    clinic.save()
    page = text_of(client.get(f"{visit_link(visit)}{what}"))
    assert f"{clinic.policy} Later it costs half." in page


def test_moving_to_no_time_says_so(visit: Any, client: Browser) -> None:
    answer = client.post(f"{visit_link(visit)}move/", {"start": ""})
    assert (answer.status_code, "Choose a time</a>" in text_of(answer)) == (422, True)


@pytest.mark.parametrize("what", ["move", "cancel"])
def test_too_late_is_said_with_the_phone_and_the_policy(
    visit: Any, client: Browser, what: str
) -> None:
    set_start(visit, minutes_from_now(hours=5))
    link = visit_link(visit)
    said = "This session is less than 24 hours away: to move or cancel it, call us on 020 7946 0000. The policy you agreed to is below."
    assert said in text_of(client.get(link))
    wish = {"start": value_of(minutes_from_now(days=3))}
    answer = client.post(f"{link}{what}/", wish)
    page = text_of(answer)
    assert answer.status_code == 422
    assert (
        "This session is less than 24 hours away: to move or cancel it, call us on 020 7946 0000."
        in page
    )
    assert "free of charge up to 24 hours" in page
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_one_minute_decides(visit: Any, client: Browser) -> None:
    set_start(visit, minutes_from_now(hours=24))
    assert client.post(f"{visit_link(visit)}cancel/").status_code == 422
    set_start(visit, minutes_from_now(hours=24, minutes=2))
    assert client.post(f"{visit_link(visit)}cancel/").status_code == 302


def test_a_day_after_the_visit_the_link_ends(visit: Any, client: Browser) -> None:
    set_start(visit, minutes_from_now(hours=-24))
    assert client.get(visit_link(visit)).status_code == 200
    set_start(visit, minutes_from_now(hours=-26))
    ended = client.get(visit_link(visit))
    assert (ended.status_code, "is over" in text_of(ended)) == (410, True)


@pytest.mark.parametrize("path", ["", "move/", "cancel/", "calendar.ics"])
def test_a_wrong_link_is_404_and_offers_a_new_one(visit: Any, client: Browser, path: str) -> None:
    good = visit_link(visit).split("/")[2]
    tokens = [
        "not-a-link",
        good[:-1],
        f"{good}x",
        signing.dumps([str(visit.public_id), 1, "visit"], salt="another"),
        signing.dumps([str(visit.public_id), 1, "unsubscribe"], salt=VISIT_SALT),
        signing.dumps(["00000000-0000-4000-8000-000000000000", 1, "visit"], salt=VISIT_SALT),
        signing.dumps("visit", salt=VISIT_SALT),
    ]
    pages = set()
    for token in tokens:
        answer = client.get(f"/v/{token}/{path}")
        page = re.sub(r'(value=|Token": )"[^"]*"', "", text_of(answer))
        assert (answer.status_code, "Send me a new link" in page) == (404, True)
        pages.add(page.replace(token, ""))
    assert len(pages) == 1


def test_the_link_of_one_visit_opens_no_other(visit: Any, client: Browser) -> None:
    other = make_appointment(
        visit.practitioner, visit.service, visit.location, visit.starts_at + timedelta(hours=3)
    )
    client.post(f"{visit_link(visit)}cancel/")
    other.refresh_from_db()
    assert other.status == "booked"
    assert client.get(f"/my/visits/{other.public_id}/").status_code == 302


def test_the_link_signs_nobody_in(visit: Any, client: Browser) -> None:
    client.get(visit_link(visit))
    assert client.get(f"/my/visits/{visit.public_id}/").status_code == 302


def test_the_calendar_file_keeps_its_uid_and_counts_changes(visit: Any, client: Browser) -> None:
    first = client.get(f"{visit_link(visit)}calendar.ics").content.decode()
    moved = calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True
    )
    second = client.get(f"{visit_link(moved)}calendar.ics").content.decode()
    assert f"UID:visit-{visit.public_id}" in first.replace("\r\n ", "")
    assert f"UID:visit-{visit.public_id}" in second.replace("\r\n ", "")
    assert "SEQUENCE:0" in first
    assert "SEQUENCE:1" in second
    assert ("STATUS:CONFIRMED" in first, "STATUS:CANCELLED" in second) == (True, True)


class TestNewLinks:
    """A new link goes to the address we have; every answer is the same page."""

    def sent(self) -> list[Any]:
        delivery.send_due(now=timezone.now())
        return list(getattr(mail, "outbox", []))

    def move(self, visit: Appointment) -> str:
        """Let the old link end; returns it."""
        old = visit_link(visit)
        later = visit.starts_at + timedelta(hours=2)
        calendar.move(visit, starts_at=later, by=None, now=timezone.now(), for_staff=True)
        self.sent()
        mail.outbox.clear()
        visit.refresh_from_db()
        return old

    def test_the_old_link_has_one_sent_that_works(self, visit: Any, client: Browser) -> None:
        old = self.move(visit)
        page = text_of(client.get(old))
        assert f'action="{old}renew/"' in page
        answer = client.post(f"{old}renew/")
        assert (answer.status_code, "Check your email" in text_of(answer)) == (200, True)
        (letter,) = self.sent()
        assert letter.to == [visit.client.email]
        assert visit.reference in text_of(client.get(link_in(letter)))

    def test_pressing_often_sends_one_an_hour(self, visit: Any, client: Browser) -> None:
        old = self.move(visit)
        for _ in range(3):
            client.post(f"{old}renew/")
        assert len(self.sent()) == 1

    @pytest.mark.parametrize("why", ["cancelled", "over", "wrong"])
    def test_nothing_is_sent_where_nothing_is_to_come_and_the_page_is_the_same(
        self, visit: Any, client: Browser, why: str
    ) -> None:
        old = self.move(visit)
        good = text_of(client.post(f"{old}renew/"))
        assert len(self.sent()) == 1
        mail.outbox.clear()
        if why == "cancelled":
            calendar.cancel(
                visit, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True
            )
            self.sent()
            mail.outbox.clear()
        elif why == "over":
            set_start(visit, minutes_from_now(days=-3))
        page = text_of(client.post("/v/wrong/renew/" if why == "wrong" else f"{old}renew/"))
        assert without_tokens(page) == without_tokens(good)
        assert self.sent() == []

    def test_an_address_we_write_to_gets_its_links(self, visit: Any, client: Browser) -> None:
        answer = client.post("/v/new-link/", {"email": visit.client.email.upper()})
        (letter,) = self.sent()
        assert letter.to == [visit.client.email]
        assert visit.reference in text_of(client.get(link_in(letter)))
        stranger = Browser().post("/v/new-link/", {"email": "nobody@example.com"})
        assert without_tokens(text_of(stranger)) == without_tokens(text_of(answer))
        assert len(self.sent()) == 1

    def test_who_books_for_a_child_gets_the_link_of_the_child_s_visit(
        self, visit: Any, client: Browser
    ) -> None:
        visit.client.email = ""
        visit.client.save()
        parent = make_user(email="parent@example.com")
        visit.client.access.create(user=parent, relation="guardian", scope="record")
        client.post("/v/new-link/", {"email": "parent@example.com"})
        (letter,) = self.sent()
        assert letter.to == ["parent@example.com"]

    def test_who_is_not_written_to_triggers_nothing(self, visit: Any, client: Browser) -> None:
        """A partner may book, but mails go to the client's own address."""
        partner = make_user(email="partner@example.com")
        visit.client.access.create(user=partner, relation="partner")
        client.post("/v/new-link/", {"email": "partner@example.com"})
        assert self.sent() == []

    def test_an_address_that_is_none_is_said(self, client: Browser) -> None:
        answer = client.post("/v/new-link/", {"email": "x"})
        assert (answer.status_code, "name@example.com" in text_of(answer)) == (422, True)

    def test_too_many_wishes_name_the_wait(
        self, visit: Any, client: Browser, settings: Any
    ) -> None:
        settings.THROTTLES = {**settings.THROTTLES, "sign_in_code": (1, 900)}
        answers = [client.post("/v/new-link/", {"email": "a@example.com"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert int(answers[1]["Retry-After"]) > 0

    def test_looking_sends_nothing(self, visit: Any, client: Browser) -> None:
        old = self.move(visit)
        assert client.get(f"{old}renew/").status_code == 405
        client.get(old)
        assert self.sent() == []


def link_in(letter: Any) -> str:
    """The address in a mail that opens its visit."""
    found = re.search(r"(/v/\S+/)", letter.body)
    assert found
    return found[1]


def without_tokens(page: str) -> str:
    return re.sub(r'(value=|Token": )"[^"]*"', "", page)


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


def test_pages_say_how_long_this_very_session_takes(visit: Any, client: Browser) -> None:
    calendar.change_length(
        visit, length=timedelta(minutes=80), by=None, now=timezone.now(), keeps_hours=False
    )
    visit.refresh_from_db()
    me = make_user()
    visit.client.access.create(user=me, relation="self", scope="record")
    assert "<dd>80 minutes</dd>" in text_of(client.get(visit_link(visit)))
    client.force_login(me)
    for path in (f"/my/visits/{visit.public_id}/", f"/book/done/{visit.public_id}/"):
        page = text_of(client.get(path))
        assert f"{visit.service.name}, 80 minutes" in page
        assert "60 minutes" not in page
