"""Whether one session can still be moved or cancelled online, and the rule for it in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from practitioners.models import ClinicSettings


def is_near(starts_at: datetime, clinic: ClinicSettings, *, now: datetime) -> bool:
    """Tell whether a session is so near that clients move or cancel it by phone only."""
    return starts_at < near_until(clinic, now=now)


def near_until(clinic: ClinicSettings, *, now: datetime) -> datetime:
    """Sessions that begin before this moment are so near."""
    return now + timedelta(hours=clinic.cancel_notice_hours)


def rule_for(starts_at: datetime, clinic: ClinicSettings, *, now: datetime) -> str:
    """The clinic's rule for moving and cancelling, or that it is too late for that online."""
    near = is_near(starts_at, clinic, now=now)
    return _with_fee(call_us(clinic) if near else clinic.policy, clinic)


def rule_of_all(clinic: ClinicSettings) -> str:
    """The rule for sessions of which some are further away than others."""
    return _with_fee(clinic.policy, clinic)


def _with_fee(said: str, clinic: ClinicSettings) -> str:
    return " ".join(one for one in (said, clinic.late_fee_text) if one)


def call_us(clinic: ClinicSettings, *, what: str = "This session") -> str:
    """That a session is too near, and whom to call."""
    hours = clinic.cancel_notice_hours
    away = f"{hours} hour{'' if hours == 1 else 's'} away"
    call = f"call us on {clinic.phone}" if clinic.phone else "call us"
    return f"{what} is less than {away}: to move or cancel it, {call}."
