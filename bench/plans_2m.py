"""Treatment plans by the million, some of them due: the world of the sweep.

Half of all plans run, half have ended. Nothing is due until `make_due` says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from bench.clinic_1m import TINY as PEOPLE
from bench.seeding import fill, quick_writes
from bookings.models import Client
from practitioners.models import Practitioner
from treatment_plans.models import TreatmentPlan

DUE = """
UPDATE treatment_plans_treatmentplan
SET next_message_kind = 'due_soon', next_message_at = now() - interval '1 minute' - mod(id, 600) * interval '1 second',
    due_soon_at = now() - interval '1 minute', overdue_at = now() + interval '5 days',
    lapsed_at = now() + interval '20 days'
WHERE id <= %s
"""


@dataclass(frozen=True, slots=True)
class Plans:
    """How many plans run."""

    active: int

    @property
    def name(self) -> str:
        return f"plans_{self.active}"

    def __str__(self) -> str:
        return f"{self.active / 1000:.0f}k active of {2 * self.active / 1000:.0f}k plans"

    def seed(self) -> None:
        """Fill an empty database."""
        PEOPLE.write()
        with quick_writes(TreatmentPlan, Client):
            self.write()

    def write(self) -> None:
        """One client for each plan that runs; those that have ended are theirs as well."""
        people, (first,) = (
            Practitioner.objects.count(),
            Client.objects.aggregate(Max("pk")).values(),
        )
        fill(
            Client, f"generate_series(1, {self.active}) AS n",
            id=f"{first} + n", name="'Planned ' || n", email="'planned' || n || '@example.com'",
        )  # fmt: skip
        fill(
            TreatmentPlan, f"generate_series(1, {2 * self.active}) AS n",
            id="n", client_id=f"{first} + 1 + (n - 1) % {self.active}",
            practitioner_id=f"1 + n % {people}", location_id="1",
            service_id="(SELECT id FROM practitioners_service)",
            status=f"CASE WHEN n <= {self.active} THEN 'active' ELSE 'completed' END",
            start_on="current_date - 14", activated_on="current_date - 14", cycle_key="'start'",
            due_on="current_date + 2", target_on="current_date + 2",
            next_message_kind=f"CASE WHEN n <= {self.active} THEN 'overdue' ELSE '' END",
            next_message_at=f"CASE WHEN n <= {self.active} THEN now() + interval '5 days' + n % 40 * interval '1 hour' END",
        )  # fmt: skip


TINY = Plans(active=40)
QUICK = Plans(active=100_000)
FULL = Plans(active=1_000_000)


def make_due(count: int) -> None:
    """Let so many plans be due, and forget what was written about them before."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE bookings_message, treatment_plans_treatmentplanevent CASCADE")
        cursor.execute(DUE, [count])
        cursor.execute("RESET session_replication_role")
        if not connection.in_atomic_block:
            cursor.execute("VACUUM ANALYZE treatment_plans_treatmentplan, bookings_message")


def written() -> tuple[int, int]:
    """How many messages there are, and about how many plans."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT source_id) FROM bookings_message"
            " WHERE source_type = 'treatment_plan' AND kind = 'due_soon'"
        )
        messages, plans = cursor.fetchone()
    return int(messages), int(plans)
