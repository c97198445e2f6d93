"""What the clinic sets about its measures in the administration."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from django.test import Client as Browser

from bookings.tests.factories import make_staff
from clinic.tests.admin_forms import filled
from treatment_plans import progress
from treatment_plans.models import OutcomeMeasure
from treatment_plans.tests.outcome_world import OutcomeWorld

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def world() -> OutcomeWorld:
    made = OutcomeWorld()
    made.case_of_client_a()
    return made


def page() -> str:
    key = OutcomeMeasure.objects.get(slug="nprs").pk
    return f"/admin/treatment_plans/outcomemeasure/{key}/change/"


def browser(role: str = "Admin") -> Browser:
    made = Browser()
    made.force_login(make_staff(role))
    return made


def test_a_threshold_of_the_clinic_counts_at_once_and_stays(world: OutcomeWorld) -> None:
    admin = browser("Clinical lead")
    sent = filled(
        admin, page(), mcid_value="4", mcid_percent=None, mcid_source="Our own rule, 2026"
    )
    assert admin.post(page(), sent.urlencode(), content_type=FORM).status_code == 302
    worst = next(one for one in progress.series_of(world.plan) if one.key == "nprs 0 worst")
    assert (worst.change.reading, worst.scale.threshold) == ("below", "4 points")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"mcid_value": "0"}, "greater than or equal to 0.01"),
        ({"mcid_value": "-2"}, "greater than or equal to 0.01"),
        ({"mcid_percent": "101"}, "less than or equal to 100"),
        ({"mcid_value": "9" * 25}, "no more than 7 digits"),
        ({"mcid_source": None}, "Say where the figure comes from."),
    ],
)
def test_a_figure_that_cannot_be_is_refused(
    world: OutcomeWorld, typed: dict[str, str | None], sentence: str
) -> None:
    admin = browser()
    sent = filled(admin, page(), **typed)
    answer = admin.post(page(), sent.urlencode(), content_type=FORM)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert OutcomeMeasure.objects.get(slug="nprs").mcid_value == D(2)


def test_the_scale_itself_is_not_to_be_changed(world: OutcomeWorld) -> None:
    admin = browser()
    sent = filled(admin, page(), minimum="1", maximum="100", step="7", licence="All ours")
    admin.post(page(), sent.urlencode(), content_type=FORM)
    pain = OutcomeMeasure.objects.get(slug="nprs")
    assert (pain.minimum, pain.maximum, pain.step) == (D(0), D(10), D(1))
    assert pain.licence.startswith("FREE")


def test_measures_are_neither_added_nor_deleted_there(world: OutcomeWorld) -> None:
    admin = browser()
    assert admin.get("/admin/treatment_plans/outcomemeasure/add/").status_code == 403
    assert admin.post(page().replace("change", "delete"), {"post": "yes"}).status_code == 403
