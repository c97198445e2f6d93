"""The filters of the directory: lists to choose from, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from practitioners.facts import Facts
from practitioners.models import Practitioner
from practitioners.models.places import WEEKDAYS

Choices = tuple[tuple[str, str], ...]
GENDERS: Choices = tuple((value, str(label)) for value, label in Practitioner.Gender.choices)
DAYS: Choices = tuple((str(number), name) for number, name in WEEKDAYS)


class Filter(NamedTuple):
    """One list with what is chosen of it, or empty."""

    name: str
    label: str
    choices: Choices
    chosen: str


def filters(
    facts: Facts, asked: Mapping[str, str]
) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """Those that most people need, and the others. What is not offered is ignored, never an error."""
    conditions = _named(facts.conditions)
    techniques = _named(facts.techniques)
    places = tuple((place.slug, place.name) for place in facts.active_places)
    languages = tuple((one["language"], one["language"]) for one in facts.languages)
    return (
        (
            _filter("condition", "Condition", "Any", conditions, asked),
            _filter("location", "Location", "Any", places, asked),
            _filter("day", "Works on", "Any day", DAYS, asked),
        ),
        (
            _filter("technique", "Technique", "Any", techniques, asked),
            _filter("language", "Language", "Any", languages, asked),
            _filter("gender", "Gender of the specialist", "Any", GENDERS, asked),
        ),
    )


def chosen_of(*filters: Filter) -> dict[str, str]:
    """What was chosen, by the name of its list."""
    return {one.name: one.chosen for one in filters if one.chosen}


def _named(rows: Iterable[Mapping[str, str]]) -> Choices:
    return tuple((one["slug"], one["name"]) for one in rows)


def _filter(
    name: str, label: str, any_word: str, choices: Choices, asked: Mapping[str, str]
) -> Filter:
    value = asked.get(name, "")
    chosen = value if any(value == one for one, _ in choices) else ""
    return Filter(name, label, (("", any_word), *choices), chosen)
