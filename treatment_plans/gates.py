"""What plans have to say before a client books."""

from __future__ import annotations

from typing import Any

from bookings.errors import Refused
from treatment_plans.models import TreatmentPlan


def clinical_hold(*, client: Any, **_: Any) -> None:
    """Refuse self-booking while a clinical question is open. Raises Refused."""
    if TreatmentPlan.objects.filter(client=client).exclude(hold_reason="").active().exists():
        raise Refused("clinical_hold", "Please call us before you book your next session.")
