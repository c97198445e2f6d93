"""The desk: who may open what, and that nothing typed is lost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.models import BodyRegion
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)
from treatment_plans import plans
from treatment_plans.models import Assessment, RecordAccess, TreatmentPlan
from treatment_plans.tests.factories import make_assessment, make_plan

pytestmark = pytest.mark.django_db


class World:
    """A practitioner with a client, a colleague, and everybody else."""

    def __init__(self) -> None:
        make_clinic()
        self.now = timezone.now()
        self.place = make_location()
        self.service = make_service(needs_room=False)
        self.user, self.colleague_user = make_user(), make_user()
        self.person = make_practitioner(self.service, at=self.place, user=self.user)
        make_practitioner(self.service, at=self.place, user=self.colleague_user)
        self.own_login = make_user()
        self.client = make_client(self.own_login)
        start = (self.now - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
        self.visit = make_appointment(
            self.person, self.service, self.place, start, client=self.client
        )
        BodyRegion.objects.create(
            slug="neck-back", name="Back of neck", is_paired=True, view="back", group="neck"
        )
        self.assessment = make_assessment(self.client, self.person)
        self.plan = make_plan(
            self.client, self.person, self.service, self.place, by=self.user, now=self.now
        )

    def browser(self, user: Any) -> Browser:
        browser = Browser()
        if user is not None:
            browser.force_login(user)
        return browser

    def paths(self) -> dict[str, str]:
        client = f"/desk/clients/{self.client.public_id}/"
        return {
            "client": client,
            "assess": f"{client}assess/",
            "plan new": f"{client}plan/",
            "assessment": f"/desk/assessments/{self.assessment.public_id}/",
            "assessment edit": f"/desk/assessments/{self.assessment.public_id}/edit/",
            "plan": f"/desk/plans/{self.plan.public_id}/",
            "plan edit": f"/desk/plans/{self.plan.public_id}/edit/",
        }


@pytest.fixture
def world() -> World:
    return World()


# client page · assess · new plan · assessment · edit it · plan · edit it
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("treating", [200, 200, 200, 200, 200, 200, 200]),
        ("colleague", [404, 404, 404, 404, 404, 404, 404]),
        ("front desk", [200, 403, 403, 404, 404, 404, 403]),
        ("admin", [200, 403, 403, 404, 404, 404, 403]),
        ("lead", [200, 403, 200, 200, 403, 200, 200]),
        ("own client", [403, 403, 403, 404, 404, 404, 403]),
        ("other client", [403, 403, 403, 404, 404, 404, 403]),
        ("anonymous", [302, 302, 302, 302, 302, 302, 302]),
    ],
)
def test_who_may_open_what(world: World, who: str, expected: list[int]) -> None:
    other = make_user()
    make_client(other)
    users = {
        "treating": world.user,
        "colleague": world.colleague_user,
        "front desk": make_staff("Front desk"),
        "admin": make_staff("Admin"),
        "lead": make_staff("Clinical lead"),
        "own client": world.own_login,
        "other client": other,
        "anonymous": None,
    }
    browser = world.browser(users[who])
    assert [browser.get(path).status_code for path in world.paths().values()] == expected


def test_the_front_desk_comes_to_the_dates_of_a_plan_from_its_client(world: World) -> None:
    dates = f'href="/desk/plans/{world.plan.public_id}/dates/"'
    desk = world.browser(make_staff("Front desk"))
    assert dates in desk.get(world.paths()["client"]).content.decode()
    assert dates not in world.browser(world.user).get(world.paths()["client"]).content.decode()
    plans.rest(world.plan, by=world.user, now=world.now, reason="Away")
    assert dates not in desk.get(world.paths()["client"]).content.decode()


def test_front_desk_sees_contact_and_no_clinical_word(world: World) -> None:
    page = world.browser(make_staff("Front desk")).get(world.paths()["client"]).content.decode()
    assert world.client.email in page
    assert "Assessments" not in page
    assert str(world.plan) not in page


def test_opening_a_record_is_written_down(world: World) -> None:
    browser = world.browser(world.user)
    for name in ("client", "assessment", "plan"):
        browser.get(world.paths()[name])
    assert sorted(RecordAccess.objects.values_list("what", flat=True)) == [
        "assessment",
        "client",
        "plan",
    ]


def rows(prefix: str, *filled: dict[str, str]) -> dict[str, str]:
    data = {
        f"{prefix}-TOTAL_FORMS": str(len(filled)),
        f"{prefix}-INITIAL_FORMS": "0",
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "40",
    }
    for number, row in enumerate(filled):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def test_an_assessment_is_recorded_with_marks_and_measurements(world: World) -> None:
    answer = world.browser(world.user).post(
        world.paths()["assess"],
        {
            "complaint": "Stiff shoulder", "pain_now": "4", "onset_on": "1/6/2026",
            **rows("marks", {"place": "neck-back|left", "symptom": "ache", "intensity": "0"}),
            **rows("rom", {"movement": "cervical-spine|rotation|right", "degrees": "48", "motion": "active"}),
        },
    )  # fmt: skip
    assert answer.status_code == 302
    saved = Assessment.objects.exclude(pk=world.assessment.pk).get()
    assert (saved.pain_now, saved.marks.get().side, saved.rom.get().degrees) == (4, "left", 48)
    assert saved.marks.get().intensity == 0


def test_whatever_was_written_down_can_be_read(world: World) -> None:
    said = {
        "complaint": "Stiff shoulder", "cause": "A fall", "day_pattern": "Stiff on waking",
        "aggravating": "Driving", "easing": "A hot shower", "observation": "Guarding",
        "reported_diagnosis": "Dr Placeholder, in May", "clinical_impression": "Muscular",
        "agreed_goals": "Reach the shelf",
    }  # fmt: skip
    row = {
        "movement": "cervical-spine|rotation|right", "degrees": "48", "motion": "passive",
        "end_feel": "firm", "has_pain": "on",
    }  # fmt: skip
    posted = {**said, "is_recurrent": "true", **rows("marks"), **rows("rom", row)}
    browser = world.browser(world.user)
    page = browser.post(world.paths()["assess"], posted, follow=True).content.decode()
    for words in said.values():
        assert words in page
    assert "<dt>Had it before</dt><dd>Yes</dd>" in page
    assert "Cervical spine, rotation, right: 48°, passive, firm end feel, painful" in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"complaint": ""}, "Say why the person has come"),
        ({"complaint": "x", "onset_on": "31/2/2026"}, "Enter a date like"),
        ({"complaint": "x", "onset_on": "1/1/2099"}, "cannot have begun after today"),
        ({"complaint": "x", "pain_now": "11"}, "Select a valid choice"),
        ({"complaint": "x", **rows("rom", {"movement": "", "degrees": "20"})}, "Choose a movement"),
        (
            {"complaint": "x", **rows("rom", {"movement": "knee|flexion|left", "degrees": "181"})},
            "between -30 and 180",
        ),
        ({"complaint": "x" * 4001}, "4000"),
    ],
)
def test_bad_findings_are_said_at_the_place_and_nothing_is_lost(
    world: World, data: dict[str, str], sentence: str
) -> None:
    posted = {"easing": "A hot shower", **rows("marks"), **rows("rom"), **data}
    answer = world.browser(world.user).post(world.paths()["assess"], posted)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "A hot shower" in page
    assert Assessment.objects.count() == 1


def test_another_row_can_be_asked_for_without_saving(world: World) -> None:
    posted = {"complaint": "Half typed", **rows("marks"), **rows("rom"), "add_marks": "1"}
    page = world.browser(world.user).post(world.paths()["assess"], posted).content.decode()
    assert "Half typed" in page
    assert 'name="marks-TOTAL_FORMS" value="1"' in page
    assert Assessment.objects.count() == 1


def test_another_row_complains_of_nothing_yet(world: World) -> None:
    posted = {"complaint": "", **rows("marks"), **rows("rom", {"degrees": "400"}), "add_rom": "1"}
    page = world.browser(world.user).post(world.paths()["assess"], posted).content.decode()
    assert 'value="400"' in page
    assert "invalid-feedback" not in page


def test_an_older_copy_of_an_assessment_does_not_overwrite_a_newer_one(world: World) -> None:
    posted = {"complaint": "First", "version": "1", **rows("marks"), **rows("rom")}
    browser = world.browser(world.user)
    assert browser.post(world.paths()["assessment edit"], posted).status_code == 302
    again = browser.post(world.paths()["assessment edit"], {**posted, "complaint": "Second"})
    assert (again.status_code, "Second" in again.content.decode()) == (409, True)
    page = again.content.decode()
    for words in ("Saved meanwhile", "First", 'name="version" value="2"', ">\nSecond</textarea>"):
        assert words in page
    world.assessment.refresh_from_db()
    assert world.assessment.complaint == "First"


def test_whoever_has_seen_what_was_saved_meanwhile_may_save_theirs(world: World) -> None:
    posted = {"complaint": "First", "version": "1", **rows("marks"), **rows("rom")}
    browser = world.browser(world.user)
    browser.post(world.paths()["assessment edit"], {**posted, "pain_now": "0"})
    mine = {**posted, "complaint": "Second", "pain_now": "3"}
    page = browser.post(world.paths()["assessment edit"], mine).content.decode()
    assert '<dt>Pain right now</dt><dd dir="auto">0</dd>' in page
    mine["version"] = "2"
    assert browser.post(world.paths()["assessment edit"], mine).status_code == 302
    world.assessment.refresh_from_db()
    assert (world.assessment.complaint, world.assessment.pain_now) == ("Second", 3)


def plan_data(world: World, *phases: dict[str, str], **more: str) -> dict[str, str]:
    return {
        "service": str(world.service.pk), "location": str(world.place.pk),
        "start_on": timezone.now().astimezone(world.place.zone).strftime("%d/%m/%Y"),
        "review_after_sessions": "6", "review_after_weeks": "4",
        **rows("phases", *phases), **rows("goals", {"sentence": "Sleep through the night"}), **more,
    }  # fmt: skip


def test_weeks_become_sessions_when_a_plan_is_saved(world: World) -> None:
    answer = world.browser(world.user).post(
        world.paths()["plan new"],
        plan_data(
            world,
            {"rate_value": "2", "rate_kind": "per_week", "length": "3", "length_kind": "weeks", "session_minutes": "60"},
            {"rate_value": "1", "rate_kind": "per_week", "length": "4", "length_kind": "weeks", "session_minutes": "60"},
            start="1",
        ),
    )  # fmt: skip
    assert answer.status_code == 302
    plan = TreatmentPlan.objects.exclude(pk=world.plan.pk).get()
    assert plan.status == "active"
    assert [phase.session_count for phase in plan.phases.all()] == [6, 4]
    assert plan.next_message_kind == "due_soon"


@pytest.mark.parametrize(
    ("phase", "more", "sentence"),
    [
        ({"rate_value": "0", "length": "3", "length_kind": "weeks"}, {}, "at least 1"),
        ({"rate_value": "15", "length": "3", "length_kind": "weeks"}, {}, "1 to 5 sessions"),
        ({"rate_value": "2", "length": "", "length_kind": "weeks"}, {}, "for how long"),
        ({"rate_value": "2", "length": "0", "length_kind": "sessions"}, {}, "at least 1 session"),
        (
            {"rate_value": "1", "length": "3", "length_kind": "weeks"},
            {"start_on": "1/1/2020"},
            "in the past",
        ),
        (
            {"rate_value": "1", "length": "3", "length_kind": "weeks"},
            {"start_on": "1/1/9999"},
            "within two years",
        ),
        ({"rate_value": "1" * 25, "length": "3", "length_kind": "weeks"}, {}, "at most 52"),
    ],
)
def test_a_frequency_that_cannot_be_is_refused_in_words(
    world: World, phase: dict[str, str], more: dict[str, str], sentence: str
) -> None:
    row = {"rate_kind": "per_week", "session_minutes": "60", **phase}
    answer = world.browser(world.user).post(
        world.paths()["plan new"], plan_data(world, row, **more)
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert TreatmentPlan.objects.count() == 1


def test_the_day_lists_own_visits_with_one_step_each(world: World) -> None:
    day = world.visit.starts_at.astimezone(world.place.zone).date()
    page = world.browser(world.user).get(f"/desk/?day={day}").content.decode()
    assert world.client.name in page
    assert "Arrived" in page
    other = world.browser(world.colleague_user).get(f"/desk/?day={day}").content.decode()
    assert world.client.name not in other


def test_marking_is_for_those_who_may_see_the_visit(world: World) -> None:
    url = f"/desk/visits/{world.visit.public_id}/mark/"
    status = {"status": "arrived"}
    assert world.browser(world.colleague_user).post(url, status).status_code == 404
    assert world.browser(world.own_login).post(url, status).status_code == 403
    assert world.browser(None).post(url, status).status_code == 302
    assert world.browser(make_staff("Front desk")).post(url, status).status_code == 302
    world.visit.refresh_from_db()
    assert world.visit.status == "arrived"


def test_the_day_and_the_client_list_ask_a_fixed_number_of_questions(world: World) -> None:
    browser = world.browser(make_staff("Front desk"))
    browser.get("/desk/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get("/desk/")
            browser.get("/desk/clients/")
        counts.append(len(queries))
        for number in range(5):
            start = world.visit.starts_at + timedelta(hours=2 + number)
            make_appointment(make_practitioner(), world.service, world.place, start)
    assert counts[0] == counts[1]


def test_a_date_is_shown_as_its_hint_asks_for_it(world: World) -> None:
    page = world.browser(world.user).get(world.paths()["plan new"]).content.decode()
    assert f'value="{timezone.now().astimezone(world.place.zone):%d/%m/%Y}"' in page


def test_an_assessment_is_begun_for_who_is_here_and_not_for_the_next_visit(world: World) -> None:
    make_appointment(
        world.person, world.service, world.place,
        world.visit.starts_at + timedelta(days=4), client=world.client,
    )  # fmt: skip
    world.visit.status = "started"
    world.visit.save()
    page = world.browser(world.user).get(f"/desk/clients/{world.client.public_id}/")
    assert f"?visit={world.visit.public_id}" in page.content.decode()


def test_every_session_of_a_client_can_be_found(world: World) -> None:
    ten = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)

    def was(days: int, status: str) -> Any:
        at = ten - timedelta(days=days)
        about = {"client": world.client, "status": status}
        return make_appointment(world.person, world.service, world.place, at, **about)

    missed = was(300, "no_show")
    for week in range(1, 22):
        was(50 + week, "completed")
    browser = world.browser(make_staff("Front desk"))
    path = f"/desk/clients/{world.client.public_id}/"
    first, second = (browser.get(f"{path}?page={number}").content.decode() for number in (1, 2))
    assert "<dt>No-shows</dt><dd>1</dd>" in first
    assert f"/desk/visits/{missed.public_id}/" not in first
    assert 'href="?page=2#sessions"' in first
    assert f"/desk/visits/{missed.public_id}/" in second
    assert browser.get(f"{path}?page=soon").status_code == 200


def test_a_day_has_no_zero_before_it(world: World) -> None:
    TreatmentPlan.objects.update(start_on=date(2026, 10, 1))
    page = world.browser(world.user).get(world.paths()["client"]).content.decode()
    assert ">Plan from 1 October 2026</a>" in page
    world.assessment.assessed_on = date(2026, 10, 2)
    assert str(world.assessment) == "Assessment of 2 October 2026"
