"""The form of an assessment: what it refuses at its place, and that nothing typed is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bookings.tests.factories import make_client
from practitioners.models import BodyRegion
from treatment_plans import assessments
from treatment_plans.models import Assessment, BodyMark
from treatment_plans.tests.plan_world import PlanWorld, browse, rows

pytestmark = pytest.mark.django_db
NECK = {"place": "neck-back|left", "symptom": "ache", "intensity": "3", "note": "First"}
TURN = {"movement": "cervical-spine|rotation|right", "degrees": "48", "motion": "active"}


class AssessedWorld(PlanWorld):
    """The same practice with one region of the body chart."""

    def __init__(self) -> None:
        super().__init__()
        self.path = f"/desk/clients/{self.client.public_id}/assess/"
        BodyRegion.objects.create(
            slug="neck-back", name="Back of neck", is_paired=True, view="back", group="neck"
        )

    def send(self, marks: Any = (), rom: Any = (), path: str = "", **more: str) -> Any:
        data = {"complaint": "Stiff neck", **rows("marks", *marks), **rows("rom", *rom), **more}
        return browse(self.user).post(path or self.path, data)


@pytest.fixture
def world() -> AssessedWorld:
    return AssessedWorld()


def test_a_place_that_is_marked_twice_is_refused_at_the_second_row(world: AssessedWorld) -> None:
    answer = world.send(marks=[NECK, {**NECK, "intensity": "7", "note": "Second"}])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("This place is marked twice. Put both into one row.") == 2
    assert 'href="#id_marks-1-place"' in page
    assert 'value="First"' in page
    assert 'value="Second"' in page
    assert not Assessment.objects.exists()


def test_two_symptoms_and_two_sides_of_a_place_are_no_repeat(world: AssessedWorld) -> None:
    right, numb = {**NECK, "place": "neck-back|right"}, {**NECK, "symptom": "numb"}
    assert world.send(marks=[NECK, right, numb]).status_code == 302
    assert BodyMark.objects.count() == 3


def test_a_movement_that_is_entered_twice_is_refused_at_the_second_row(
    world: AssessedWorld,
) -> None:
    answer = world.send(rom=[TURN, {**TURN, "degrees": "61"}])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("This movement is entered twice. Keep one of them.") == 2
    assert 'href="#id_rom-1-movement"' in page
    assert 'value="48"' in page
    assert 'value="61"' in page
    assert not Assessment.objects.exists()


def test_a_movement_is_entered_actively_and_passively_and_a_removed_row_counts_not(
    world: AssessedWorld,
) -> None:
    passive, removed = {**TURN, "motion": "passive"}, {**TURN, "degrees": "61", "DELETE": "on"}
    assert world.send(rom=[TURN, removed, passive]).status_code == 302
    saved = Assessment.objects.get()
    assert [row.degrees for row in saved.rom.all()] == [48, 48]


def test_a_stored_row_is_not_entered_again_beside_itself(world: AssessedWorld) -> None:
    assert world.send(rom=[TURN]).status_code == 302
    edit = f"/desk/assessments/{Assessment.objects.get().public_id}/edit/"
    again = {"rom-INITIAL_FORMS": "1", "version": "1"}
    both = world.send(rom=[TURN, {**TURN, "degrees": "61"}], path=edit, **again)
    assert both.status_code == 422
    assert world.send(rom=[TURN], path=edit, **again).status_code == 302
    assert Assessment.objects.get().rom.get().degrees == 48


def token() -> dict[str, str]:
    return {"form_token": str(uuid.uuid4())}


def test_the_form_of_a_new_assessment_has_a_token_of_its_own(world: AssessedWorld) -> None:
    browser = browse(world.user)
    one, two = (browser.get(world.path).context["form"]["form_token"].value() for _ in range(2))
    assert one != two
    page = world.send(complaint="", form_token=str(one)).content.decode()
    assert f'name="form_token" value="{one}"' in page


def test_the_same_form_sent_again_leads_to_what_it_saved(world: AssessedWorld) -> None:
    visit = world.visit(world.now)
    path = f"{world.path}?visit={visit.public_id}"
    sent = {"marks": [NECK], "rom": [TURN], "path": path, "version": "1", **token()}
    first, second = world.send(**sent), world.send(**sent)
    saved = Assessment.objects.get()
    assert first["Location"] == second["Location"] == f"/desk/assessments/{saved.public_id}/"
    assert (saved.version, saved.appointment) == (1, visit)
    assert (saved.marks.count(), saved.rom.count()) == (1, 1)


def link_in(page: str, path: str) -> str:
    """The address that a page leads to a form with."""
    return page.split(f'href="{path}?')[1].split('"')[0].replace("&amp;", "&")


def test_going_back_to_the_form_leads_to_what_it_saved(world: AssessedWorld) -> None:
    browser, client = browse(world.user), f"/desk/clients/{world.client.public_id}/"
    query = link_in(browser.get(client).content.decode(), world.path)
    path = f"{world.path}?{query}"
    shown = browser.get(path).context["form"]["form_token"].value()
    assert query.endswith(f"form={shown}")
    saved = world.send(path=path, form_token=str(shown))["Location"]
    assert browser.get(path)["Location"] == saved
    assert link_in(browser.get(client).content.decode(), world.path) != query
    assert browser.get(f"{world.path}?form=nothing").status_code == 200


def test_what_was_mended_before_it_was_sent_again_is_kept(world: AssessedWorld) -> None:
    sent = {"version": "1", **token()}
    world.send(rom=[TURN], **sent)
    assert world.send(rom=[{**TURN, "degrees": "84"}], **sent).status_code == 302
    saved = Assessment.objects.get()
    assert (saved.version, saved.rom.get().degrees) == (2, 84)
    assert world.send(rom=[TURN], **sent).status_code == 409
    assert Assessment.objects.get().rom.get().degrees == 84


def test_a_form_that_arrives_twice_at_once_begins_one_assessment(world: AssessedWorld) -> None:
    one = uuid.uuid4()

    def begin() -> Assessment:
        draft = Assessment(
            client=world.client, practitioner=world.person, assessed_on=world.today,
            complaint="Stiff neck", form_token=one,
        )  # fmt: skip
        return assessments.save(draft, marks=[NECK], rom=[])

    assert begin() == begin()
    assert (Assessment.objects.count(), BodyMark.objects.count()) == (1, 1)


def test_a_token_of_somebody_elses_form_opens_nothing(world: AssessedWorld) -> None:
    sent = token()
    world.send(**sent)
    other = make_client()
    world.visit(world.now, client=other)
    path = f"/desk/clients/{other.public_id}/assess/"
    assert world.send(path=path, **sent).status_code == 403
    assert Assessment.objects.get().client == world.client


def test_a_token_that_cannot_be_is_refused(world: AssessedWorld) -> None:
    assert world.send(form_token="nothing").status_code == 422


@pytest.mark.parametrize(
    ("pain", "sentences"),
    [
        ({"pain_now": "6", "pain_worst": "5"}, ["less than pain now."]),
        ({"pain_average": "6", "pain_worst": "5"}, ["less than average pain."]),
        (
            {"pain_now": "9", "pain_average": "1", "pain_worst": "0"},
            ["less than pain now.", "less than average pain."],
        ),
    ],
)
def test_the_worst_pain_is_not_less_than_another(
    world: AssessedWorld, pain: dict[str, str], sentences: list[str]
) -> None:
    answer = world.send(**pain, easing="A hot shower")
    said = [f"Worst pain cannot be {words}" for words in sentences]
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"pain_worst": said}
    assert "A hot shower" in answer.content.decode()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    "pain",
    [
        {"pain_now": "5", "pain_average": "5", "pain_worst": "5"},
        {"pain_now": "9", "pain_average": "3"},
        {"pain_now": "0", "pain_worst": "0"},
        {"pain_worst": "2"},
    ],
)
def test_pain_that_was_not_asked_is_compared_with_nothing(
    world: AssessedWorld, pain: dict[str, str]
) -> None:
    assert world.send(**pain).status_code == 302
