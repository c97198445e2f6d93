"""A plan as the client reads it: from one version, in plain words, without promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from treatment_plans.schedule import Phase, course_of, describe

PRESSURE = {"light": "light", "moderate": "moderate", "firm": "firm"}


@dataclass(frozen=True, slots=True)
class PlainGoal:
    """What the client wants, and how we see whether it is reached."""

    sentence: str
    measured: str = ""


@dataclass(frozen=True, slots=True)
class PlainPlan:
    """Everything the client agrees to, each as a sentence or a short list."""

    goals: tuple[PlainGoal, ...]
    often: str
    course: str
    what: str
    areas: str
    home_care: str
    review: str


def plain(content: dict[str, Any]) -> PlainPlan:
    """Say what a version holds. Precautions are notes between those who treat: they stay out."""
    phases = phases_of(content)
    return PlainPlan(
        goals=tuple(_goal(row) for row in content.get("goals", ())),
        often=_capital(describe(phases)) + "." if phases else "",
        course=_course(phases, content.get("start_on", "")),
        what=_what(content),
        areas=listed(content.get("regions", ())),
        home_care=content.get("home_care", ""),
        review=_review(content),
    )


def phases_of(content: dict[str, Any]) -> tuple[Phase, ...]:
    """The phases of a version as the rules see them."""
    return tuple(Phase(**row) for row in content.get("phases", ()))


def listed(names: Iterable[str]) -> str:
    """Neck, shoulders and back."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _goal(row: dict[str, Any]) -> PlainGoal:
    now, target = row.get("baseline"), row.get("target")
    parts = []
    if now is not None:
        parts.append(f"now {_number(now)}")
    if target is not None:
        parts.append(f"we aim for {_number(target)}")
    measured = f"{row['measure']}: {', '.join(parts)}" if row.get("measure") and parts else ""
    return PlainGoal(row["sentence"], measured)


def _number(text: Any) -> str:
    """7, not 7.0."""
    return str(text).removesuffix(".0")


def _course(phases: Sequence[Phase], start_on: str) -> str:
    """How many sessions, and about how long they take if none is late."""
    found = course_of(date.fromisoformat(start_on), phases) if start_on else None
    if found is None:
        return ""
    sessions, weeks = found
    many = f"{sessions} session{'' if sessions == 1 else 's'} in all"
    return f"{many}, about {weeks} week{'' if weeks == 1 else 's'} if none is late."


def _what(content: dict[str, Any]) -> str:
    said = content.get("service", "")
    techniques = listed(content.get("techniques", ()))
    if techniques:
        said += f", with {techniques}"
    pressure = PRESSURE.get(content.get("pressure", ""))
    return f"{said}. The pressure is {pressure}." if pressure else f"{said}."


def _review(content: dict[str, Any]) -> str:
    sessions, weeks = content.get("review_after_sessions"), content.get("review_after_weeks")
    if not sessions or not weeks:
        return ""
    return (
        f"After {sessions} session{'' if sessions == 1 else 's'} or {weeks}"
        f" week{'' if weeks == 1 else 's'}, whichever comes first, we look together at whether"
        " it helps, and decide how to go on."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
