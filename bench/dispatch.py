"""Handing messages over: ours to a relay that takes everything, beside two UPDATEs a message."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from django.conf import settings
from django.db import connection

from bench import clinic_1m, database, limits, workers
from bench.clinic_1m import Clinic
from bench.line import Line, Target
from bench.seeding import fill
from bench.timing import Budget, queries_of
from bookings.messages import delivery
from bookings.models import Message

WORKERS = (1, 2)


def dispatch(clinic: Clinic) -> Line:
    """Reminders of visits: claim a batch, then for each row mark, hand over, mark."""
    many = 4 if clinic == clinic_1m.TINY else 1000  # a worker lives for days: it is warm
    rates: dict[int, list[tuple[float, float]]] = {number: [] for number in WORKERS}
    alone: list[float] = []
    write(1)
    _deliver()  # a worker has sent before: its templates and queries are put together
    budget = Budget(1 if clinic == clinic_1m.TINY else 20)
    while budget.is_left():
        for number in WORKERS:
            rates[number].append((_rate(many, number, _deliver), _rate(many, number, _mark)))
        alone.append(_rate(many, 1, _deliver_alone))
    write(1)
    queries = queries_of(_deliver)
    ours, bare = (median(pair[place] for pair in rates[1]) for place in (0, 1))
    line = Line(
        "dispatch",
        ours,
        bare,
        "messages/s",
        Target(">=", 0.6),
        queries,
        size=f"{many} a round, {clinic}",
    )
    two, bare_two = (median(pair[place] for pair in rates[2]) for place in (0, 1))
    line.also("ours_2_workers", two)
    line.also("ratio_2_workers", two / bare_two, Target(">=", 0.6))
    line.also("ratio_without_helper", median(alone) / bare)
    return line


def _rate(many: int, number: int, work: Callable[[], object]) -> float:
    """Messages a second; every one of them has to be sent afterwards, once."""
    write(many)
    seconds, _ = workers.timed(number, work)
    sent = Message.objects.filter(state=Message.State.SENT, attempts=1).count()
    if sent != many:
        raise RuntimeError(f"{sent} of {many} messages were sent.")
    return many / seconds


def write(many: int) -> None:
    """Reminders that are due, of the next visits of different clients."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bookings_message CASCADE")
    fill(
        Message,
        f"(SELECT DISTINCT ON (client_id) id, client_id, starts_at FROM bookings_appointment"
        f" WHERE status = 'booked' AND starts_at > now() + interval '1 hour' LIMIT {many}) AS visit",
        source_type="'appointment'", source_id="visit.id::text", kind="'visit_reminder'", occurrence="'1'",
        recipient="'client:' || client_id", client_id="client_id", lane="1",
        send_after="now() - interval '1 minute'", expires_at="starts_at",
    )  # fmt: skip


def _deliver() -> int:
    return delivery.send_due().sent


def _deliver_alone() -> int:
    """One message at a time, in a process of its own."""
    settings.MESSAGE_HELPERS = 0
    return _deliver()


def _mark() -> int:
    """Take one row after the other; mark it as being sent, mark it as sent, a commit each."""
    cursor, marked = database.session().cursor(), 0
    while found := limits.execute(cursor, "mark_sending").fetchone():
        limits.execute(cursor, "mark_sent", found[0])
        marked += 1
    return marked
