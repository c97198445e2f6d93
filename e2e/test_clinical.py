"""Plans, scores, reviews and results in a browser: every page accessible, for whoever may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import Clinic
from e2e.test_pages import SIZES, check

pytestmark = pytest.mark.browser


def one(clinic: Clinic, statement: str) -> str:
    return str(clinic.sql(statement)[0][0])


def of_practitioner(clinic: Clinic) -> list[str]:
    """What somebody who treats opens, with rows of the demo in the changing parts."""
    treated = "practitioner_id = (SELECT id FROM practitioners_practitioner WHERE slug = 'dana')"
    plan = one(
        clinic,
        "SELECT p.public_id FROM treatment_plans_treatmentplan p"
        " JOIN treatment_plans_outcomescore s ON s.plan_id = p.id"
        f" WHERE p.status = 'active' AND p.{treated} GROUP BY p.id ORDER BY count(*) DESC LIMIT 1",
    )
    client = one(
        clinic,
        "SELECT c.public_id FROM bookings_client c JOIN treatment_plans_treatmentplan p"
        f" ON p.client_id = c.id WHERE p.public_id = '{plan}'",
    )
    assessment = one(
        clinic, f"SELECT public_id FROM treatment_plans_assessment WHERE {treated} LIMIT 1"
    )
    person, there = f"/desk/clients/{client}/", f"/desk/plans/{plan}/"
    advised = one(
        clinic,
        "SELECT v.public_id FROM bookings_appointment v JOIN treatment_plans_aftercare a"
        " ON a.appointment_id = v.id LIMIT 1",
    )
    return [
        person, f"{person}assess/", f"{person}plan/", f"{person}messages/",
        f"/desk/assessments/{assessment}/", f"/desk/assessments/{assessment}/edit/",
        there, f"{there}edit/", f"{there}measures/", f"{there}scores/", f"{there}progress/",
        f"{there}progress/print/", f"{there}hold/", "/desk/reviews/",
        f"/desk/visits/{advised}/aftercare/",
    ]  # fmt: skip


def of_lead(clinic: Clinic) -> list[str]:
    """What the clinical lead opens."""
    decided, waiting = (
        one(
            clinic,
            "SELECT public_id FROM treatment_plans_review"
            f" WHERE decision {sign} '' ORDER BY id DESC LIMIT 1",
        )
        for sign in ("<>", "=")
    )
    return [
        "/desk/reviews/", f"/desk/reviews/{decided}/", f"/desk/reviews/{waiting}/",
        "/desk/results/", "/desk/results/?last_0=31&last_1=2&last_2=2026",
    ]  # fmt: skip


PEOPLE = {"dana@example.com": of_practitioner, "lead@example.com": of_lead}


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("email", PEOPLE)
def test_clinical_pages_are_accessible(
    email: str, turn: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, email)
    wrong = {}
    for number, path in enumerate(PEOPLE[email](clinic)):
        theme, width = SIZES[(2 * turn + number) % len(SIZES)]
        problems = check(page, clinic, path, theme, width)
        if problems:
            wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}
