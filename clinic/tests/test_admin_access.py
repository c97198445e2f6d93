"""Who may see and change what in the administration: every cell by list, detail and one write."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, Message, Task
from bookings.tests.factories import NOW, SmallClinic, make_staff, make_user
from clinic.models import ROLES
from clinic.roles import GRANTS, codenames, grant_roles
from clinic.tests.admin_forms import filled
from practitioners.models import Availability, Closure, ExtraHours, TimeOff
from practitioners.tests.factories import make_condition, make_practitioner, make_technique
from treatment_plans.models import OutcomeMeasure
from treatment_plans.tests.factories import make_home_care, make_measures, make_template

pytestmark = pytest.mark.django_db
NOBODY, SEES, WRITES = "nobody", "sees", "writes"
DESK, ADMIN, LEAD = ROLES
# Rows 10, 23, 24, 27 to 30 of the matrix of rights, and what staff look things up in.
CELLS: dict[str, tuple[str, str, str]] = {  # front desk, admin, clinical lead
    "practitioners/practitioner": (SEES, WRITES, SEES),
    "practitioners/service": (SEES, WRITES, SEES),
    "practitioners/technique": (SEES, WRITES, SEES),
    "practitioners/condition": (SEES, WRITES, SEES),
    "practitioners/location": (SEES, WRITES, SEES),
    "practitioners/room": (SEES, WRITES, SEES),
    "practitioners/availability": (WRITES, WRITES, SEES),
    "practitioners/extrahours": (WRITES, WRITES, SEES),
    "practitioners/timeoff": (WRITES, WRITES, SEES),
    "practitioners/closure": (WRITES, WRITES, SEES),
    "practitioners/clinicsettings": (NOBODY, WRITES, NOBODY),
    "bookings/appointment": (SEES, SEES, SEES),
    "bookings/message": (SEES, SEES, SEES),
    "bookings/client": (WRITES, WRITES, WRITES),
    "clinic/user": (NOBODY, WRITES, NOBODY),
    "bookings/task": (SEES, SEES, SEES),
    "treatment_plans/outcomemeasure": (SEES, WRITES, WRITES),
    "treatment_plans/plantemplate": (NOBODY, WRITES, WRITES),
    "treatment_plans/homecareitem": (NOBODY, WRITES, WRITES),
}  # fmt: skip
BY_ROLE = [
    (model, role, may) for model, row in CELLS.items() for role, may in zip(ROLES, row, strict=True)
]


@pytest.fixture
def keys() -> dict[str, Any]:
    """One row of each table, by the name of the table."""
    world = SmallClinic()
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    people = {"practitioner": world.person, "location": world.place}
    extra = ExtraHours.objects.create(
        on=date(2026, 12, 5), starts_at=time(9), ends_at=time(12), **people
    )
    away = TimeOff.objects.create(
        practitioner=make_practitioner(), starts_at=at, ends_at=at.replace(hour=12)
    )
    shut = Closure.objects.create(name="Stocktaking", starts_on=at.date(), ends_on=at.date())
    visit = world.book()
    tasks = [
        Task.objects.create(kind="test", title="Call", role=role, reason_key=role, due_at=NOW)
        for role in ROLES
    ]
    make_measures("nprs")
    rows = {
        "practitioner": world.person, "service": world.service, "technique": make_technique(),
        "condition": make_condition(), "location": world.place, "room": world.room,
        "availability": Availability.objects.earliest("pk"), "extrahours": extra, "timeoff": away,
        "closure": shut, "clinicsettings": world.clinic, "appointment": visit,
        "message": Message.objects.earliest("pk"), "client": world.client, "user": world.user,
        "outcomemeasure": OutcomeMeasure.objects.get(slug="nprs"),
        "plantemplate": make_template(), "homecareitem": make_home_care(),
    }  # fmt: skip
    found: dict[str, Any] = {name: row.pk for name, row in rows.items()}
    return {**found, "task": dict(zip(ROLES, (task.pk for task in tasks), strict=True))}


def address(model: str, keys: dict[str, Any], role: str) -> str:
    key = keys[model.split("/")[1]]
    return f"/admin/{model}/{key[role] if isinstance(key, dict) else key}/"


def signed_in(role: str) -> Browser:
    browser = Browser()
    browser.force_login(make_staff(role))
    return browser


@pytest.mark.parametrize(("model", "role", "may"), BY_ROLE)
def test_lists_and_details_open_for_whom_they_are_meant(
    model: str, role: str, may: str, keys: dict[str, Any]
) -> None:
    browser, page = signed_in(role), address(model, keys, role)
    expected = 403 if may == NOBODY else 200
    if model != "practitioners/clinicsettings":  # whose list leads to the one row
        assert browser.get(f"/admin/{model}/").status_code == expected
        assert browser.get(f"/admin/{model}/?q=x").status_code == expected
    assert browser.get(f"{page}change/").status_code == expected
    assert browser.get(f"{page}change/?_popup=1").status_code == expected
    assert browser.get(f"{page}history/").status_code == expected


@pytest.mark.parametrize(("model", "role", "may"), BY_ROLE)
def test_only_who_may_write_can_save(model: str, role: str, may: str, keys: dict[str, Any]) -> None:
    browser, page = signed_in(role), f"{address(model, keys, role)}change/"
    if may != WRITES:
        assert browser.post(page, {"name": "Changed"}).status_code == 403
        assert browser.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
        assert browser.get(f"/admin/{model}/add/").status_code == 403
        assert browser.post(f"/admin/{model}/add/", {"name": "New"}).status_code == 403
        return
    answer = browser.post(
        page, filled(browser, page).urlencode(), content_type="application/x-www-form-urlencoded"
    )
    wrong = answer.context and answer.context.get("errors")
    assert answer.status_code == 302, wrong


@pytest.mark.parametrize("role", ROLES)
def test_the_home_page_lists_jobs(role: str, keys: dict[str, Any]) -> None:
    said = signed_in(role).get("/admin/").context["app_list"]
    jobs = [job["name"] for job in said]
    common = ["Specialists", "Services", "Hours and closures", "Bookings", "Messages"]
    assert jobs[:5] == common
    assert ("System" in jobs) == (role == ADMIN)
    for job in said:
        for model in job["models"]:
            assert "add" not in model["perms"] or isinstance(model["perms"]["add"], bool)


def test_practitioners_and_clients_have_no_business_there(keys: dict[str, Any]) -> None:
    for user in (make_practitioner(user=make_user()).user, make_user()):
        browser = Browser()
        browser.force_login(user)
        for path in ("/admin/", "/admin/login/", "/admin/jsi18n/", "/admin/autocomplete/"):
            assert browser.get(path).status_code == 403, path
        for model in CELLS:
            page = address(model, keys, DESK)
            paths = (f"/admin/{model}/", f"/admin/{model}/add/", f"{page}change/", f"{page}delete/")
            for path in paths:
                assert browser.get(path).status_code == 403, path
                assert browser.post(path, {"post": "yes"}).status_code == 403, path


def test_strangers_and_who_has_left_are_sent_to_the_sign_in_page(keys: dict[str, Any]) -> None:
    left = make_staff(ADMIN)
    browser = Browser()
    browser.force_login(left)
    left.is_active = False
    left.save()
    for one in (Browser(), browser):
        for model in CELLS:
            answer = one.get(f"{address(model, keys, DESK)}change/")
            assert answer.status_code == 302
            assert answer["Location"].startswith("/sign-in/")


def test_who_loses_a_role_is_out_at_once(keys: dict[str, Any]) -> None:
    user, browser = make_staff(ADMIN, is_staff=True), Browser()
    browser.force_login(user)
    assert browser.get("/admin/practitioners/service/").status_code == 200
    user.groups.clear()
    assert browser.get("/admin/practitioners/service/").status_code == 403


def test_no_clinical_table_is_registered() -> None:
    superuser = make_user(is_superuser=True)
    browser = Browser()
    browser.force_login(superuser)
    models = [
        model["model"]._meta.label
        for job in browser.get("/admin/").context["app_list"]
        for model in job["models"]
    ]
    # Scales, doses of published trials and what to do at home: nothing of any client.
    ours = {label for label in models if label.startswith("treatment_plans.")}
    assert ours == {
        f"treatment_plans.{name}" for name in ("HomeCareItem", "OutcomeMeasure", "PlanTemplate")
    }
    assert browser.get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_exactly_what_the_table_says(role: str) -> None:
    wanted = {f"{app}.{codename}" for app, _, codename in codenames(GRANTS[role])}
    user = make_staff(role)
    assert user.get_all_permissions() == wanted
    user.groups.get().permissions.set(Permission.objects.filter(codename="delete_user"))
    grant_roles()
    assert type(user).objects.get(pk=user.pk).get_all_permissions() == wanted


@pytest.mark.parametrize("key", ["0", "-1", "999999", "9" * 25, "abc", "1/2", "%20"])
def test_what_is_not_there_is_not_found(key: str, keys: dict[str, Any]) -> None:
    browser = signed_in(ADMIN)
    for model in CELLS:
        for page in ("change", "delete", "history"):
            assert browser.get(f"/admin/{model}/{key}/{page}/").status_code in (403, 404)


def test_a_task_of_another_role_looks_like_none_at_all(keys: dict[str, Any]) -> None:
    browser = signed_in(DESK)
    found = browser.get(f"/admin/bookings/task/{keys['task'][ADMIN]}/change/")
    none = browser.get("/admin/bookings/task/999999/change/")
    assert (found.status_code, none.status_code) == (404, 404)


def test_a_time_kept_for_a_visitor_is_not_listed(keys: dict[str, Any]) -> None:
    held = Appointment.objects.get(pk=keys["appointment"])
    Appointment.objects.filter(pk=held.pk).update(
        status="held", held_by="visitor", held_until=NOW, client=None
    )
    browser = signed_in(DESK)
    assert not browser.get("/admin/bookings/appointment/").context["cl"].result_list
    assert browser.get(f"/admin/bookings/appointment/{held.pk}/change/").status_code == 404


@pytest.mark.parametrize("model", [one for one in CELLS if "settings" not in one])
def test_no_list_falls_over_or_gives_away_what_it_hides(model: str, keys: dict[str, Any]) -> None:
    browser = signed_in(ADMIN)
    for query in (
        "password__startswith=a", "client__desk_note__startswith=a", "_to_field=id__x",
        "p=" + "9" * 25, "o=99", "all=", "e=1", "_popup=1", "q=" + "x" * 300,
        "starts_at__year=99999",
    ):  # fmt: skip
        assert browser.get(f"/admin/{model}/?{query}").status_code in (200, 302, 400, 404), query


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_completed_that_no_form_asks_for(role: str) -> None:
    query = "app_label=clinic&model_name=user&field_name=groups"
    assert signed_in(role).get(f"/admin/autocomplete/?{query}").status_code == 403


@pytest.mark.parametrize(
    ("table", "model"),
    [("timeoff", TimeOff), ("availability", Availability), ("closure", Closure)],
)
def test_lists_of_hours_cost_the_same_for_many(
    table: str, model: Any, keys: dict[str, Any]
) -> None:
    browser, row = signed_in(DESK), model.objects.earliest("pk")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(f"/admin/practitioners/{table}/").status_code == 200
        return len(seen)

    queries()  # the first visit of a session also stores when it was
    few = queries()
    for _ in range(40):
        row.pk = None
        row.save()
    assert queries() == few <= 20


def test_the_page_of_a_specialist_costs_the_same_with_many_rows(keys: dict[str, Any]) -> None:
    browser = signed_in(ADMIN)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(f"/admin/practitioners/practitioner/{keys['practitioner']}/change/")
        return len(seen)

    queries()
    few = queries()
    row = Availability.objects.filter(practitioner=keys["practitioner"]).earliest("pk")
    for day in range(1, 8):
        row.pk, row.weekday, row.starts_at, row.ends_at = None, day, time(18), time(19)
        row.save()
    assert queries() == few <= 45


@pytest.mark.parametrize("model", CELLS)
def test_the_technical_administrator_does_what_admins_do(model: str, keys: dict[str, Any]) -> None:
    browser, page = Browser(), f"{address(model, keys, ADMIN)}change/"
    browser.force_login(make_user(is_superuser=True))
    assert browser.get(f"/admin/{model}/").status_code in (200, 302)
    assert browser.get(page).status_code == 200
    if CELLS[model][1] == WRITES:
        sent = filled(browser, page).urlencode()
        kind = "application/x-www-form-urlencoded"
        assert browser.post(page, sent, content_type=kind).status_code == 302
    else:
        assert browser.post(page, {"name": "Changed"}).status_code == 403
