"""Writing a plan: rows that read as a sentence, templates, and what cannot be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.tests.factories import make_staff
from practitioners.tests.factories import make_service
from treatment_plans import plans
from treatment_plans.models import PlanPhase, TreatmentPlan
from treatment_plans.tests.factories import make_assessment, make_measures, make_template
from treatment_plans.tests.plan_world import (
    BLANK_GOAL,
    BLANK_PHASE,
    PlanWorld,
    browse,
    phase,
    rows,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def new(world: PlanWorld) -> str:
    return f"/desk/clients/{world.client.public_id}/plan/"


def edit(world: PlanWorld) -> str:
    return f"/desk/plans/{world.plan.public_id}/edit/"


def answers(world: PlanWorld, *phases: dict[str, str], **more: Any) -> dict[str, Any]:
    """The form as a browser posts it, with the empty rows that the page shows."""
    return {
        "service": str(world.service.pk), "location": str(world.place.pk),
        "start_on": f"{world.today:%d/%m/%Y}", "review_after_sessions": "6",
        "review_after_weeks": "4", "expected_version": "0",
        **rows("phases", *(phases or (phase(),)), BLANK_PHASE),
        **rows("goals", {**BLANK_GOAL, "sentence": "Sleep through the night"}, BLANK_GOAL), **more,
    }  # fmt: skip


def written(world: PlanWorld) -> TreatmentPlan:
    return TreatmentPlan.objects.exclude(pk=world.plan.pk).get()


def post(world: PlanWorld, path: str, data: dict[str, Any]) -> tuple[int, str]:
    answer = browse(world.user).post(path, data)
    return answer.status_code, answer.content.decode()


def test_a_plan_is_written_and_started(world: PlanWorld) -> None:
    data = answers(world, phase("2", "3", length_kind="weeks"), phase("1", "", length_kind="open"))
    assert post(world, new(world), {**data, "start": "1"})[0] == 302
    plan = written(world)
    kept = [(one.rate_value, one.session_count) for one in plan.phases.all()]
    assert (plan.status, kept) == ("active", [(2, 6), (1, None)])
    assert [goal.sentence for goal in plan.goals.all()] == ["Sleep through the night"]


def test_goals_begin_with_what_the_assessment_says(world: PlanWorld) -> None:
    make_assessment(
        world.client, world.person, pain_average=6, pain_worst=8,
        agreed_goals="Sleep through the night\n\n- Drive to work\n",
    )  # fmt: skip
    page = browse(world.user).get(new(world)).content.decode()
    assert 'value="Sleep through the night"' in page
    assert 'value="Drive to work"' in page
    assert 'value="Pain on average, 0 to 10"' in page
    assert 'name="goals-0-baseline" value="6"' in page
    goals = rows(
        "goals",
        {"sentence": "Drive to work", "measure": "Pain on average, 0 to 10", "baseline": "6", "target": "3"},
    )  # fmt: skip
    post(world, new(world), {**answers(world), **goals})
    goal = written(world).goals.get()
    told = f"{goal.measure}: {goal.baseline} to {goal.target}"
    assert told == "Pain on average, 0 to 10: 6.0 to 3.0"


def test_a_goal_is_measured_by_what_is_scored(world: PlanWorld) -> None:
    make_measures("nprs")
    make_assessment(world.client, world.person, pain_average=6, agreed_goals="Drive to work")
    page = browse(world.user).get(new(world)).content.decode()
    assert '<option value="nprs" selected>Pain</option>' in page
    assert '<option value="">Not scored here</option>' in page
    goal = {**BLANK_GOAL, "sentence": "Drive to work", "outcome": "nprs", "target": "3"}
    post(world, new(world), {**answers(world), **rows("goals", goal)})
    plan = written(world)
    (made,) = plan.goals.all()
    assert made.outcome is not None
    assert (made.outcome.slug, made.measure, made.measured_by) == ("nprs", "", "Pain")
    (stored,) = plan.versions.get(number=1).content["goals"]
    assert stored["measure"] == "Pain"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"outcome": "nprs", "target": "30"}, "Pain goes from 0 to 10."),
        ({"outcome": "groc", "baseline": "-8"}, "goes from -7 to +7."),
        ({"outcome": "nothing"}, "Select a valid choice."),
    ],
)
def test_a_goal_off_the_scale_is_refused_and_nothing_typed_is_lost(
    world: PlanWorld, wrong: dict[str, str], sentence: str
) -> None:
    make_measures("nprs", "groc")
    goal = {**BLANK_GOAL, "sentence": "Drive to work", "measure": "In the car", **wrong}
    status, page = post(world, new(world), {**answers(world), **rows("goals", goal)})
    assert status == 422
    assert sentence in page
    assert 'value="In the car"' in page
    assert not TreatmentPlan.objects.filter(client=world.client, goals__isnull=False).exists()


def test_what_leaves_no_choice_is_chosen_for_a_new_plan(world: PlanWorld) -> None:
    def shown() -> list[Any]:
        form = browse(world.user).get(new(world)).context["form"]
        return [form[name].value() for name in ("service", "location")]

    assert shown() == [world.service.pk, world.place.pk]
    other = make_service()
    other.practitioners.add(world.person)
    assert shown() == [None, world.place.pk]


def test_rows_left_as_they_were_suggested_are_kept(world: PlanWorld) -> None:
    make_assessment(world.client, world.person, agreed_goals="Drive to work")
    goals = {**rows("goals", {**BLANK_GOAL, "sentence": "Drive to work"}, BLANK_GOAL)}
    goals["goals-INITIAL_FORMS"] = "1"
    post(world, new(world), {**answers(world), **goals})
    assert written(world).goals.get().sentence == "Drive to work"


def test_a_template_fills_in_and_nothing_typed_is_lost(world: PlanWorld) -> None:
    template = make_template(precautions="Together with exercise.", pressure="light")
    data = answers(world, precautions="Blood thinners.", home_care="Walk every day")
    status, page = post(world, new(world), {**data, "template": template.slug, "use_template": "1"})
    assert status == 200
    assert 'name="phases-0-rate_value" value="2"' in page
    assert 'name="phases-0-length" value="8"' in page
    assert 'name="review_after_sessions" value="8"' in page
    for words in (
        "Walk every day", "Sleep through the night", "Blood thinners.\nTogether with exercise.",
        template.source, template.finding, template.limits,
    ):  # fmt: skip
        assert words in page
    assert TreatmentPlan.objects.count() == 1


def test_a_hidden_template_and_one_that_is_not_there_fill_in_nothing(world: PlanWorld) -> None:
    hidden = make_template(is_offered=False)
    for slug in (hidden.slug, "nothing"):
        data = {**answers(world), "template": slug, "use_template": "1"}
        status, page = post(world, new(world), data)
        assert (status, 'name="phases-0-length" value="6"' in page) == (200, True)


@pytest.mark.parametrize("button", [{"use_template": "1"}, {"row": "phases:add"}])
def test_nothing_is_complained_of_before_it_is_saved(
    world: PlanWorld, button: dict[str, str]
) -> None:
    data = answers(world, phase("15", ""), service="", start_on="31/2/2026", template="none")
    status, page = post(world, new(world), {**data, **button})
    assert (status, 'value="31/2/2026"' in page, 'value="15"' in page) == (200, True, True)
    assert "invalid-feedback" not in page
    assert "is-invalid" not in page


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("phases:add", ["6", "4", "", ""]),
        ("phases:down:0", ["4", "6", ""]),
        ("phases:up:1", ["4", "6", ""]),
        ("phases:up:0", ["6", "4", ""]),
        ("phases:remove:0", ["4", ""]),
        ("phases:remove:9", ["6", "4", ""]),
        ("phases:nonsense:0", ["6", "4", ""]),
        ("phases:remove:-1", ["6", "4", ""]),
    ],
)
def test_rows_are_added_moved_and_removed_without_saving(
    world: PlanWorld, button: str, expected: list[str]
) -> None:
    data = {**answers(world, phase("2", "6"), phase("1", "4")), "row": button}
    answer = browse(world.user).post(new(world), data)
    shown = [form["length"].value() or "" for form in answer.context["phases"]]
    assert (answer.status_code, shown) == (200, expected)
    assert "Sleep through the night" in answer.content.decode()
    assert TreatmentPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("phases", "place", "sentence"),
    [
        ((phase("0"),), "rate_value", "at least 1"),
        ((phase("-1"),), "rate_value", "at least 1"),
        ((phase("15"),), "rate_value", "1 to 5 sessions"),
        ((phase("10000", rate_kind="every_n_weeks"),), "rate_value", "at most 52"),
        ((phase("25", rate_kind="every_n_months"),), "rate_value", "between 1 and 24"),
        ((phase("x"),), "rate_value", "whole number"),
        ((phase("2", "0"),), "length", "at least 1 session"),
        ((phase("2", ""),), "length", "for how long"),
        ((phase("5", "100", length_kind="weeks"),), "length", "1 to 200 sessions"),
        ((phase("2", "6", session_minutes="0"),), "session_minutes", "at least 5 minutes"),
        ((phase("1", "", length_kind="open"), phase()), "length_kind", "Only the last phase"),
        (
            (phase("1", "", length_kind="open"), phase("1", "", length_kind="open")),
            "length_kind",
            "Only the last phase can be without an end",
        ),
        ((phase("", "", rate_kind="as_needed"), phase()), "rate_kind", "Only the last phase"),
    ],
)
def test_what_cannot_be_a_frequency_is_said_at_its_box(
    world: PlanWorld, phases: tuple[dict[str, str], ...], place: str, sentence: str
) -> None:
    answer = browse(world.user).post(new(world), answers(world, *phases))
    errors = answer.context["phases"].forms[0].errors
    assert answer.status_code == 422
    assert sentence in " ".join(errors[place])
    assert sentence in answer.content.decode()
    assert "Sleep through the night" in answer.content.decode()
    assert TreatmentPlan.objects.count() == 1


def test_a_plan_without_a_phase_is_refused(world: PlanWorld) -> None:
    status, page = post(world, new(world), answers(world, BLANK_PHASE))
    assert (status, "Add at least one phase" in page) == (422, True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("start_on", "1/1/2020", "cannot be due in the past"),
        ("start_on", "1/1/9999", "within two years"),
        ("start_on", "31/2/2027", "Enter a date like"),
        ("start_on", "", "required"),
        ("review_after_sessions", "0", "after 1 to 50 sessions"),
        ("review_after_sessions", "51", "after 1 to 50 sessions"),
        ("review_after_weeks", "-1", "after 1 to 52 weeks"),
        ("review_after_weeks", "9" * 25, "after 1 to 52 weeks"),
        ("precautions", "x" * 2001, "2000"),
        ("home_care", "a\x00b", "Null characters"),
        ("service", "999999", "valid choice"),
        ("location", "abc", "valid choice"),
        ("pressure", "crushing", "valid choice"),
    ],
)
def test_other_answers_that_cannot_be(
    world: PlanWorld, field: str, value: str, sentence: str
) -> None:
    status, page = post(world, new(world), {**answers(world), field: value})
    assert status == 422
    assert sentence in page
    assert "Sleep through the night" in page
    assert TreatmentPlan.objects.count() == 1


def test_todays_visit_counts_as_session_one_unless_unticked(world: PlanWorld) -> None:
    world.visit(world.now, status="completed")
    assert post(world, new(world), {**answers(world), "counts_today": "on"})[0] == 302
    assert written(world).visits.count() == 1


def test_the_dates_are_shown_before_anything_is_saved(world: PlanWorld) -> None:
    first = world.today + timedelta(days=8 - world.today.isoweekday())  # Monday: an open day
    data = answers(world, phase("1", "3"), start_on=f"{first:%d/%m/%Y}", preview="1")
    answer = browse(world.user).post(new(world), data)
    layout = answer.context["preview"].layout
    assert answer.status_code == 200
    assert [one.anchor for one in layout.sessions] == [
        first + week * timedelta(days=7) for week in range(3)
    ]
    assert "Sleep through the night" in answer.content.decode()
    assert TreatmentPlan.objects.count() == 1


@pytest.mark.parametrize("status", ["arrived", "completed"])
def test_dates_are_shown_with_the_visit_that_will_be_session_one(
    world: PlanWorld, status: str
) -> None:
    visit = world.visit(world.now, status=status)
    data = {**answers(world, phase("1", "3")), "counts_today": "on", "preview": "1"}
    layout = browse(world.user).post(new(world), data).context["preview"].layout
    first = [one.booked.key for one in layout.sessions if one.booked]
    assert first == ([visit.pk] if status == "arrived" else [])
    to_come = [one for one in layout.sessions if not one.booked]
    assert [one.days.session for one in to_come] == [2, 3]
    assert to_come[0].days.due_on == visit.local_day + timedelta(days=7)


def test_changing_one_thing_keeps_the_rest(world: PlanWorld) -> None:
    plan = world.plan
    page = browse(world.user).get(edit(world))
    data = {
        **answers(world, phase("1", "6")), "pressure": "light", "reason": "Too strong",
        "expected_version": str(plan.version),
    }  # fmt: skip
    data["phases-INITIAL_FORMS"] = "1"
    assert page.context["phases"].forms[0]["length"].value() == 6
    assert post(world, edit(world), data)[0] == 302
    plan.refresh_from_db()
    assert (plan.pressure, plan.phases.get().session_count, plan.version) == ("light", 6, 3)
    assert plan.versions.last().reason == "Too strong"  # type: ignore[union-attr]


def test_a_running_plan_changes_with_a_reason_only(world: PlanWorld) -> None:
    data = {**answers(world), "expected_version": "2", "pressure": "firm"}
    answer = browse(world.user).post(edit(world), data)
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"] == ["Say why the plan changes."]
    label = answer.content.decode().split('for="id_reason"')[1].split("</label>")[0]
    assert "optional" not in label
    assert world.plan.versions.count() == 2


def test_somebody_elses_newer_version_is_shown_before_it_is_overwritten(world: PlanWorld) -> None:
    plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=3, session_count=9)],
        goals=[], techniques=[], regions=[], by=world.colleague_user, now=world.now, reason="More",
    )  # fmt: skip
    data = {**answers(world), "expected_version": "2", "home_care": "Mine", "reason": "Mine"}
    status, page = post(world, edit(world), data)
    assert status == 409
    for words in ("Someone saved this plan", "Omar", "3 times a week for 9 sessions", "Mine"):
        assert words in page
    assert 'name="expected_version" value="3"' in page
    assert post(world, edit(world), {**data, "expected_version": "3"})[0] == 302
    assert world.plan.versions.count() == 4


def test_the_clinical_lead_writes_for_whoever_treats(world: PlanWorld) -> None:
    lead = make_staff("Clinical lead")
    make_assessment(world.client, world.person)
    assert browse(lead).post(new(world), answers(world)).status_code == 302
    assert written(world).practitioner == world.person


def test_nobody_has_treated_them_so_there_is_no_plan_to_write(world: PlanWorld) -> None:
    type(world.treated).objects.filter(client=world.client).update(status="cancelled", cancelled_by="client")  # fmt: skip
    answer = browse(make_staff("Clinical lead")).get(new(world))
    assert (answer.status_code, "Book a first session" in answer.content.decode()) == (422, True)


def test_what_is_missing_is_named_at_its_place(world: PlanWorld) -> None:
    empty = {**answers(world), "service": "", "location": "", "review_after_weeks": "x"}
    status, page = post(world, new(world), empty)
    assert status == 422
    for words in (
        "Choose what its sessions are",
        "Choose where they take place",
        "after how many weeks",
    ):
        assert words in page
    assert "This field is required" not in page


def test_no_choice_is_called_by_dashes(world: PlanWorld) -> None:
    for path in (new(world), edit(world), f"/desk/clients/{world.client.public_id}/assess/"):
        page = browse(world.user).get(path).content.decode()
        assert "---" not in page, path
        assert 'value=""' in page, path
