"""A clinic with one plan of neck pain that measures pain, activities, disability and change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

from bookings.tests.factories import NOW, SmallClinic, make_appointment, make_user
from treatment_plans import scores, visits
from treatment_plans.models import OutcomeScore, PsfsActivity
from treatment_plans.tests.factories import ask, make_assessment, make_plan

BASE, REVIEW = date(2026, 9, 7), date(2026, 9, 28)
ACTIVITIES = ("Turn head to drive", "Computer 90 min", "Sleep on my right side")


class OutcomeWorld(SmallClinic):
    """`by` treats the client; `user` is the client's own login."""

    def __init__(self) -> None:
        super().__init__()
        self.by = make_user()
        self.person.user = self.by
        self.person.save()
        self.assessment = make_assessment(self.client, self.person, assessed_on=BASE)
        self.plan = make_plan(
            self.client, self.person, self.service, self.place, by=self.by, now=NOW,
            assessment=self.assessment, start_on=BASE,
        )  # fmt: skip
        self.visit = make_appointment(
            self.person, self.service, self.place, at(BASE), client=self.client, status="completed"
        )
        visits.link(self.plan, self.visit, now=NOW)
        ask(self.plan, "nprs", "psfs", "ndi", "groc", "rom")
        for number, wording in enumerate(ACTIVITIES, start=1):
            PsfsActivity.objects.create(plan=self.plan, number=number, wording=wording)

    def come(self, day: date, status: str = "completed") -> None:
        """A visit of the plan on a day, whatever became of it."""
        visit = make_appointment(
            self.person, self.service, self.place, at(day), client=self.client, status=status
        )
        visits.link(self.plan, visit, now=NOW)

    def enter(self, occasion: str, on: date, **values: Any) -> list[OutcomeScore]:
        """Record values by the keys of their questions, with _ for -."""
        asked = {one.key.replace("-", "_"): one for one in scores.questions_of(self.plan, occasion)}
        answers = [(asked[key], D(str(value))) for key, value in values.items()]
        return scores.record(
            self.plan, answers, occasion=occasion, taken_on=on, entered_by="practitioner",
            user=self.by, now=NOW,
        )  # fmt: skip

    def case_of_client_a(self) -> None:
        """The scores of assessment.md 3, example 1."""
        self.enter("baseline", BASE, nprs_worst=7, ndi=17, psfs_1=4, psfs_2=3, psfs_3=5)
        self.enter("review", REVIEW, nprs_worst=4, ndi=10, psfs_1=7, psfs_2=6, psfs_3=7, groc=5)


def at(day: date) -> Any:
    """Ten o'clock UTC of a day."""
    return NOW.replace(year=day.year, month=day.month, day=day.day, hour=10)
