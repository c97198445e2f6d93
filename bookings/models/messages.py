"""What we tell people: one row per reason, written together with its cause."""

from __future__ import annotations

import uuid
from typing import Any

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.appointments import Appointment
from bookings.models.clients import Client
from practitioners.models import Practitioner


class MessageQuerySet(models.QuerySet["Message"]):
    """Words for choosing messages."""

    def open(self) -> MessageQuerySet:
        """Those that may still go out."""
        return self.filter(state__in=Message.OPEN_STATES)

    def due(self, *, now: Any) -> MessageQuerySet:
        """Those that should have gone out by now; the oldest tells how late we are."""
        return self.filter(state=Message.State.PENDING, send_after__lte=now)

    def handed_over(self, *, since: Any, until: Any) -> MessageQuerySet:
        """Those whose latest try was within a stretch of time, in every lane."""
        return self.filter(
            lane__in=Message.Lane.values, sending_at__gt=since, sending_at__lte=until
        )

    def probably_texts(self, *, now: Any) -> models.QuerySet[Any]:
        """Keys of due ones whose client likes text messages best, oldest first."""
        liking = self.due(now=now).filter(client__preferred_channel=Client.Channel.SMS)
        return liking.order_by("send_after").values_list("pk", flat=True)

    def about(self, source_type: str, source_id: Any) -> MessageQuerySet:
        """Those that one source caused."""
        return self.filter(source_type=source_type, source_id=str(source_id))

    def shown_to(self, user: Any, client: Client) -> MessageQuerySet:
        """Those to one client, newest first, with every try."""
        rows = self.visible_to(user).filter(client=client).prefetch_related("tries")
        return rows.order_by("-send_after", "-pk")

    def visible_to(self, user: Any) -> MessageQuerySet:
        """State without content: the desk all, practitioners their clients', clients their own."""
        if user.is_authenticated and user.is_desk_staff:
            return self
        return self.filter(client__in=Client.objects.visible_to(user))


class Message(models.Model):
    """Something to tell one person, once, on one channel, for one reason."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        CLAIMED = "claimed", "Picked up"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Not needed"
        EXPIRED = "expired", "Too late"
        UNKNOWN = "unknown", "Needs a person"

    OPEN_STATES = (State.PENDING, State.CLAIMED, State.SENDING)
    GONE_STATES = (State.SENDING, State.SENT, State.UNKNOWN)  # for all we know, with the client

    class Lane(models.IntegerChoices):
        SECURITY = 0, "Security"
        BOOKING = 1, "Booking"
        FOLLOW_UP = 2, "Follow-up"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source_type = models.CharField(max_length=30)
    source_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=30)
    occurrence = models.CharField(max_length=64, blank=True)
    channel = models.CharField(
        max_length=5,
        choices=Client.Channel,
        blank=True,
        help_text="Empty: as the client wishes at the moment of sending.",
    )
    recipient = models.CharField(
        max_length=254, help_text="client:ID, user:ID or an address; resolved when sent."
    )
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="messages",
        db_index=False,  # messages_of_client begins with it
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    lane = models.PositiveSmallIntegerField(choices=Lane)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    send_after = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Tries to hand it over.")
    claims = models.PositiveSmallIntegerField(
        default=0, help_text="Claims in a row without a recorded result."
    )
    claim_no = models.PositiveIntegerField(default=0, help_text="Fences off an old claim.")
    claimed_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_to = models.CharField(max_length=254, blank=True)
    via = models.CharField(
        max_length=5, choices=Client.Channel, blank=True, help_text="How the latest try went out."
    )
    is_ambiguous = models.BooleanField(
        default=False,
        help_text="May have arrived already: the same Message-ID was handed over before.",
    )
    provider_ref = models.CharField(max_length=200, blank=True)
    last_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-send_after"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind", "occurrence", "channel", "recipient"],
                name="one_message_per_reason",
            )
        ]
        indexes = [
            models.Index(
                fields=["lane", "send_after"],
                condition=Q(state="pending"),
                name="waiting_messages",
            ),
            models.Index(
                fields=["lane", "send_after"],
                condition=Q(state="pending", claims__gte=2),
                name="suspect_messages",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=("claimed", "sending")),
                name="leased_messages",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="pending"), name="expiring_messages"
            ),
            models.Index(
                fields=["lane", "sending_at"],
                condition=Q(sending_at__isnull=False),
                name="handed_over_messages",
            ),
            models.Index(
                fields=["send_after"],
                condition=Q(state__in=("failed", "expired", "unknown")),
                name="troubled_messages",
            ),
            models.Index(fields=["client", "-send_after"], name="messages_of_client"),
            models.Index(
                fields=["client", "lane", "sending_at"],
                condition=Q(sending_at__isnull=False),
                name="messages_had",
            ),
        ]

    def __str__(self) -> str:
        kind = self.kind.replace("_", " ").capitalize()
        return f"{kind} ({self.get_state_display()})"

    @property
    def way(self) -> str:
        """How it went, or would have to go; empty while the client's wishes decide."""
        return Client.Channel(self.via or self.channel).label if self.via or self.channel else ""


class MessageAttempt(models.Model):
    """One try to hand a message over, and how it ended. Rows are only ever added."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries")
    claim_no = models.PositiveIntegerField()
    at = models.DateTimeField()
    result = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.result} at {self.at:%Y-%m-%d %H:%M} UTC"


class VisitChange(models.Model):
    """Something that happened to a visit, for the people who work by the calendar.

    Rows are only ever added. The one before tells where a moved visit came from.
    """

    class Event(models.TextChoices):
        BOOKED = "booked", "Booked"
        MOVED = "moved", "Moved"
        LENGTH = "length", "New length"
        CANCELLED = "cancelled", "Cancelled"
        PUT_BACK = "put_back", "Put back"

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="changes")
    event = models.CharField(max_length=10, choices=Event)
    version = models.PositiveIntegerField()
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "event", "version"], name="one_change_per_version"
            )
        ]
        indexes = [models.Index(fields=["at"], name="changes_by_time")]

    def __str__(self) -> str:
        return f"{self.get_event_display()} at {self.at:%Y-%m-%d %H:%M} UTC"


class ChannelConsentQuerySet(models.QuerySet["ChannelConsent"]):
    """Words for choosing consents."""

    def of(self, client: Client) -> ChannelConsentQuerySet:
        """What one client has said, with who noted it."""
        return self.filter(client=client).select_related("user").order_by("channel")


@pghistory.track(append_only=True)
class ChannelConsent(models.Model):
    """Whether a client wants follow-up reminders on a channel, and who said so, when and how.

    Absent means no for text messages, and yes for an e-mail address given to us. No text
    message of any kind goes out without a yes.
    """

    class By(models.TextChoices):
        CLIENT = "client", "in the client's own pages"
        DESK = "desk", "at the desk"
        LINK = "link", "by the link in a mail"
        REPLY = "reply", "by answering a text message"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=Client.Channel)
    is_given = models.BooleanField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField("how", max_length=40, choices=By)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who changed it, where somebody was signed in.",
    )

    objects = ChannelConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "channel"], name="one_consent_per_channel")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {'yes' if self.is_given else 'no'}"

    @classmethod
    def history_of(cls, client: Client) -> models.QuerySet[Any]:
        """Everything that one client has ever said, as the database noted it."""
        return cls.pgh_event_model.objects.filter(client=client)  # type: ignore[attr-defined,no-any-return]
