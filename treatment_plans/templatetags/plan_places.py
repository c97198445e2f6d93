"""When a session of a plan is, by the clock of where it takes place."""

from __future__ import annotations

from django import template
from django.template.context import Context

from bookings.models import Appointment
from bookings.templatetags.clinic_time import short_when
from treatment_plans.elsewhere import place_words
from treatment_plans.models import TreatmentPlan

register = template.Library()


@register.simple_tag(takes_context=True)
def session_when(context: Context, visit: Appointment, plan: TreatmentPlan) -> str:
    """Sat 5 Dec, 9:00am; with clock and place where that is not the plan's own."""
    when, there = short_when(context, visit.starts_at, visit.zone), place_words(plan, visit)
    return f"{when}, {there}" if there else when


@register.filter
def there(visit: Appointment, plan: TreatmentPlan) -> str:
    """New York time (EST), Fifth Avenue; empty at the plan's own place."""
    return place_words(plan, visit)
