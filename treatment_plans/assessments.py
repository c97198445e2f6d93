"""Saving an assessment with its body chart and measurements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from practitioners.models import BodyRegion
from treatment_plans.errors import EditedElsewhere
from treatment_plans.models import Assessment, BodyMark, RomMeasurement

# What is no finding: it differs between two windows that say the same.
NOT_SAID = ("version", "changed_at")
MARK = ("region_id", "side", "symptom", "intensity", "note")
MEASUREMENT = ("joint", "movement", "side", "motion", "degrees", "end_feel", "has_pain")


@transaction.atomic
def save(
    assessment: Assessment,
    *,
    marks: Iterable[dict[str, Any]],
    rom: Iterable[dict[str, Any]],
    expected_version: int | None = None,
) -> Assessment:
    """Save an assessment; its rows replace the earlier ones, which stay in history.

    No two rows are of the same thing: the form refuses that, and so does the database.
    The same again changes nothing, and a form that is sent twice at once begins one only.
    Raises EditedElsewhere when somebody saved a newer version meanwhile.
    """
    marked, measured = _marks(assessment, marks), _measurements(assessment, rom)
    if assessment.pk is None:
        before = _begun(assessment)
        if before is not None:
            return before
    else:
        current = Assessment.objects.select_for_update().get(pk=assessment.pk)
        if _says(current, current.marks.all(), current.rom.all()) == _says(
            assessment, marked, measured
        ):
            return current
        if expected_version is not None and current.version != expected_version:
            raise EditedElsewhere("Someone saved this assessment while you were working on it.")
        assessment.version = current.version + 1
        assessment.save()
    assessment.marks.all().delete()
    assessment.rom.all().delete()
    BodyMark.objects.bulk_create(marked)
    RomMeasurement.objects.bulk_create(measured)
    return assessment


def _begun(assessment: Assessment) -> Assessment | None:
    """Write a new assessment; returns the one that its form has begun a moment before, if it has."""
    try:
        with transaction.atomic():
            assessment.save()
    except IntegrityError:
        token, assessment.pk = assessment.form_token, None
        before = Assessment.objects.filter(form_token=token, client=assessment.client_id)
        if token is None or not before:
            raise
        return before[0]
    return None


def _says(
    assessment: Assessment, marks: Iterable[BodyMark], rom: Iterable[RomMeasurement]
) -> tuple[Any, ...]:
    """Everything that an assessment says, in no order of its rows."""
    names = [one.attname for one in Assessment._meta.concrete_fields if one.name not in NOT_SAID]
    return (
        [getattr(assessment, name) for name in names],
        {tuple(getattr(one, name) for name in MARK) for one in marks},
        {tuple(getattr(one, name) for name in MEASUREMENT) for one in rom},
    )


def _marks(assessment: Assessment, rows: Iterable[dict[str, Any]]) -> list[BodyMark]:
    regions = {region.slug: region for region in BodyRegion.objects.all()}
    marks = []
    for row in rows:
        slug, side = row["place"].split("|")
        symptom = row.get("symptom") or BodyMark.Symptom.PAIN
        mark = BodyMark(assessment=assessment, region=regions[slug], side=side, symptom=symptom)
        mark.intensity, mark.note = row.get("intensity"), row.get("note", "")
        marks.append(mark)
    return marks


def _measurements(assessment: Assessment, rows: Iterable[dict[str, Any]]) -> list[RomMeasurement]:
    measured = []
    for row in rows:
        joint, movement, side = row["movement"].split("|")
        motion = row.get("motion") or RomMeasurement.Motion.ACTIVE
        one = RomMeasurement(
            assessment=assessment,
            joint=joint,
            movement=movement,
            side=side,
            motion=motion,
            degrees=row["degrees"],
            end_feel=row.get("end_feel", ""),
            has_pain=row.get("has_pain"),
        )
        measured.append(one)
    return measured
