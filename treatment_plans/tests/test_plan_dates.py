"""Proposing the dates of a plan and booking them: all or none, linked to the plan."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, Message
from bookings.picking import value_of
from bookings.tests.factories import make_client, make_staff
from bookings.times import say_day
from practitioners.models import TimeOff
from practitioners.tests.factories import make_clinic
from treatment_plans import plans
from treatment_plans.models import PlanAgreement, PlanPhase
from treatment_plans.proposals import propose
from treatment_plans.tests.plan_world import DAY, HOUR, PlanWorld, browse, statuses

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


@pytest.fixture
def world() -> PlanWorld:
    """A plan of six sessions, once a week, that begins in three days: beyond every notice."""
    return PlanWorld(start_on=(timezone.now() + 3 * DAY).date())


def desk(world: PlanWorld) -> str:
    return f"/desk/plans/{world.plan.public_id}/dates/"


def own(world: PlanWorld) -> str:
    return f"/my/plans/{world.plan.public_id}/dates/"


def as_proposed(world: PlanWorld, *, for_staff: bool = True) -> dict[str, Any]:
    """What a browser posts when every date is taken as it stands."""
    layout = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=for_staff).layout
    chosen = {
        f"book-{one.days.session}": value_of(one.free.starts_at)
        for one in layout.sessions
        if one.free and one.step == "book"
    }
    return {"form_token": str(uuid.uuid4()), "rows": list(chosen), **chosen}


def standing(world: PlanWorld) -> list[datetime]:
    visits = Appointment.objects.standing().filter(client=world.client, starts_at__gt=world.now)
    return list(visits.order_by("starts_at").values_list("starts_at", flat=True))


def test_every_session_is_proposed_and_nothing_booked_by_looking(world: PlanWorld) -> None:
    page = browse(world.user).get(desk(world)).content.decode()
    assert "Book the dates chosen" in page
    assert "Either all dates that you choose are booked or none." in page
    assert page.count("<legend>Session") == 6
    assert standing(world) == []


def test_all_are_booked_and_belong_to_the_plan_and_its_version(world: PlanWorld) -> None:
    answer = browse(world.user).post(desk(world), as_proposed(world))
    assert answer.status_code == 302
    starts = standing(world)
    assert len(starts) == 6
    assert {(later - one).days for one, later in pairwise(starts)} <= {6, 7}
    rows = world.plan.visits.select_related("version", "appointment__series")
    assert [row.version.number for row in rows if row.version] == [2] * 6
    assert len({row.appointment.series_id for row in rows}) == 1
    assert Message.objects.filter(kind="confirmation", client=world.client).count() == 1


def test_one_that_was_taken_meanwhile_and_none_is_booked(world: PlanWorld) -> None:
    data = as_proposed(world)
    third = datetime.fromtimestamp(int(data["book-3"]), tz=world.now.tzinfo)
    world.visit(third, client=make_client())
    answer = browse(world.user).post(desk(world), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "None of these sessions was booked or moved" in page
    assert standing(world) == []


def test_when_one_was_taken_every_other_choice_stays(world: PlanWorld) -> None:
    data = as_proposed(world)
    data |= {"book-2": str(int(data["book-2"]) + 5 * 3600), "book-5": "none"}
    third = datetime.fromtimestamp(int(data["book-3"]), tz=world.now.tzinfo)
    world.visit(third, client=make_client())
    answer = browse(world.user).post(desk(world), data)
    page = answer.content.decode()
    kept = re.findall(r'name="(book-[0-9])" id="[^"]+" value="([0-9a-z]+)" checked', page)
    assert dict(kept) == {name: data[name] for name in data["rows"] if name != "book-3"}
    assert f'id="book-3-{data["book-3"]}"' not in page
    again = {**data, **dict(kept), "book-3": str(int(data["book-3"]) + 3600)}
    assert browse(world.user).post(desk(world), again).status_code == 302
    assert len(standing(world)) == 5


def test_what_should_have_been_is_not_said_to_be_due_today() -> None:
    world = PlanWorld(start_on=(timezone.now() - 9 * DAY).date())
    page = browse(world.user).get(desk(world)).content.decode()
    due = say_day(world.plan.start_on, today=world.today)
    assert (f"was due on {due}" in page, page.count("was due on")) == (True, 1)


def test_the_same_form_twice_books_once(world: PlanWorld) -> None:
    data = as_proposed(world)
    for _ in range(2):
        assert browse(world.user).post(desk(world), data).status_code == 302
    assert len(standing(world)) == 6


def test_a_date_can_be_left_out_or_be_another(world: PlanWorld) -> None:
    data = as_proposed(world)
    other = int(data["book-1"]) + 3600
    data |= {"book-1": str(other), "book-6": "none"}
    assert browse(world.user).post(desk(world), data).status_code == 302
    assert (len(standing(world)), int(standing(world)[0].timestamp())) == (5, other)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"book-2": ""}, "Choose a time for each date"),
        ({"book-2": "abc"}, "Choose a time for each date"),
        ({"book-2": "9" * 25}, "Choose a time for each date"),
        ({"book-x": "1"}, "Choose a time for each date"),
        ({"move-" + "0" * 36: "1800000000"}, "Choose a time for each date"),
        ({f"book-{number}": "none" for number in range(1, 7)}, "Choose at least one date"),
        ({"form_token": "nothing"}, "valid UUID"),
    ],
)
def test_answers_that_cannot_be(world: PlanWorld, changed: dict[str, str], sentence: str) -> None:
    answer = browse(world.user).post(desk(world), {**as_proposed(world), **changed})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert standing(world) == []


def test_a_visit_of_somebody_else_cannot_be_moved(world: PlanWorld) -> None:
    stranger = PlanWorld().visit(world.now + 5 * DAY)
    data = {
        "form_token": str(uuid.uuid4()),
        f"move-{stranger.public_id}": value_of(stranger.starts_at + HOUR),
    }
    answer = browse(world.user).post(desk(world), data)
    assert (answer.status_code, "has changed meanwhile" in answer.content.decode()) == (422, True)
    stranger.refresh_from_db()
    assert stranger.version == 1


def test_only_a_plan_that_runs_has_dates_to_book(world: PlanWorld) -> None:
    data = as_proposed(world)
    plans.rest(world.plan, by=world.user, now=world.now, reason="Away")
    assert "while the plan is active" in browse(world.user).get(desk(world)).content.decode()
    answer = browse(world.user).post(desk(world), data)
    assert (answer.status_code, standing(world)) == (422, [])


def test_what_suits_the_client_is_kept_and_comes_first(world: PlanWorld) -> None:
    data = {"wishes": "1", "weekdays": ["3"], "parts": ["evening"]}
    assert browse(world.login).post(own(world), data).status_code == 302
    world.client.refresh_from_db()
    assert (world.client.preferred_weekdays, world.client.preferred_parts) == ([3], ["evening"])
    layout = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout
    chosen = [one.free for one in layout.sessions if one.free]
    assert all(one.at.hour >= 17 for one in chosen)
    inside = [one for one in layout.sessions if any(
        (one.days.first_on + day * DAY).isoweekday() == 3
        for day in range((one.days.last_on - one.days.first_on).days + 1)
    )]  # fmt: skip
    assert all(one.free and one.free.on.isoweekday() == 3 for one in inside)


@pytest.mark.parametrize("wish", [{"weekdays": ["9"]}, {"weekdays": ["x"]}, {"parts": ["night"]}])
def test_a_wish_that_cannot_be_is_refused(world: PlanWorld, wish: dict[str, list[str]]) -> None:
    answer = browse(world.user).post(desk(world), {"wishes": "1", **wish})
    assert answer.status_code == 422
    world.client.refresh_from_db()
    assert world.client.preferred_weekdays == []


def test_when_nobody_is_there_the_conflict_is_said_and_others_are_offered(world: PlanWorld) -> None:
    first = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout.sessions[0]
    begins = first.days.first_on
    TimeOff.objects.create(
        practitioner=world.person,
        starts_at=world.now,
        ends_at=datetime.combine(first.days.last_on + DAY, datetime.min.time(), tzinfo=world.place.zone),
    )  # fmt: skip
    assert begins >= world.today
    page = browse(world.user).get(desk(world)).content.decode()
    assert "Nothing is free on the days that are right" in page
    data = as_proposed(world)
    assert "book-1" not in data
    answer = browse(world.user).post(desk(world), {**data, "rows": ["book-1", *data["rows"]]})
    assert (answer.status_code, standing(world)) == (422, [])


@pytest.mark.parametrize(("is_free", "button"), [(True, "Book this session"), (False, None)])
def test_what_cannot_be_had_is_left_out_from_the_start(
    world: PlanWorld, is_free: bool, button: str | None
) -> None:
    first = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout.sessions[0]
    begins = first.days.last_on + DAY if is_free else world.today
    TimeOff.objects.create(
        practitioner=world.person,
        starts_at=datetime.combine(begins, datetime.min.time(), tzinfo=world.place.zone),
        ends_at=world.now + 400 * DAY,
    )
    page = browse(world.user).get(desk(world)).content.decode()
    assert 'id="book-2-none" value="none" checked' in page
    assert ("Book the dates" in page, "Book this session" in page) == (False, button is not None)
    assert ("Nothing is free at the moment" in page) == (button is None)


def test_the_client_books_their_own_dates_up_to_the_review(world: PlanWorld) -> None:
    """Once a week with a review after four weeks: the fifth session has it."""
    page = browse(world.login).get(own(world)).content.decode()
    assert (
        "Book the dates chosen" in page,
        "£58 for each new session, £290 if all 5 are booked." in page,
    ) == (True, True)
    assert "The last of these sessions has a review" in page
    answer = browse(world.login).post(own(world), as_proposed(world, for_staff=False))
    assert (answer.status_code, len(standing(world))) == (302, 5)
    sixth = as_proposed(world)
    refused = browse(world.login).post(own(world), sixth)
    assert (refused.status_code, len(standing(world))) == (422, 5)
    assert "progress together" in refused.content.decode()


def test_the_client_books_no_further_than_the_horizon(world: PlanWorld) -> None:
    make_clinic(travel_minutes=0, horizon_days=12)
    page = browse(world.login).get(own(world)).content.decode()
    assert (
        "Book the dates chosen" in page,
        "£58 for each new session, £116 if both are booked." in page,
    ) == (True, True)
    assert "Times can be booked until" in page
    refused = browse(world.login).post(own(world), as_proposed(world))
    assert (refused.status_code, standing(world)) == (422, [])


def test_a_client_on_hold_books_nothing(world: PlanWorld) -> None:
    data = as_proposed(world, for_staff=False)
    plans.hold(world.plan, by=world.user, now=world.now, reason="Ask the doctor")
    answer = browse(world.login).post(own(world), data)
    assert (answer.status_code, standing(world)) == (422, [])
    assert "Please call us before you book" in answer.content.decode()


def test_agreeing_and_booking_is_one_button(world: PlanWorld) -> None:
    plan = plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=3)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="Fewer",
    )  # fmt: skip
    path = f"/my/plans/{plan.public_id}/"
    page = browse(world.login).get(path).content.decode()
    assert "I agree, book the dates chosen" in page
    data = {**as_proposed(world, for_staff=False), "version": str(plan.version), "book": "1"}
    assert browse(world.login).post(path, data)["Location"] == f"{path}dates/"
    assert len(standing(world)) == 3
    assert plan.versions.last().agreement.user == world.login  # type: ignore[union-attr]


def test_when_a_time_was_taken_nothing_is_agreed_to_either(world: PlanWorld) -> None:
    plan = plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=2)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="Fewer",
    )  # fmt: skip
    data = {**as_proposed(world, for_staff=False), "version": str(plan.version), "book": "1"}
    taken = datetime.fromtimestamp(int(data["book-1"]), tz=world.now.tzinfo)
    world.visit(taken, client=make_client())
    answer = browse(world.login).post(f"/my/plans/{plan.public_id}/", data)
    assert (answer.status_code, standing(world)) == (409, [])
    assert not PlanAgreement.objects.filter(version=plan.versions.last()).exists()
    assert "You have not agreed to the plan yet" in answer.content.decode()


def test_agreeing_and_booking_nothing_saves_nothing(world: PlanWorld) -> None:
    plan = plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=3)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="More",
    )  # fmt: skip
    data = {**as_proposed(world, for_staff=False), "version": str(plan.version), "book": "1"}
    data |= dict.fromkeys(data["rows"], "none")
    answer = browse(world.login).post(f"/my/plans/{plan.public_id}/", data)
    assert (answer.status_code, standing(world)) == (422, [])
    assert "Choose at least one date" in answer.content.decode()
    assert "You have not agreed to the plan yet" in answer.content.decode()
    assert not PlanAgreement.objects.filter(version=plan.versions.last()).exists()


def test_a_plan_that_changed_meanwhile_books_nothing(world: PlanWorld) -> None:
    data = {**as_proposed(world, for_staff=False), "version": "1", "book": "1"}
    plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=3)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="More",
    )  # fmt: skip
    answer = browse(world.login).post(f"/my/plans/{world.plan.public_id}/", data)
    assert (answer.status_code, standing(world)) == (409, [])


def test_however_many_sessions_the_page_asks_as_many_questions(world: PlanWorld) -> None:
    browser = browse(world.user)
    counts = []
    for many in (2, 20):
        plans.save(
            plans.with_all(world.plan.pk),
            phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=many)],
            goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="Other",
        )  # fmt: skip
        browser.get(desk(world))
        with CaptureQueriesContext(connection) as seen:
            browser.get(desk(world))
        slots = [one for one in seen.captured_queries if "EXECUTE free_slots" in one["sql"]]
        counts.append((len(seen), len(slots)))
    assert counts[0] == counts[1]
    assert counts[0][1] == 1


def test_what_is_booked_is_not_proposed_again(world: PlanWorld) -> None:
    browse(world.user).post(desk(world), as_proposed(world))
    page = browse(world.user).get(desk(world)).content.decode()
    assert "Every session is booked" in page
    calendar.cancel(
        world.plan.visits.first().appointment, cancelled_by="client", by=None, now=world.now,  # type: ignore[union-attr]
        reason="Ill", for_staff=True,
    )  # fmt: skip
    assert "Book this session" in browse(world.user).get(desk(world)).content.decode()


def test_the_front_desk_sees_dates_and_no_word_of_what_for(world: PlanWorld) -> None:
    plan = plans.with_all(world.plan.pk)
    plan.precautions, plan.home_care = "SECRETPRECAUTION", "SECRETCARE"
    plans.save(
        plan, phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=6)], goals=[],
        techniques=[], regions=[], by=world.user, now=world.now, reason="SECRETREASON",
    )  # fmt: skip
    found = statuses(world, desk(world))
    assert found == {
        "treating": 200, "colleague": 404, "front desk": 200, "admin": 200, "lead": 200,
        "own": 403, "books for them": 403, "other client": 403, "anonymous": 302,
    }  # fmt: skip
    page = browse(make_staff("Front desk")).get(desk(world)).content.decode()
    assert "SECRET" not in page
    assert "once a week" not in page
