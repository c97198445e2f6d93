"""The codes of the ledger in words that staff read. Nothing in them is about health."""

from __future__ import annotations

WORDS = {
    "": "",
    "sent": "Accepted for delivery",
    "said_to_have_arrived": "Somebody at the desk said that it has arrived",
    "sent_again": "Somebody at the desk sent it again",
    "reopened": "Brought back: what stood against it is over",
    # why it waits
    "quiet_hours": "Waits for the hours in which this client may be written to",
    "rate_limited": "Waits: there was a reminder a few days ago",
    "not_yet": "Waits for its day",
    "fuse_client": "Held back: too many messages to one client",
    # why it was not needed
    "client_deceased": "The client has died: nothing is sent any more",
    "client_opted_out": "The client wants no reminders",
    "no_consented_channel": "No way to reach them that they have agreed to",
    "plan_discharged": "The plan has ended: discharged",
    "plan_cancelled": "The plan was cancelled",
    "plan_completed": "The plan is completed",
    "plan_not_active": "The plan has not been started",
    "plan_paused": "The plan is paused",
    "clinical_hold": "Held back by whoever treats",
    "agreed": "They have agreed meanwhile",
    "answered": "They have answered meanwhile",
    "not_done": "The session counts as not done",
    "newer_version": "The plan has changed since: a newer message asks",
    "nobody_may_read_it": "Only somebody who books for them can be reached: tell the client yourself",
    "already_booked": "A session is already booked",
    "already_sent": "This reminder has been sent",
    "another_kind": "Another reminder has taken its place",
    "cycle_over": "They have come since",
    "no_due_date": "Sessions only as needed: nothing is due",
    "moved": "The session has a new time",
    "cancelled": "The session was cancelled",
    "not_cancelled": "The session takes place after all",
    "undone": "The booking was taken back at once",
    "put_back": "What it tells of was undone at once",
    "visit_over": "The session is over",
    "nothing_to_ask": "Nothing is asked before this session",
    "not_for_them": "Whoever it would reach may book, and no more",
    "offer_over": "The time is no longer offered",
    "code_over": "The code was used or has run out",
    "changed_again": "A later change has been told of",
    "nothing_to_tell": "Nothing was left to tell",
    "left": "This person no longer works here",
    "source_gone": "What it was about no longer exists",
    "cancelled_by_staff": "Somebody at the desk decided not to send it",
    # why it did not get through
    "no_address": "There is no address",
    "address_bounced": "The address was refused before",
    "expired": "It would have come too late",
    "poison": "Five processes ended while preparing it",
    "not_prepared": "It could not be put into words",
    "sender_died": "The process that sent it ended: it may have arrived",
    "no_answer": "No answer: it may have arrived",
    "no_connection": "The relay or provider could not be reached",
    "timeout": "The relay did not answer in time",
    "line_broke": "The line to the relay broke",
    "not_taken": "The relay did not take it",
    "not_a_mail": "It could not be written as a mail",
}
PREFIXES = {
    "refused_http_": "The provider refused it",
    "refused_": "The relay refused it",
    "bounced_": "It came back: it could not be delivered",
    "sms_http_": "The provider of text messages refused it",
    "sms_": "The provider of text messages refused it",
}


def say(code: str) -> str:
    """A code in words; the number of a refusal stays in brackets, for whoever looks it up."""
    if code in WORDS:
        return WORDS[code]
    for prefix, words in PREFIXES.items():
        if code.startswith(prefix):
            return f"{words} ({code.removeprefix(prefix)})"
    return code.replace("_", " ").capitalize()
