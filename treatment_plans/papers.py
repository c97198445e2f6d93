"""What the rules read about a plan when one of its visits changes, by one query.

    with_papers     the words for the query: each plan with all of it
    Papers          the same as the rules see it; whatever else the plan says is the plan's own

Pages and messages ask for less, and for many plans at once; theirs is `plan_facts`.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce, JSONObject

from bookings.models import Appointment, Message
from practitioners.models import Closure, OpeningHours
from practitioners.prepared import PreparedQuery
from treatment_plans.models import (
    PlanPause,
    PlanPhase,
    PlanVersion,
    PlanVisit,
    Review,
    TreatmentPlan,
)
from treatment_plans.plan_facts import (
    SOURCE,
    TO_COME,
    calendar_from,
    facts_with,
    last_review_with,
    phase_of,
)
from treatment_plans.schedule import KINDS, ClinicCalendar, Facts, History, LastReview, Pause

MOST_SENT = 12  # follow-ups about a plan, the newest first: more than one cycle has


def since(now: datetime) -> date:
    """From which day on closures matter."""
    return date(now.year - 1, 1, 1)


def with_papers(plans: QuerySet[TreatmentPlan], closed_since: date) -> QuerySet[TreatmentPlan]:
    """Each with everything that `Papers` reads."""
    own: dict[str, Any] = {"plan": OuterRef("pk")}
    here: dict[str, Any] = {"location": OuterRef("location")}
    visits = PlanVisit.objects.filter(**own)
    done = visits.filter(appointment__status=Appointment.Status.COMPLETED)
    coming = visits.filter(appointment__status__in=TO_COME).order_by("appointment_id")
    decided = Review.objects.filter(**own).decided().reverse()
    waiting = Review.objects.filter(**own).open()
    closures = Closure.objects.filter(ends_on__gte=closed_since).order_by("pk")
    versions = PlanVersion.objects.filter(**own).order_by("-number")
    return plans.annotate(
        phase_rows=_objects(
            PlanPhase.objects.filter(**own),
            "rate_kind", "rate_value", "session_count", "session_minutes", "label",
        ),
        pause_rows=_objects(PlanPause.objects.filter(**own), "starts_on", "ends_on"),
        done_at=ArraySubquery(
            done.order_by("appointment__starts_at").values("appointment__starts_at")
        ),
        anchor=Subquery(done.order_by("-appointment__starts_at").values("appointment")[:1]),
        coming_keys=ArraySubquery(coming.values("appointment")),
        coming_at=ArraySubquery(coming.values("appointment__starts_at")),
        newest_version=Subquery(versions.values("pk")[:1]),
        last_decided_at=Subquery(decided.values("decided_at")[:1]),
        last_sessions_before=Subquery(decided.values("sessions_before")[:1]),
        open_review_override=Subquery(waiting.values("override_reason")[:1]),
        sent_rows=ArraySubquery(
            _sent().values(row=JSONObject(kind="kind", cycle="occurrence", at="went_at"))[:MOST_SENT]
        ),
        open_weekdays=ArraySubquery(
            OpeningHours.objects.filter(**here).order_by("weekday").values("weekday")
        ),
        closed_here=_objects(closures.filter(**here), "starts_on", "ends_on", "kind"),
        closed_everywhere=_objects(closures.filter(location=None), "starts_on", "ends_on", "kind"),
    )  # fmt: skip


def _objects(rows: QuerySet[Any], *names: str) -> ArraySubquery:
    return ArraySubquery(rows.values(row=JSONObject(**{name: name for name in names})))


def _sent() -> QuerySet[Message]:
    """The follow-ups about a plan that went out, the newest first."""
    rows = Message.objects.filter(
        source_type=SOURCE,
        source_id=Cast(OuterRef("pk"), CharField()),
        kind__in=KINDS,
        state__in=Message.GONE_STATES,
        client=OuterRef("client"),
    )
    return rows.annotate(went_at=Coalesce(F("sent_at"), F("sending_at"))).order_by("-went_at")


PAPERS = PreparedQuery(
    "papers",
    {"plan": "bigint", "closed_since": "date"},
    lambda plan, closed_since: with_papers(TreatmentPlan.objects.filter(pk=plan), closed_since),
)


class Papers:
    """What the rules read about one plan, whose own fields count as they stand in hand."""

    def __init__(self, plan: TreatmentPlan, row: Any) -> None:
        self.plan, self._row = plan, row

    @cached_property
    def facts(self) -> Facts:
        return facts_with(
            self.plan,
            [phase_of(PlanPhase(**one)) for one in self._row.phase_rows],
            [Pause(*_days(one)) for one in self._row.pause_rows],
            self._row.done_at,
        )

    @cached_property
    def last_review(self) -> LastReview:
        return last_review_with(
            self.plan, self._row.last_decided_at, self._row.last_sessions_before
        )

    @cached_property
    def calendar(self) -> ClinicCalendar:
        closed = [*self._row.closed_here, *self._row.closed_everywhere]
        return calendar_from(
            self.plan.location,
            self._row.open_weekdays,
            [(*_days(one), one["kind"]) for one in closed],
        )

    @property
    def newest_version(self) -> int | None:
        key: int | None = self._row.newest_version
        return key

    @property
    def has_open_review(self) -> bool:
        return self._row.open_review_override is not None

    @property
    def may_book_past(self) -> bool:
        """Whether staff have allowed to book past the review that is open."""
        return bool(self._row.open_review_override)

    @property
    def cycle_key(self) -> str:
        return f"visit:{self._row.anchor}" if self._row.anchor else "start"

    @property
    def history(self) -> History:
        """As much of it as what is planned to come looks at."""
        zone = self.plan.client.time_zone
        return History(sent=dict(self._sent()), zone=ZoneInfo(zone) if zone else None)

    def _sent(self) -> list[tuple[str, datetime]]:
        return [
            (one["kind"], datetime.fromisoformat(one["at"]))
            for one in self._row.sent_rows
            if one["cycle"] == self.cycle_key
        ]

    def coming_on(self, *, but: int | None) -> list[date]:
        """The days of the visits to come, without one that is being moved."""
        zone = self.plan.location.zone
        coming = zip(self._row.coming_keys, self._row.coming_at, strict=True)
        return [at.astimezone(zone).date() for key, at in coming if key != but]


def _days(row: dict[str, str]) -> tuple[date, date]:
    return date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])


def papers_of(plan: TreatmentPlan, *, now: datetime) -> Papers:
    """The papers of a plan: those it was read with, else by one query."""
    is_with = hasattr(plan, "phase_rows")
    row = plan if is_with else PAPERS.only(plan=plan.pk, closed_since=since(now))
    return Papers(plan, row)
