"""Take a relay's report about a mail that could not be delivered, from standard input.

Let the relay pipe what comes back to the sender's address into this command.
"""

from __future__ import annotations

import sys
from email import message_from_binary_file, policy
from email.message import EmailMessage
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings.messages import bounces


class Command(BaseCommand):
    help = "Read a delivery report (RFC 3464) from standard input."

    def handle(self, *args: Any, **options: Any) -> None:
        """Note what failed for good; anything else is left alone, so that no mail goes round."""
        report = message_from_binary_file(sys.stdin.buffer, policy=policy.default)
        assert isinstance(report, EmailMessage)
        noted = bounces.of_mail(report, now=timezone.now())
        self.stdout.write("noted" if noted else "nothing of ours that failed for good")
