"""The ways from a page to paper."""

from __future__ import annotations

from django import template
from django.urls import reverse

from treatment_plans.models import TreatmentPlan
from treatment_plans.paper import can_make_pdf

register = template.Library()


@register.inclusion_tag("treatment_plans/_paper_links.html")
def paper_links(plan: TreatmentPlan, *, to_print: str, to_pdf: str) -> dict[str, str]:
    """Links to the page for paper and, where the machine can make one, to the file."""
    there = [plan.public_id]
    file = reverse(to_pdf, args=there) if can_make_pdf() else ""
    return {"print_url": reverse(to_print, args=there), "pdf_url": file}
