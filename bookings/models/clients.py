"""Who comes. A client is a person; a login is somebody who may act for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from phonenumber_field.modelfields import PhoneNumberField

from bookings.models.day_parts import DayPart
from bookings.models.text import check_one_line
from practitioners.models.places import WEEKDAYS, check_zone
from practitioners.models.site import ClinicSettings

STANDING = ("booked", "arrived", "started", "completed", "no_show")


def _treated_by(practitioner: Any) -> models.QuerySet[Client]:
    """The outer client, if a visit past or to come makes them this practitioner's own."""
    return Client.objects.filter(
        pk=OuterRef("pk"),
        appointments__practitioner=practitioner,
        appointments__status__in=STANDING,
    )


def _counted(states: Sequence[str]) -> Subquery:
    """How many visits in these states the outer client has."""
    theirs = Client.objects.filter(pk=OuterRef("pk"), appointments__status__in=states)
    return Subquery(theirs.values("pk").annotate(many=Count("appointments")).values("many"))


class ClientQuerySet(models.QuerySet["Client"]):
    """Words for choosing clients."""

    def visible_to(self, user: Any) -> ClientQuerySet:
        """The people this user may see contact data of; anonymous visitors see none."""
        if not user.is_authenticated:
            return self.none()
        if user.is_desk_staff:
            return self
        seen = Q(Exists(ClientAccess.objects.filter(client=OuterRef("pk"), user=user)))
        if user.is_practitioner:
            seen |= Q(Exists(_treated_by(user.practitioner)))
        return self.filter(seen)

    def matching(self, asked: str) -> ClientQuerySet:
        """Those whose name holds every word that was typed, or whose e-mail or phone all of it."""
        if not asked:
            return self
        digits = "".join(char for char in asked if char.isdigit()).lstrip("0")
        found = Q(email__icontains=asked) | Q(*(Q(name__icontains=word) for word in asked.split()))
        return self.filter(found | Q(phone__contains=digits) if len(digits) > 3 else found)

    def current(self) -> ClientQuerySet:
        """Without entries that were joined into another."""
        return self.filter(merged_into=None)

    def with_visits(self) -> ClientQuerySet:
        """Each with the number of visits that stand or stood, as `visits`."""
        return self.annotate(visits=Coalesce(_counted(STANDING), 0))

    def with_no_shows(self) -> ClientQuerySet:
        """Each with the number of visits they did not come to, as `no_shows`."""
        return self.annotate(no_shows=Coalesce(_counted(("no_show",)), 0))

    def with_open_bookings(self, *, now: datetime) -> ClientQuerySet:
        """Each with the number of bookings to come, as `open_bookings`; a series counts as one.

        How many there may be is `most_open`.
        """
        standing = ("booked", "arrived", "started")
        coming = Q(appointments__status__in=standing, appointments__ends_at__gt=now)
        booking = Coalesce("appointments__series", -F("appointments__pk"))
        clinic = ClinicSettings.objects.filter(pk=1).values("max_open_bookings")
        usual = ClinicSettings._meta.get_field("max_open_bookings").default
        return self.annotate(
            open_bookings=Count(booking, filter=coming, distinct=True),
            most_open=Coalesce(Subquery(clinic), usual),
        )

    def acted_for_by(self, user: Any) -> ClientQuerySet:
        """The people this login books for."""
        return self.filter(access__user=user).distinct() if user.is_authenticated else self.none()

    def record_open_to(self, user: Any) -> ClientQuerySet:
        """The people whose clinical record this user may read without breaking the glass."""
        if not user.is_authenticated:
            return self.none()
        if user.is_clinical_lead:
            return self
        if user.is_practitioner:
            return self.filter(Exists(_treated_by(user.practitioner)))
        return self.none()

    def own_record_of(self, user: Any) -> ClientQuerySet:
        """The people whose shared record this login may read as themselves or as guardian."""
        if not user.is_authenticated:
            return self.none()
        mine = ClientAccess.objects.filter(user=user, scope=ClientAccess.Scope.RECORD)
        return self.filter(pk__in=mine.values("client"))


@pghistory.track(append_only=True)
class Client(models.Model):
    """A person who is treated here."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120, validators=[check_one_line])
    called = models.CharField(
        "wants to be called", max_length=60, blank=True, validators=[check_one_line]
    )
    date_of_birth = models.DateField(null=True, blank=True)
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[check_zone], help_text="Empty: the location's."
    )
    preferred_channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    preferred_weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=WEEKDAYS),
        default=list,
        blank=True,
        help_text="Days that suit them; empty: any.",
    )
    preferred_parts = ArrayField(
        models.CharField(max_length=10, choices=DayPart),
        default=list,
        blank=True,
        help_text="Parts of the day that suit them; empty: any.",
    )
    is_call_to_book = models.BooleanField("call to book only", default=False)
    bounced_email = models.EmailField(
        blank=True, editable=False, help_text="Refused for good; another address is tried again."
    )
    bounced_phone = PhoneNumberField(
        blank=True, editable=False, help_text="Refused text messages for good."
    )
    is_deceased = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The entry of the same person that is used instead.",
    )
    desk_note = models.TextField(blank=True, help_text="For the front desk; nothing about health.")
    created_at = models.DateTimeField(auto_now_add=True)

    said: dict[str, bool] | None = None  # by channel; see `bookings.consents.read`
    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """R. K., for paper that lies about."""
        return " ".join(f"{word[0]}." for word in self.name.split()[:3])

    @property
    def first_name(self) -> str:
        return self.called or self.name.split()[0]

    @property
    def that_counts(self) -> Client:
        """The entry of this person that is worked with: it may have been joined into another, and that too."""
        entry = self
        while entry.merged_into is not None:
            entry = entry.merged_into
        return entry

    @property
    def is_email_refused(self) -> bool:
        """Whether mail to the address that stands here now has come back."""
        return bool(self.email) and self.email.lower() == self.bounced_email.lower()

    @property
    def is_phone_refused(self) -> bool:
        """Whether text messages to the number that stands here now were refused."""
        return bool(self.phone) and str(self.phone) == str(self.bounced_phone or "")


class ClientAccessQuerySet(models.QuerySet["ClientAccess"]):
    """Words for choosing who acts for whom."""

    def held_by(self, user: Any) -> ClientAccessQuerySet:
        """Everybody a login acts for, itself first, with their details in the same query."""
        return self.of_login(user.pk) if user.is_authenticated else self.none()

    def of_login(self, key: int) -> ClientAccessQuerySet:
        """The same for the key of a login."""
        me_first = Case(When(relation=ClientAccess.Relation.SELF, then=0), default=1)
        rows = self.filter(user=key).select_related("client")
        return rows.order_by(me_first, "client__name", "pk")

    def of_others(self, user: Any) -> ClientAccessQuerySet:
        """Everybody else a login acts for."""
        return self.held_by(user).exclude(relation=ClientAccess.Relation.SELF)

    def of_people_for(self, client: Client) -> ClientAccessQuerySet:
        """Everybody who may act for a client, the nearest first, with their logins in the same query."""
        nearness = Case(
            *(When(relation=one, then=at) for at, one in enumerate(ClientAccess.Relation.values))
        )
        rows = self.filter(client=client, user__is_active=True).select_related("user")
        return rows.order_by(nearness, "pk")


class ClientAccess(models.Model):
    """A login may act for a client: book for them, or also see their shared record."""

    class Relation(models.TextChoices):
        SELF = "self", "Me"
        GUARDIAN = "guardian", "My child"
        PARTNER = "partner", "My partner"
        PARENT = "parent", "My parent"
        OTHER = "other", "Someone else"

    class Scope(models.TextChoices):
        BOOKING = "booking", "Book, move, cancel, see times"
        RECORD = "record", "Also health form, plan and progress"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="client_access"
    )
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="access")
    relation = models.CharField(max_length=10, choices=Relation)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.BOOKING)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClientAccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "client access"
        constraints = [
            models.UniqueConstraint(fields=["user", "client"], name="one_access_per_login"),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(relation="self"),
                name="one_self_per_login",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_relation_display()} ({self.get_scope_display()})"


def is_minor(born: date | None, *, on: date) -> bool:
    """Tell whether someone is under 18 on a date; unknown birth dates count as adult."""
    if born is None:
        return False
    return (on.year - born.year - ((on.month, on.day) < (born.month, born.day))) < 18
