"""Loading the catalogue once, again, and after somebody has edited it."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from practitioners.loading import FOLDER, CatalogueError, Loaded, load_catalogue
from practitioners.models import BodyRegion, Condition, Technique

pytestmark = pytest.mark.django_db
ALL_ROWS = 26 + 40 + 47


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data files that a test may change, as a later release would."""
    return Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))


def change(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    text = file.read_text()
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new))


def test_a_first_load_adds_every_row() -> None:
    assert load_catalogue() == Loaded(added=ALL_ROWS)
    assert Technique.objects.count() == 26
    assert Condition.objects.count() == 40
    assert BodyRegion.objects.count() == 47


def test_rows_are_linked() -> None:
    load_catalogue()
    neck = Condition.objects.get(slug="neck-pain")
    assert sorted(neck.body_regions.values_list("slug", flat=True)) == [
        "cervical-spine",
        "neck-back",
        "upper-trapezius",
    ]
    assert neck.techniques.filter(slug="trigger-point").exists()
    assert Technique.objects.get(slug="swedish").works_everywhere
    assert not Technique.objects.get(slug="swedish").body_regions.exists()


def test_a_second_load_changes_nothing() -> None:
    load_catalogue()
    before = list(Technique.objects.order_by("pk").values())
    assert load_catalogue() == Loaded(same=ALL_ROWS)
    assert list(Technique.objects.order_by("pk").values()) == before


def test_a_row_that_staff_edited_is_left_alone(folder: Path) -> None:
    load_catalogue(folder)
    Technique.objects.filter(slug="swedish").update(summary="Our own words.")
    change(folder, "techniques.csv", "Long gliding strokes", "Long, long strokes")
    assert load_catalogue(folder) == Loaded(same=ALL_ROWS - 1, edited=1)
    assert Technique.objects.get(slug="swedish").summary == "Our own words."


def test_an_edit_of_links_alone_counts_as_an_edit(folder: Path) -> None:
    load_catalogue(folder)
    Condition.objects.get(slug="neck-pain").techniques.remove(Technique.objects.get(slug="swedish"))
    change(folder, "conditions.csv", "Pain or stiffness in the neck", "Pain in the neck")
    assert load_catalogue(folder).edited == 1
    neck = Condition.objects.get(slug="neck-pain")
    assert not neck.techniques.filter(slug="swedish").exists()
    assert neck.summary.startswith("Pain or stiffness")


def test_an_untouched_row_takes_over_what_a_new_release_says(folder: Path) -> None:
    load_catalogue(folder)
    change(folder, "techniques.csv", "Long gliding strokes", "Long, long strokes")
    assert load_catalogue(folder) == Loaded(renewed=1, same=ALL_ROWS - 1)
    assert Technique.objects.get(slug="swedish").summary.startswith("Long, long strokes")
    assert load_catalogue(folder) == Loaded(same=ALL_ROWS)


def test_an_edit_that_was_taken_back_is_renewed_again(folder: Path) -> None:
    load_catalogue(folder)
    row = Technique.objects.get(slug="swedish")
    Technique.objects.filter(slug="swedish").update(summary="Our own words.")
    Technique.objects.filter(slug="swedish").update(summary=row.summary)
    change(folder, "techniques.csv", "Long gliding strokes", "Long, long strokes")
    assert load_catalogue(folder).renewed == 1


def test_a_row_that_the_clinic_made_is_never_touched() -> None:
    Technique.objects.create(
        slug="swedish", name="Our Swedish", kind="both", summary="Ours.", pressure="firm"
    )
    counts = load_catalogue()
    assert (counts.added, counts.edited) == (ALL_ROWS - 1, 1)
    assert Technique.objects.get(slug="swedish").name == "Our Swedish"


def test_a_link_to_a_row_that_does_not_exist_is_named_and_nothing_is_loaded(folder: Path) -> None:
    change(folder, "conditions.csv", "neck-back;cervical-spine;upper-trapezius", "neck-bakc")
    with pytest.raises(CatalogueError, match=r"conditions\.csv, line 4: there is no neck-bakc\."):
        load_catalogue(folder)
    assert BodyRegion.objects.count() == 0


def test_a_value_that_is_not_allowed_is_named_and_nothing_is_loaded(folder: Path) -> None:
    change(folder, "techniques.csv", ",both,", ",spa,")
    with pytest.raises(CatalogueError, match=r"techniques\.csv, line 2: .*spa"):
        load_catalogue(folder)
    assert Technique.objects.count() == 0


def test_a_line_with_a_cell_too_many_is_named(folder: Path) -> None:
    with (folder / "body_regions.csv").open("a") as file:
        file.write("knee-cap,Kneecap,yes,front,knee,no,405,and more\n")
    with pytest.raises(CatalogueError, match=r"body_regions\.csv, line 49: more or fewer cells"):
        load_catalogue(folder)


def test_the_command_says_what_it_did() -> None:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    Technique.objects.filter(slug="swedish").update(name="Ours")
    call_command("load_catalogue", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{ALL_ROWS} added, 0 renewed, 0 unchanged, 0 edited here and left alone.",
        f"0 added, 0 renewed, {ALL_ROWS - 1} unchanged, 1 edited here and left alone.",
    ]


def test_the_command_stops_with_a_sentence(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    change(folder, "techniques.csv", ",both,", ",spa,")
    monkeypatch.setattr("practitioners.loading.FOLDER", folder)
    with pytest.raises(CommandError, match=r"line 2.*Nothing was loaded\."):
        call_command("load_catalogue")
