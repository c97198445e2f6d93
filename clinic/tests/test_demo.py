"""The demo clinic looks like a real working day, whenever somebody looks at it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from bookings.models import Appointment, Client, WaitlistEntry
from clinic import demo
from clinic.tests.results_again import check_results
from practitioners.models import Credential, Location, Practitioner
from treatment_plans import asking, caseload
from treatment_plans.models import Aftercare, PlanVisit, TreatmentPlan

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
FULL = bool(os.environ.get("FULL"))
MONDAY = date(2026, 10, 19)
MOMENTS = [
    datetime(MONDAY.year, MONDAY.month, MONDAY.day + day, hour, minute, tzinfo=LONDON)
    for day in (range(7) if FULL else (6,))
    for hour, minute in (((0, 5), (8, 15), (12, 0), (18, 40), (23, 55)) if FULL else ((23, 55),))
]  # the Sunday is the one before whose end the clocks go back


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%H:%M}")
def test_it_is_a_working_day_whenever_it_is_looked_at(now: datetime) -> None:
    for catalogue in ("load_catalogue", "load_measures", "load_plan_templates"):
        call_command(catalogue, verbosity=0)
    demo.load(now=now.astimezone(UTC))
    assert Practitioner.objects.count() == len(demo.SPECIALISTS) >= 8
    assert Client.objects.count() >= demo.CLIENTS
    assert len(set(Location.objects.values_list("time_zone", flat=True))) == 2
    dana = Practitioner.objects.get(slug="dana")
    near = Appointment.objects.filter(
        practitioner=dana, starts_at__range=(now - timedelta(hours=3), now + timedelta(hours=4))
    )
    late = near.get(status="arrived")
    assert late.starts_at.astimezone(LONDON).date() == now.date()
    assert late.starts_at < now
    assert late.arrived_at
    assert late.arrived_at <= now
    assert near.filter(status="no_show").exists()
    assert near.filter(status="booked", starts_at__gt=now).exists()
    running = late.client.plans.filter(status="active")  # type: ignore[union-attr]
    if [plan.practitioner for plan in running] == [dana]:
        assert late.plan_visit.plan == running[0]
    theirs = TreatmentPlan.objects.filter(practitioner=dana)
    assert list(theirs.visible_to(dana.user)) == list(theirs)
    soon = now.date() + timedelta(days=30)
    assert Credential.objects.filter(expires_on__range=(now.date(), soon)).exists()
    assert WaitlistEntry.objects.exists()
    plans = TreatmentPlan.objects.all()
    assert set(plans.values_list("status", flat=True)) == set(TreatmentPlan.Status.values)
    cases = caseload.cases(dana.user, now=now, person=dana)
    assert "overdue" in {case.status for case in cases}
    assert any(plan.visits.filter(appointment__status="completed").count() == 4 for plan in plans)
    coming = PlanVisit.objects.get(plan__client__name="Ada Fictional")
    assert coming.appointment.starts_at.astimezone(LONDON).date() > now.date()
    assert {one.measure.slug for one in asking.still_asked(coming, now=now)} == {
        "nprs", "psfs", "stress-nrs",
    }  # fmt: skip
    (advice,) = Aftercare.objects.all()
    assert advice.written_at <= now
    check_results(now)
