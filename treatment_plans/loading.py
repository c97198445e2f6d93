"""Loading the outcome measures that ship with the product; what staff have edited stays.

How rows are kept, renewed or left alone is told in `practitioners.loading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.db import transaction

from practitioners.loading import (
    CatalogueError,
    Entry,
    Known,
    Loaded,
    lines_of,
    load_rows,
    one_load_at_a_time,
    parts_of,
    rows_named,
)
from practitioners.models import BodyRegion, Condition
from treatment_plans.models import OutcomeMeasure

MEASURES_FILE = Path(__file__).parent / "catalogue" / "outcome_measures.csv"
TEXTS = (
    "name", "plain_name", "measures", "unit", "direction", "entry_mode", "asked_of", "question", "low_words",
    "high_words", "mcid_source", "scoring", "licence",
)  # fmt: skip
NUMBERS = ("minimum", "maximum", "step", "measuring_error", "mcid_value", "mcid_percent")


@transaction.atomic
def load_measures(path: Path | None = None) -> Loaded:
    """Add new measures, renew untouched ones, keep every one that somebody has edited.

    The catalogue of conditions and regions comes first. Raises CatalogueError for a file
    that is not right, and then changes nothing.
    """
    one_load_at_a_time()
    counts = Loaded()
    regions: Known = {row.slug: row for row in BodyRegion.objects.all()}
    conditions: Known = {row.slug: row for row in Condition.objects.all()}
    load_rows(OutcomeMeasure, _measures(path or MEASURES_FILE, regions, conditions), counts)
    return counts


def _measures(path: Path, regions: Known, conditions: Known) -> Iterator[Entry]:
    for place, row in lines_of(path):
        links = {
            "conditions": rows_named(row["conditions"], conditions, place),
            "body_regions": rows_named(row["regions"], regions, place),
        }
        yield Entry(place, row["slug"], values_of(row, place), links)


def values_of(row: dict[str, str], place: str) -> dict[str, Any]:
    """The fields of a measure in one line of the file. Raises CatalogueError."""
    return {
        **{name: row[name] for name in TEXTS},
        **{name: _number(row[name], name, place) for name in NUMBERS},
        "parts": "\n".join(parts_of(row["parts"])),
        "session_parts": row["session_parts"],
        "has_sides": row["has_sides"] == "yes",
        "bands": "\n".join(parts_of(row["bands"])),
        "occasions": parts_of(row["occasions"]),
        "is_offered": row["is_offered"] == "yes",
        "position": int(row["position"]),
    }


def _number(text: str, name: str, place: str) -> Decimal | None:
    """A figure with the decimals of its column, so that it equals what is read back."""
    if not text:
        return None
    try:
        return Decimal(text).quantize(Decimal("0.1" if name == "mcid_percent" else "0.01"))
    except InvalidOperation as problem:
        raise CatalogueError(f"{place}: {text} is not a number.") from problem
