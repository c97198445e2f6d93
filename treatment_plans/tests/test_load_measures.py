"""The measures that ship: what they hold, loading them again, and edits that stay."""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from practitioners.loading import CatalogueError, Loaded, load_catalogue
from treatment_plans.loading import MEASURES_FILE, load_measures
from treatment_plans.models import Occasion, OutcomeMeasure

pytestmark = pytest.mark.django_db
ALL = 29


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    load_catalogue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(MEASURES_FILE, tmp_path))


def test_a_first_load_adds_every_measure_and_a_second_nothing() -> None:
    assert load_measures() == Loaded(added=ALL)
    assert load_measures() == Loaded(same=ALL)
    assert OutcomeMeasure.objects.count() == ALL


def test_edited_thresholds_survive_a_reload_and_untouched_rows_are_renewed(file: Path) -> None:
    load_measures(file)
    OutcomeMeasure.objects.filter(slug="nprs").update(mcid_value=Decimal(3))
    file.write_text(
        file.read_text().replace("Disability from low back pain", "How the low back hinders")
    )
    assert load_measures(file) == Loaded(renewed=2, same=ALL - 3, edited=1)
    assert OutcomeMeasure.objects.get(slug="nprs").mcid_value == 3
    assert OutcomeMeasure.objects.get(slug="odi").measures == "How the low back hinders"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("nprs,Numeric Pain Rating Scale (NPRS)", "nprs,", "line 2"),
        (",0,10,1,points,lower_better,item_level,client,worst", ",0,ten,1,points,lower_better,item_level,client,worst", "ten is not a number"),
        ("neck-back;cervical-spine;upper-trapezius", "neck-back;nowhere", "there is no nowhere"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_loads_nothing(
    file: Path, old: str, new: str, sentence: str
) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    with pytest.raises(CatalogueError, match=sentence):
        load_measures(file)
    assert not OutcomeMeasure.objects.exists()


def test_the_command_says_what_it_did(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    said = StringIO()
    call_command("load_measures", stdout=said)
    assert (
        said.getvalue() == f"{ALL} added, 0 renewed, 0 unchanged, 0 edited here and left alone.\n"
    )
    file.write_text(file.read_text().replace("nprs,Numeric", "nprs,Numeric,more"))
    monkeypatch.setattr("treatment_plans.loading.MEASURES_FILE", file)
    with pytest.raises(CommandError, match=r"Nothing was loaded\."):
        call_command("load_measures")


def test_no_restricted_questionnaire_asks_its_items() -> None:
    """What the licence keeps to itself has a total and a note why; nothing else is built in."""
    load_measures()
    for row in csv.DictReader(MEASURES_FILE.open(newline="")):
        measure = OutcomeMeasure.objects.get(slug=row["slug"])
        if not measure.licence.startswith("FREE"):
            assert measure.entry_mode == "total_only", measure.slug
            assert measure.licence.startswith("SCORE ONLY")
            assert measure.question == ""


def test_every_measure_reads_as_a_scale() -> None:
    load_measures()
    for measure in OutcomeMeasure.objects.all():
        scale = measure.scale
        assert scale.problem_with(scale.minimum) == "", measure.slug
        assert scale.problem_with(scale.maximum) == "", measure.slug
        measure.full_clean()
    assert OutcomeMeasure.objects.get(slug="ndi").scale.band(Decimal(17)) == "moderate"
    assert (
        OutcomeMeasure.objects.get(slug="groc").scale.band(Decimal(5))
        == "moderate change for the better"
    )
    assert OutcomeMeasure.objects.get(slug="nprs").scale.threshold == "2 points or 30%"


def test_at_a_session_only_the_pain_of_the_moment_is_asked() -> None:
    load_measures()
    pain = OutcomeMeasure.objects.get(slug="nprs")
    assert [part for part, _, _ in pain.parts_at(Occasion.SESSION)] == ["now"]
    assert [part for part, _, _ in pain.parts_at(Occasion.REVIEW)] == ["worst", "average", "now"]


def test_a_threshold_needs_its_source() -> None:
    load_measures()
    sleep = OutcomeMeasure.objects.get(slug="sleep-quality-nrs")
    sleep.mcid_value = Decimal(2)
    with pytest.raises(ValidationError, match="Say where the figure comes from"):
        sleep.full_clean()
