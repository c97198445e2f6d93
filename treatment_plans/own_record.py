"""What the record holds that is a client's own to read, for them to take home.

The same that their pages show: plans in plain words, what they agreed to, scores, what was
said to them of reviews, and advice. What those who treat write for each other stays out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from treatment_plans import agreements
from treatment_plans.models import (
    Aftercare,
    CheckIn,
    Letter,
    OutcomeScore,
    PlanReply,
    Review,
    TreatmentPlan,
)
from treatment_plans.plain_words import plain

Rows = dict[int, list[dict[str, Any]]]


def own_record(user: Any) -> dict[int, dict[str, Any]]:
    """By client, for everybody whose record a login may read. Eight queries, however many."""
    plans = list(TreatmentPlan.objects.own_of(user).with_people().order_by("start_on", "pk"))
    scores = _by_plan(OutcomeScore.objects.own_of(user).in_order(), _score)
    reviews = _by_plan(Review.objects.decided().filter(plan__in=plans), _review)
    check_ins = _by_plan(CheckIn.objects.own_of(user).answered(), _check_in)
    replies = _by_plan(PlanReply.objects.filter(plan__in=plans), _reply)
    asked = agreements.asked_of(plans)
    found: dict[int, dict[str, Any]] = defaultdict(
        lambda: {"plans": [], "advice": [], "letters": []}
    )
    for plan in plans:
        about = {
            **_plan(plan, asked[plan.pk]),
            "scores": scores[plan.pk],
            "reviews": reviews[plan.pk],
            "after_the_first_session": check_ins[plan.pk],
            "written_about_it": replies[plan.pk],
        }
        found[plan.client_id]["plans"].append(about)
    for advice in Aftercare.objects.own_of(user):
        found[advice.client.pk]["advice"].append(_advice(advice))
    for letter in Letter.objects.own_of(user):
        found[letter.client.pk]["letters"].append(_letter(letter))
    return found


def _by_plan(rows: Iterable[Any], told: Any) -> Rows:
    by_plan: Rows = defaultdict(list)
    for row in rows:
        by_plan[row.plan_id].append(told(row))
    return by_plan


def _plan(plan: TreatmentPlan, asked: agreements.Asked) -> dict[str, Any]:
    return {
        "state": plan.get_status_display(),
        "starts_on": plan.start_on.isoformat(),
        "ended_on": plan.ended_on.isoformat() if plan.ended_on else None,
        "with": plan.practitioner.name,
        "where": plan.location.name,
        "in_plain_words": asdict(plain(asked.newest.content)),
        "agreed_at": _moment(asked.agreement.agreed_at) if asked.agreement else None,
    }


def _score(score: OutcomeScore) -> dict[str, Any]:
    return {
        "measure": score.measure.name,
        "about": score.activity.wording if score.activity else score.part,
        "side": score.side,
        "value": f"{score.value.normalize():f}",
        "unit": score.measure.unit,
        "day": score.taken_on.isoformat(),
        "occasion": score.get_occasion_display(),
        "entered_by": score.get_entered_by_display(),
    }


def _review(review: Review) -> dict[str, Any]:
    return {
        "number": review.number,
        "decided_at": _moment(review.decided_at),
        "summary": review.shared_summary,
    }


def _check_in(check_in: CheckIn) -> dict[str, Any]:
    return {
        "answered_at": _moment(check_in.answered_at),
        "feeling": check_in.get_feeling_display(),
        "words": check_in.words,
    }


def _reply(reply: PlanReply) -> dict[str, Any]:
    return {
        "written_at": _moment(reply.made_at),
        "kind": reply.get_kind_display(),
        "words": reply.words,
    }


def _advice(advice: Aftercare) -> dict[str, Any]:
    visit = advice.appointment
    return {
        "after_session_on": f"{visit.starts_at.astimezone(visit.zone):%Y-%m-%d}",
        "from": visit.practitioner.name,
        "written_at": _moment(advice.written_at),
        "text": advice.text,
    }


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "written_at": _moment(letter.written_at),
        "from": letter.review.plan.practitioner.name,
        "to": letter.to_whom,
        "text": letter.text,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
