"""Sessions of a plan with somebody else or at another place: they count, and stay where they are."""

from __future__ import annotations

import re
import uuid
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.factories import make_appointment
from bookings.times import Words
from practitioners.models import Location
from practitioners.tests.factories import make_location
from treatment_plans import plans, visits
from treatment_plans.agreements import agree
from treatment_plans.models import PlanVisit
from treatment_plans.proposals import propose
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, on_the_hour

pytestmark = pytest.mark.django_db
CHECKED = re.compile(r'name="((?:book|move)-[^"]+)" id="[^"]+" value="([0-9]+)" checked')


@pytest.fixture
def world() -> PlanWorld:
    """Four sessions, once a week, from in three days on; the clinic has a place in New York."""
    return PlanWorld(start_on=(timezone.now() + 3 * DAY).date(), phases=(("per_week", 1, 4),))


@pytest.fixture
def new_york() -> Location:
    return make_location(name="Fifth Avenue", time_zone="America/New_York")


def linked(world: PlanWorld, days: int, *, at: Location, by: Any = None) -> Appointment:
    """A visit of the client that became part of the plan, as every medical one does."""
    start = on_the_hour(world.now + days * DAY).replace(hour=14)
    visit = make_appointment(
        by or world.colleague, world.service, at, start, client=world.client
    )  # fmt: skip
    visits.link(plans.with_all(world.plan.pk), visit, now=world.now)
    return visit


def paths(world: PlanWorld) -> dict[str, Any]:
    plan = world.plan.public_id
    return {f"/desk/plans/{plan}/dates/": world.user, f"/my/plans/{plan}/dates/": world.login}


def said(world: PlanWorld, visit: Appointment) -> tuple[str, str]:
    """When a visit is, and by whose clock, where it takes place."""
    words = Words(visit.zone, world.clinic.time_style)
    today = timezone.now().astimezone(visit.zone).date()
    return words.short(visit.starts_at, today=today), words.clock_line(visit.starts_at)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("days", "own_day"),
    [((4,), 6), ((4, 6), 25), ((4, 5), 40), ((12,), 6), ((3, 25), 6), ((60,), 6)],
)
def test_it_stays_and_what_is_preselected_can_be_had(
    world: PlanWorld, new_york: Location, days: tuple[int, ...], own_day: int, number: int
) -> None:
    fixed = [linked(world, one, at=new_york) for one in days]
    own = world.visit(world.now + own_day * DAY)
    visits.link(plans.with_all(world.plan.pk), own, now=world.now)
    path, user = list(paths(world).items())[number]
    page = browse(user).get(path).content.decode()
    chosen = dict(CHECKED.findall(page))
    assert chosen
    for visit in fixed:
        assert f"move-{visit.public_id}" not in page
        when, clock = said(world, visit)
        shown = (
            f"<strong>{when}</strong>, {clock}, with {world.colleague.name}, Fifth Avenue, booked"
        )
        assert shown in page
    data = {"form_token": str(uuid.uuid4()), "rows": list(chosen), **chosen, "reason": "Asked"}
    answer = browse(user).post(path, data)
    assert answer.status_code == 302, answer.content.decode()
    after = Appointment.objects.filter(pk__in=[one.pk for one in fixed])
    assert {one.version for one in after} == {1}
    starts = PlanVisit.objects.filter(plan=world.plan).order_by("appointment__starts_at")
    together = list(starts.values_list("appointment__starts_at", flat=True))
    assert len(together) == 4
    assert all(later > earlier for earlier, later in pairwise(together))


def test_one_with_somebody_else_at_the_same_place_says_with_whom(world: PlanWorld) -> None:
    visit = linked(world, 4, at=world.place)
    for path, user in paths(world).items():
        page = browse(user).get(path).content.decode()
        shown = f"<strong>{said(world, visit)[0]}</strong>, with {world.colleague.name}, {world.place.name}"
        assert shown in page
        assert f"move-{visit.public_id}" not in page


def test_one_that_went_elsewhere_meanwhile_is_not_moved(world: PlanWorld) -> None:
    visit = linked(world, 4, at=world.place)
    data = {
        "form_token": str(uuid.uuid4()),
        f"move-{visit.public_id}": value_of(visit.starts_at + DAY),
    }
    for path, user in paths(world).items():
        answer = browse(user).post(path, data)
        assert answer.status_code == 422
        assert "has changed meanwhile" in answer.content.decode()
    visit.refresh_from_db()
    assert visit.version == 1


def test_the_sessions_around_it_are_counted_from_it(world: PlanWorld, new_york: Location) -> None:
    visit = linked(world, 5, at=new_york)
    layout = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout
    assert [one.step for one in layout.sessions] == ["keep", "book", "book", "book"]
    on = visit.starts_at.astimezone(world.place.zone).date()
    gaps = [(later.anchor - one.anchor).days for one, later in pairwise(layout.sessions)]
    assert (layout.sessions[0].anchor, set(gaps) <= {6, 7, 8}) == (on, True)


def test_every_page_says_it_by_the_clock_of_its_own_place(
    world: PlanWorld, new_york: Location
) -> None:
    visit = linked(world, 4, at=new_york)
    when, clock = said(world, visit)
    shown = f"{when}, {clock}, Fifth Avenue"
    plan = plans.with_all(world.plan.pk)
    desk = f"/desk/plans/{plan.public_id}/"
    page = browse(world.user).get(desk).content.decode()
    assert re.search(
        rf"{when}</a><br><span[^>]*>{re.escape(clock)}, Fifth Avenue</span></th>", page
    )
    pages = {f"{desk}step/pause/": world.user, "/desk/caseload/": world.user}
    for path, user in {**pages, "/my/": world.login}.items():
        page = browse(user).get(path).content.decode()
        assert (path, shown in page) == (path, True)
    version = plan.versions.last()
    assert version is not None
    agree(plan, version.number, name="Jamie", way="own_page", by=world.login, now=world.now)
    assert shown in browse(world.login).get(f"/my/plans/{plan.public_id}/").content.decode()


def test_at_the_place_of_the_plan_nothing_more_is_said(world: PlanWorld) -> None:
    visit = linked(world, 4, at=world.place)
    when, clock = said(world, visit)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert (when in page, clock in page) == (True, False)


def test_old_and_new_dates_name_the_place_that_is_not_the_plans(
    world: PlanWorld, new_york: Location
) -> None:
    visit = linked(world, 4, at=new_york)
    gone = world.visit(world.now + 11 * DAY)
    visits.link(plans.with_all(world.plan.pk), gone, now=world.now)
    calendar.cancel(
        gone, cancelled_by="client", by=world.login, now=world.now, reason="Ill", for_staff=True
    )
    when, clock = said(world, visit)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert "Some dates no longer fit" in page
    assert f"<td>{when}, {clock}, Fifth Avenue</td>" in page
