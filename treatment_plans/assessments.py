"""Saving an assessment with its body chart and measurements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from practitioners.models import BodyRegion
from treatment_plans.errors import EditedElsewhere
from treatment_plans.models import Assessment, BodyMark, RomMeasurement


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
    Raises EditedElsewhere when somebody saved a newer version meanwhile.
    """
    if assessment.pk is not None:
        current = Assessment.objects.select_for_update().get(pk=assessment.pk)
        if expected_version is not None and current.version != expected_version:
            raise EditedElsewhere("Someone saved this assessment while you were working on it.")
        assessment.version = current.version + 1
    assessment.save()
    assessment.marks.all().delete()
    assessment.rom.all().delete()
    BodyMark.objects.bulk_create(_marks(assessment, marks))
    RomMeasurement.objects.bulk_create(_measurements(assessment, rom))
    return assessment


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
