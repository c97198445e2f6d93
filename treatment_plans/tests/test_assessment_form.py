"""The form of an assessment: what it refuses at its place, and that nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from practitioners.models import BodyRegion
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
