"""A change of a visit, and everything that tells of it, written by one statement.

A message with no recipient is a pattern: it is written for everybody who works here and
whom the change concerns. That is whoever treats, whoever would have, and the desk; not who
booked it themself. A choice of one's own about what to be told would be asked here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bookings.extensions import Event
from bookings.messages.digests import FRONT_DESK
from bookings.messages.rows import UNSENT, NewMessage
from bookings.models import Appointment, Message
from practitioners.later import later
from practitioners.prepared_rows import PreparedInsert, columns_of

# What is each person's own; a pattern without a source is about the change itself.
OWN = {
    "public_id": "gen_random_uuid()",
    "recipient": "'user:' || person.id",
    "user_id": "person.id",
    "source_id": "coalesce(nullif(told.source_id, ''), change.id::text)",
}
COLUMNS = columns_of(Message)
# In the order of logins: two changes at once write the same digests.
NOTED = PreparedInsert(
    Message,
    f"""
WITH change AS (
    INSERT INTO bookings_visitchange (appointment_id, event, version, practitioner_id, starts_at, at)
    VALUES (%(appointment)s, %(event)s, %(version)s, %(practitioner)s, %(begins)s, %(at)s)
    RETURNING id
), concerned AS (
    SELECT user_id FROM practitioners_practitioner
    WHERE id IN (%(practitioner)s, %(before)s) AND is_active
    UNION
    SELECT member.user_id FROM clinic_user_groups AS member
    JOIN auth_group AS role ON role.id = member.group_id
    WHERE role.name = %(desk)s
), person AS (
    SELECT login.id FROM concerned JOIN clinic_user AS login ON login.id = concerned.user_id
    WHERE login.is_active AND login.id <> %(but)s
), told ({{columns}}) AS (
    SELECT * FROM {{rows}}
)
INSERT INTO {{table}} ({{columns}})
SELECT * FROM told WHERE recipient <> ''
UNION ALL (
    SELECT {", ".join(OWN.get(name, f"told.{name}") for name in COLUMNS)}
    FROM told CROSS JOIN change CROSS JOIN person WHERE told.recipient = '' ORDER BY person.id
)
ON CONFLICT DO NOTHING RETURNING {{key}}
""",  # noqa: S608  the models' own names
    usual=UNSENT,
    appointment="bigint",
    event="text",
    version="int",
    practitioner="bigint",
    begins="timestamptz",
    at="timestamptz",
    before="bigint",
    desk="text",
    but="bigint",
)


@dataclass(frozen=True, slots=True)
class Change:
    """What has happened to a visit, and who would have treated before."""

    event: Event
    visit: Appointment
    before: int
    at: datetime

    def write(self, messages: Collection[NewMessage]) -> None:
        """Note it and write its messages; reasons that have been written stay as they are."""
        visit = self.visit
        later(
            NOTED.said(
                messages,
                appointment=visit.pk,
                event=self.event,
                version=visit.version,
                practitioner=visit.practitioner_id,
                begins=visit.starts_at,
                at=self.at,
                before=self.before,
                desk=FRONT_DESK,
                but=(self.event == "booked" and visit.booked_by_id) or 0,
            )
        )
