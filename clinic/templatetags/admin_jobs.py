"""Where a page of the admin belongs."""

from __future__ import annotations

from typing import Any

from django import template

from clinic.admin_site import Job, job_of_model

register = template.Library()


@register.simple_tag
def job_of(opts: Any) -> Job:
    """The job of the home page that a table stands under."""
    return job_of_model(opts.object_name)
