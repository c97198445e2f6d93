"""Two entries made one by mistake: undone, every row of every part is where it was."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings import calendar, merging
from bookings.messages import delivery
from bookings.models import (
    Appointment,
    ChannelConsent,
    Client,
    ClientAccess,
    ClientMerge,
    Message,
    Task,
)
from bookings.tests.booking_world import text_of
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_client,
    make_staff,
    make_user,
)
from bookings.waiting import line
from treatment_plans.access import record_opened
from treatment_plans.models import RecordAccess, TreatmentPlan
from treatment_plans.tests.factories import make_assessment, make_plan

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + 2 * HOUR
STAY = {"bookings.ChannelConsent.client", "bookings.ClientAccess.client"}  # some of them


class TwoEntries(SmallClinic):
    """One entry that is kept and one that is given up, each with something of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.boss, self.guardian = make_staff("Admin"), make_user(email="guardian@example.com")
        self.own = [make_user(), make_user()]
        details = {"email": "kept@example.com"}, {"phone": "+447700900123", "called": "Rob"}
        self.kept, self.other = (
            make_client(login, name=f"Robin {n}", **more)
            for n, (login, more) in enumerate(zip(self.own, details, strict=True))
        )
        for number, entry in enumerate((self.kept, self.other)):
            self.fill(entry, day=TEN + number * 14 * DAY)
        ChannelConsent.objects.create(
            client=self.other, channel="sms", is_given=True, changed_at=NOW, changed_by="desk"
        )

    def fill(self, entry: Client, *, day: Any) -> None:
        ClientAccess.objects.create(user=self.guardian, client=entry, relation="guardian")
        ChannelConsent.objects.create(
            client=entry, channel="email", is_given=True, changed_at=NOW, changed_by="desk"
        )
        make_assessment(entry, self.person)
        make_plan(entry, self.person, self.service, self.place, by=self.user, now=NOW)
        self.book(day, client=entry)
        calendar.book_series(
            self.service, [(self.person, self.place, day + n * DAY) for n in (1, 2)],
            client=entry, by=self.user, form_token=uuid.uuid4(), now=NOW,
        )  # fmt: skip
        line.join(
            entry, self.service, self.place, practitioner=None, by=None, now=NOW,
            first_day=day.date(), last_day=day.date(),
        )  # fmt: skip
        record_opened(entry, self.user, "plan", now=NOW)
        Task.objects.create(
            kind="x", title="Call", role="Front desk", client=entry, due_at=NOW,
            reason_key=f"x:{entry.pk}",
        )  # fmt: skip


def everything() -> dict[str, dict[Any, Any]]:
    """Every row that names a client, with all that it says, and the clients themselves."""
    tables = {merging._name(link): link[0] for link in merging._links()}
    return {
        name: {row["id"]: row for row in model._base_manager.values()}
        for name, model in {**tables, "clients": Client}.items()
    }


def owners(rows: dict[Any, Any]) -> set[int]:
    """Whose some rows are."""
    return {row["client_id"] for row in rows.values()}


def seen_by(users: list[Any]) -> list[Any]:
    """Whom and which visits and plans each login may see."""
    words = (Client.objects, Appointment.objects, TreatmentPlan.objects)
    return [
        [set(word.visible_to(user).values_list("pk", flat=True)) for word in words]
        for user in users
    ]


@pytest.fixture
def two() -> TwoEntries:
    return TwoEntries()


def test_everything_that_names_a_client_is_there_to_be_moved(two: TwoEntries) -> None:
    before = everything()
    for name in before.keys() - {"clients"}:
        assert owners(before[name]) >= {two.kept.pk, two.other.pk}, name


def test_undone_every_row_says_what_it_said(two: TwoEntries) -> None:
    before = everything()
    merged = merging.merge(two.kept, two.other, by=two.boss, now=LATER)
    joined = everything()
    for name in joined.keys() - STAY - {"clients", "treatment_plans.RecordAccess.client"}:
        assert owners(joined[name]) == {two.kept.pk}, name
    merging.undo(merged, by=two.boss, now=LATER + HOUR)
    assert everything() == before


def test_undone_each_login_sees_what_it_saw(two: TwoEntries) -> None:
    users = [*two.own, two.guardian, two.person.user or make_user()]
    before = seen_by(users)
    merged = merging.merge(two.kept, two.other, by=two.boss, now=LATER)
    assert two.kept.pk in seen_by([two.own[1]])[0][0]
    merging.undo(merged, by=two.boss, now=LATER + HOUR)
    assert seen_by(users) == before


def test_who_opened_a_record_is_said_of_the_entry_that_was_opened(two: TwoEntries) -> None:
    before = set(RecordAccess.objects.values_list("pk", "client"))
    merged = merging.merge(two.kept, two.other, by=two.boss, now=LATER)
    assert set(RecordAccess.objects.values_list("pk", "client")) == before
    merging.undo(merged, by=two.boss, now=LATER)
    assert set(RecordAccess.objects.values_list("pk", "client")) == before


@pytest.mark.parametrize("is_undone", [True, False])
def test_messages_go_to_whom_their_visit_belongs(
    two: TwoEntries, mailoutbox: list[Any], is_undone: bool
) -> None:
    merged = merging.merge(two.kept, two.other, by=two.boss, now=NOW + MINUTE)
    if is_undone:
        merging.undo(merged, by=two.boss, now=NOW + 2 * MINUTE)
    delivery.send_due(now=LATER)
    about = [(letter.to, letter.subject) for letter in mailoutbox if "Mon 14 Dec" in letter.subject]
    address = two.other.email if is_undone else two.kept.email
    assert about == [([address], "Your session on Mon 14 Dec, 10:00")]


def test_what_was_sent_while_they_were_one_stays_in_the_ledger(two: TwoEntries) -> None:
    merged = merging.merge(two.kept, two.other, by=two.boss, now=NOW + MINUTE)
    delivery.send_due(now=LATER)
    sent = set(Message.objects.exclude(sent_at=None).values_list("pk", flat=True))
    assert sent
    merging.undo(merged, by=two.boss, now=LATER)
    assert set(Message.objects.exclude(sent_at=None).values_list("pk", flat=True)) == sent
    delivery.send_due(now=LATER + HOUR)
    assert set(Message.objects.exclude(sent_at=None).values_list("pk", flat=True)) == sent


def test_a_visit_moved_while_they_were_one_goes_back_with_its_new_time(two: TwoEntries) -> None:
    merged = merging.merge(two.kept, two.other, by=two.boss, now=NOW + MINUTE)
    visit = Appointment.objects.get(starts_at=TEN + 14 * DAY)
    calendar.move(visit, starts_at=TEN + 14 * DAY + HOUR, by=two.boss, now=LATER, for_staff=True)
    merging.undo(merged, by=two.boss, now=LATER + HOUR)
    visit.refresh_from_db()
    assert (visit.client, visit.starts_at) == (two.other, TEN + 14 * DAY + HOUR)


def test_pressed_twice_at_the_desk_it_is_undone_once(two: TwoEntries, client: Browser) -> None:
    before = everything()
    merged = merging.merge(two.kept, two.other, by=two.boss, now=LATER)
    client.force_login(two.boss)
    for _ in range(2):
        answer = client.post(f"/desk/merges/{merged.public_id}/undo/", follow=True)
        assert answer.status_code == 200
    assert everything() == before
    assert ClientMerge.objects.get().undone_by == two.boss
    page = text_of(client.get(f"/desk/clients/{two.other.public_id}/"))
    assert "This entry was joined into" not in page
