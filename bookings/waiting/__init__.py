"""The waiting list: who waits, what they are offered, and what they make of it.

join ──► waiting ──(a time opens)──► offered, kept for a while ──► accept: booked or moved
            ▲                                │
            └────── declined or ran out ─────┘   the next in line is offered it then
"""
