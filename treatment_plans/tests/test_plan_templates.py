"""The doses that ship: what they hold, loading them again, edits that stay, and the admin."""

from __future__ import annotations

import csv
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import make_staff
from clinic.tests.admin_forms import filled
from practitioners.loading import CatalogueError, Loaded, load_catalogue
from treatment_plans.models import PlanTemplate, TemplatePhase
from treatment_plans.plan_facts import phase_of
from treatment_plans.plan_templates import FILE, load_plan_templates
from treatment_plans.schedule import describe
from treatment_plans.tests.factories import make_template

pytestmark = pytest.mark.django_db
ALL = 16


@pytest.fixture
def catalogue() -> None:
    load_catalogue()


@pytest.fixture
def file(tmp_path: Path, catalogue: None) -> Path:
    return Path(shutil.copy(FILE, tmp_path))


def frequency(slug: str) -> str:
    template = PlanTemplate.objects.get(slug=slug)
    return describe([phase_of(row) for row in template.phases.all()])


def test_a_first_load_adds_every_template_and_a_second_nothing(catalogue: None) -> None:
    assert load_plan_templates() == Loaded(added=ALL)
    assert load_plan_templates() == Loaded(same=ALL)
    assert PlanTemplate.objects.count() == ALL


def test_each_says_its_dose_its_source_and_what_not_to_promise(catalogue: None) -> None:
    load_plan_templates()
    for template in PlanTemplate.objects.offered():
        assert all((template.source, template.dose, template.finding, template.limits))
    assert frequency("neck-pain-twice-weekly") == "2 times a week for 8 sessions, 60 minutes each"
    assert (
        frequency("low-back-pain-subacute")
        == "2 times a week for 4 sessions, then once a week for 2 sessions, 60 minutes each"
    )
    assert (
        frequency("knee-osteoarthritis-maintenance")
        == "once a week for 8 sessions, then every 2 weeks, 60 minutes each"
    )
    assert frequency("frozen-shoulder-short") == "3 times a week for 6 sessions, 60 minutes each"
    assert frequency("carpal-tunnel-twice-weekly").endswith("12 sessions, 30 minutes each")
    neck = PlanTemplate.objects.get(slug="neck-pain-twice-weekly")
    assert (neck.review_after_sessions, neck.review_after_weeks) == (8, 4)


def test_what_must_not_be_templated_is_not(catalogue: None) -> None:
    load_plan_templates()
    without = ("high-blood-pressure", "post-operative-recovery", "lymphoedema")
    assert not PlanTemplate.objects.filter(condition__slug__in=without).exists()


def test_edits_survive_a_reload_and_untouched_rows_are_renewed(file: Path) -> None:
    load_plan_templates(file)
    TemplatePhase.objects.filter(template__slug="migraine-weekly").update(session_count=4)
    PlanTemplate.objects.filter(slug="anxiety-twice-weekly").update(limits="Our own words.")
    PlanTemplate.objects.filter(slug="insomnia-twice-weekly").update(is_offered=False)
    file.write_text(file.read_text().replace("Fewer migraines", "Fewer attacks").replace("Lower insomnia", "Better"))  # fmt: skip
    file.write_text(file.read_text().replace("Moraska 2008", "Moraska in 2008"))
    assert load_plan_templates(file) == Loaded(renewed=2, same=ALL - 4, edited=2)
    assert frequency("migraine-weekly").startswith("once a week for 4")
    assert PlanTemplate.objects.get(slug="anxiety-twice-weekly").limits == "Our own words."
    hidden = PlanTemplate.objects.get(slug="insomnia-twice-weekly")
    assert (hidden.is_offered, hidden.finding.split()[0]) == (False, "Better")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("per_week:3:6:60", "per_week:9:6:60", "between 1 and 5"),
        ("per_week:3:6:60", "per_week:3", "cannot read the phase"),
        ("every_n_weeks:2::60", "every_n_weeks:2::60;per_week:1:2:60", "without an end"),
        (",migraine,", ",nowhere,", "there is no nowhere"),
    ],
)
def test_a_file_that_is_not_right_loads_nothing(
    file: Path, old: str, new: str, sentence: str
) -> None:
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(CatalogueError, match=sentence):
        load_plan_templates(file)
    assert not PlanTemplate.objects.exists()


def test_the_command_says_what_it_did(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    said = StringIO()
    call_command("load_plan_templates", stdout=said)
    assert (
        said.getvalue() == f"{ALL} added, 0 renewed, 0 unchanged, 0 edited here and left alone.\n"
    )
    file.write_text(file.read_text().replace("migraine-weekly,", "migraine-weekly,more,"))
    monkeypatch.setattr("treatment_plans.plan_templates.FILE", file)
    with pytest.raises(CommandError, match=r"Nothing was loaded\."):
        call_command("load_plan_templates")


def test_no_template_says_a_word_that_can_be_read_two_ways() -> None:
    with FILE.open(newline="") as text:
        said = " ".join(" ".join(row.values()) for row in csv.DictReader(text)).lower()
    assert not [word for word in ("biweekly", "bi-monthly", "cure", "guarantee") if word in said]


ADMIN = "/admin/treatment_plans/plantemplate/"


def signed_in(role: str) -> Browser:
    browser = Browser()
    browser.force_login(make_staff(role))
    return browser


def save(browser: Browser, template: PlanTemplate, **changed: Any) -> Any:
    page = f"{ADMIN}{template.pk}/change/"
    sent = filled(browser, page, **changed).urlencode()
    return browser.post(page, sent, content_type="application/x-www-form-urlencoded")


def test_staff_change_a_template_and_its_phases() -> None:
    template, browser = make_template(), signed_in("Clinical lead")
    assert save(browser, template, **{"phases-0-session_count": "6"}).status_code == 302
    assert template.phases.get().session_count == 6


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"phases-0-rate_value": "15"}, "A week has 1 to 5 sessions"),
        ({"phases-0-session_count": "0"}, "at least 1 session"),
        ({"phases-0-session_minutes": "0"}, "5 to 240 minutes"),
        ({"phases-0-DELETE": "on"}, "at least one phase"),
        ({"limits": None}, "Enter the what not to promise"),
    ],
)
def test_a_frequency_that_cannot_be_is_refused_in_words(
    changed: dict[str, Any], sentence: str
) -> None:
    template = make_template()
    answer = save(signed_in("Admin"), template, **changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert template.phases.get().rate_value == 2


def test_a_shipped_template_is_hidden_and_not_deleted(catalogue: None) -> None:
    load_plan_templates()
    template, browser = PlanTemplate.objects.get(slug="migraine-weekly"), signed_in("Admin")
    page = f"{ADMIN}{template.pk}/delete/"
    assert "it comes with the product" in browser.get(page).content.decode()
    browser.post(page, {"instead": "1"})
    template.refresh_from_db()
    assert not template.is_offered
    assert template not in PlanTemplate.objects.offered()


def test_the_list_costs_the_same_for_many() -> None:
    browser = signed_in("Admin")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(ADMIN).status_code == 200
        return len(seen)

    make_template()
    queries()
    few = queries()
    for _ in range(10):
        make_template()
    assert queries() == few
