"""The questions behind the link of a mail: what is asked, what comes back, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client as Browser
from django.utils import timezone

from bookings.links import visit_link
from bookings.models import Appointment
from bookings.tests.factories import make_appointment
from treatment_plans import plans, visits
from treatment_plans.links import SALT, measures_link
from treatment_plans.models import OutcomeScore, RecordAccess
from treatment_plans.tests.outcome_world import OutcomeWorld

pytestmark = pytest.mark.django_db
ANSWERS = {"nprs-worst": "7", "nprs-now": "4", "psfs-1": "4", "psfs-2": "3", "psfs-3": "5"}


@pytest.fixture
def world() -> OutcomeWorld:
    return OutcomeWorld()


@pytest.fixture
def visit(world: OutcomeWorld) -> Appointment:
    starts_at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    made = make_appointment(
        world.person, world.service, world.place, starts_at, client=world.client
    )
    visits.link(world.plan, made, now=timezone.now())
    return made


@pytest.fixture
def path(visit: Appointment) -> str:
    return measures_link(visit, "baseline")


def test_it_asks_the_client_in_plain_words(path: str) -> None:
    page = Browser().get(path)
    text = page.content.decode()
    assert page.status_code == 200
    assert [one.key for one, _ in page.context["form"].asked] == [
        "nprs-worst", "nprs-average", "nprs-now", "psfs-1", "psfs-2", "psfs-3",
    ]  # fmt: skip
    for words in (
        "How strong is the pain right now?",
        "0: No pain",
        "10: Worst you can imagine",
        "Turn head to drive",
    ):
        assert words in text
    assert "Neck Disability" not in text  # the practitioner's
    assert "VAS" not in text


def test_answers_are_kept_as_the_clients(
    world: OutcomeWorld, visit: Appointment, path: str
) -> None:
    answer = Browser().post(path, ANSWERS)
    assert (answer.status_code, answer["Location"]) == (302, f"{path}thanks/")
    rows = OutcomeScore.objects.filter(plan=world.plan)
    assert rows.count() == 5
    assert set(rows.values_list("entered_by", "occasion", "appointment")) == {
        ("client", "baseline", visit.pk)
    }
    assert not rows.exclude(user=None).exists()
    thanks = Browser().get(answer["Location"]).content.decode()
    assert "You skipped 1 question." in thanks


def test_the_link_shows_no_answer_given_before(world: OutcomeWorld, path: str) -> None:
    Browser().post(path, ANSWERS)
    page = Browser().get(path)
    assert [one.key for one, _ in page.context["form"].asked] == ["nprs-average"]
    assert page.content.decode().count("checked") == 1  # Skip
    Browser().post(path, {"nprs-average": "5"})
    assert Browser().get(path).status_code == 302
    assert OutcomeScore.objects.filter(plan=world.plan, is_entered_in_error=False).count() == 6


def test_sending_the_form_twice_keeps_one_answer(path: str) -> None:
    Browser().post(path, ANSWERS)
    Browser().post(path, {**ANSWERS, "nprs-average": "5"})
    assert OutcomeScore.objects.count() == 6


def test_looking_changes_nothing(path: str) -> None:
    for method in ("get", "head"):
        assert getattr(Browser(), method)(path).status_code == 200
    assert not OutcomeScore.objects.exists()
    assert not RecordAccess.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"nprs-now": "11"}, "Enter 0 to 10 in whole numbers."),
        ({"nprs-now": "-1"}, "Enter 0 to 10 in whole numbers."),
        ({"psfs-1": "4.5"}, "Enter 0 to 10 in whole numbers."),
        ({"nprs-now": "\0"}, "Enter 0 to 10 in whole numbers."),
        ({}, "Answer at least one question."),
        ({"nprs-now": ""}, "Answer at least one question."),
    ],
)
def test_what_is_not_on_the_scale_is_refused_and_the_rest_kept(
    path: str, typed: dict[str, str], sentence: str
) -> None:
    given = {"psfs-2": "3", **typed} if "Enter" in sentence else typed
    answer = Browser().post(path, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    if "Enter" in sentence:
        assert 'value="3" class="form-check-input" id="id_psfs-2_3" checked' in page
    assert not OutcomeScore.objects.exists()


def ended(world: OutcomeWorld, visit: Appointment, how: str) -> None:
    now = timezone.now()
    changes: dict[str, Any] = {
        "moved": {"link_version": visit.link_version + 1},
        "cancelled": {"status": "cancelled", "cancelled_at": now, "cancelled_by": "client"},
        "done": {"status": "completed", "completed_at": now},
        "missed": {"status": "no_show"},
    }
    if how == "plan ended":
        plans.end(world.plan, "discharged", by=world.by, now=now, reason="Moved")
    else:
        Appointment.objects.filter(pk=visit.pk).update(**changes[how])


@pytest.mark.parametrize("how", ["moved", "cancelled", "done", "missed", "plan ended"])
def test_a_link_that_has_ended_says_so_and_takes_nothing(
    world: OutcomeWorld, visit: Appointment, path: str, how: str
) -> None:
    ended(world, visit, how)
    for place in (path, f"{path}thanks/"):
        answer = Browser().get(place)
        assert answer.status_code == 410
        assert "This link has ended" in answer.content.decode()
        assert "Turn head" not in answer.content.decode()
    assert Browser().post(path, ANSWERS).status_code == 410
    assert not OutcomeScore.objects.exists()


def test_a_link_of_another_purpose_or_none_of_ours_is_wrong(visit: Appointment, path: str) -> None:
    other = visit_link(visit).split("/")[2]
    payload = [str(visit.public_id), visit.link_version, "visit", "baseline"]
    purpose = signing.dumps(payload, salt=SALT)
    nonsense = signing.dumps(
        [str(visit.public_id), visit.link_version, "measures", "often"], salt=SALT
    )
    for token in (
        other,
        purpose,
        nonsense,
        "x",
        signing.dumps(3, salt=SALT),
        path.split("/")[2][:-1],
    ):
        assert Browser().get(f"/q/{token}/").status_code == 404
        assert Browser().post(f"/q/{token}/", ANSWERS).status_code == 404
    assert Browser().get(f"/v/{path.split('/')[2]}/").status_code == 404


def test_the_page_is_kept_out_of_caches_and_the_answers_out_of_addresses(path: str) -> None:
    page = Browser().get(path)
    assert "no-store" in page["Cache-Control"]
    assert 'method="post"' in page.content.decode()
    assert "?" not in Browser().post(path, ANSWERS)["Location"]


def test_the_practitioner_finds_them_with_the_rest(world: OutcomeWorld, path: str) -> None:
    Browser().post(path, ANSWERS)
    browser = Browser()
    browser.force_login(world.by)
    page = browser.get(f"/desk/plans/{world.plan.public_id}/progress/").content.decode()
    assert page.count("<td>The client</td>") == 5
