"""Loading the doses of published trials, without touching what staff have edited.

A row remembers the digest of what its last load made of it, as every row of the
catalogue does; one that no longer is what was loaded has been edited and is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from practitioners.loading import CatalogueError, Loaded, lines_of, one_load_at_a_time
from practitioners.models import Condition
from treatment_plans.models import PlanTemplate, TemplatePhase
from treatment_plans.plan_facts import phase_of
from treatment_plans.schedule import check_phases

FILE = Path(__file__).parent / "catalogue" / "plan_templates.csv"
TEXTS = ("name", "source", "link", "dose", "finding", "limits", "pressure", "precautions")
NUMBERS = ("review_after_sessions", "review_after_weeks")
PHASE = ("rate_kind", "rate_value", "session_count", "session_minutes")


@transaction.atomic
def load_plan_templates(file: Path | None = None) -> Loaded:
    """Add new templates, renew untouched ones, keep every one that somebody has edited.

    Raises CatalogueError for a file that is not right, and then changes nothing.
    """
    one_load_at_a_time()
    counts = Loaded()
    conditions = {row.slug: row for row in Condition.objects.all()}
    rows = PlanTemplate.objects.select_for_update(of=("self",)).select_related("condition")
    known = {row.slug: row for row in rows.prefetch_related("phases")}
    for place, line in lines_of(file or FILE):
        row = known.get(line["slug"])
        wanted = _digest(_values(line), line["condition"], _phases(line, place))
        if row is not None and row.loaded_digest != _digest_of(row):
            counts.edited += 1
        elif row is not None and row.loaded_digest == wanted:
            counts.same += 1
        else:
            counts.renewed += row is not None
            counts.added += row is None
            _write(row or PlanTemplate(slug=line["slug"]), line, conditions, place, wanted)
    return counts


def _write(
    row: PlanTemplate,
    line: dict[str, str],
    conditions: dict[str, Condition],
    place: str,
    digest: str,
) -> None:
    for name, value in _values(line).items():
        setattr(row, name, value)
    if line["condition"] not in conditions:
        raise CatalogueError(f"{place}: there is no {line['condition']}.")
    row.condition, row.loaded_digest = conditions[line["condition"]], digest
    phases = [
        TemplatePhase(template=row, order=order, **dict(zip(PHASE, phase, strict=True)))
        for order, phase in enumerate(_phases(line, place), start=1)
    ]
    problems = check_phases([phase_of(phase) for phase in phases])
    try:
        row.full_clean()
    except ValidationError as problem:
        raise CatalogueError(f"{place}: {'; '.join(problem.messages)}") from problem
    if problems:
        raise CatalogueError(f"{place}: {problems[0].sentence}")
    row.save()
    row.phases.all().delete()
    TemplatePhase.objects.bulk_create(phases)


def _values(line: dict[str, str]) -> dict[str, Any]:
    return {**{name: line[name] for name in TEXTS}, **{name: int(line[name]) for name in NUMBERS}}


def _phases(line: dict[str, str], place: str) -> list[list[Any]]:
    """Read "per_week:2:8:60;every_n_weeks:2::60": rate, number, sessions (or no end), minutes."""
    found: list[list[Any]] = []
    for part in line["phases"].split(";"):
        try:
            kind, value, count, minutes = part.split(":")
            found.append([kind, int(value), int(count) if count else None, int(minutes)])
        except ValueError:
            raise CatalogueError(f"{place}: cannot read the phase {part!r}.") from None
    return found


def _digest_of(row: PlanTemplate) -> str:
    """The digest of a template as it is now, over what a line of the file says."""
    values = {name: getattr(row, name) for name in (*TEXTS, *NUMBERS)}
    phases = [[getattr(phase, name) for name in PHASE] for phase in row.phases.all()]
    return _digest(values, row.condition.slug, phases)


def _digest(values: dict[str, Any], condition: str, phases: Sequence[Sequence[Any]]) -> str:
    text = json.dumps([values, condition, phases], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
