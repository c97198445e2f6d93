"""What the desk should read before it books for a client."""

from __future__ import annotations

from django import template
from django.utils import timezone

from bookings.extensions import notices_about
from bookings.models import Client

register = template.Library()


@register.simple_tag
def notices_of(client: Client) -> list[str]:
    """Sentences that other parts of the product have to say about a client."""
    return notices_about(client, now=timezone.now())
