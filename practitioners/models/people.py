"""Who treats, and what shows that they may."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.functional import cached_property

from practitioners.models.catalogue import Condition, Technique
from practitioners.models.places import Location
from practitioners.models.services import Service
from practitioners.paths import path_to


def changes_everybodys_hours(user: Any) -> bool:
    """Tell whether a member of staff may change the hours of others than themself."""
    return bool(user.is_front_desk or user.is_clinic_admin)


def _as_json(rows: models.QuerySet[Any], *names: str) -> ArraySubquery:
    return ArraySubquery(rows.values(as_json=JSONObject(**{name: name for name in names})))


class PractitionerQuerySet(models.QuerySet["Practitioner"]):
    """Words for choosing practitioners."""

    def bookable(self, *, on: date) -> PractitionerQuerySet:
        """Those who are shown and may be booked online for a visit on that date."""
        return self.filter(is_active=True, is_bookable_online=True).licensed(on=on)

    def described(self) -> PractitionerQuerySet:
        """With `areas` and `shown_credentials`, read by the same query."""
        areas = Condition.objects.filter(practitioners=OuterRef("pk"))
        credentials = Credential.objects.filter(practitioner=OuterRef("pk"), is_public=True)
        return self.annotate(
            area_rows=_as_json(areas, "name", "slug"),
            credential_rows=_as_json(credentials, "kind", "body", "name", "number"),
        )

    def with_work(self) -> PractitionerQuerySet:
        """With `service_slugs`, `place_keys` and `published_techniques`, read by the same query."""
        mine = {"practitioners": OuterRef("pk")}
        places = Location.objects.worked_at_by(OuterRef(OuterRef("pk")))
        return self.annotate(
            service_slugs=ArraySubquery(Service.objects.filter(**mine).values("slug")),
            place_keys=ArraySubquery(places.values("pk")),
            technique_rows=_as_json(Technique.objects.published().filter(**mine), "name", "slug"),
        )

    def licensed(self, *, on: date) -> PractitionerQuerySet:
        """Those of whom no licence and no insurance has run out on that date."""
        expired = Credential.objects.filter(
            practitioner=OuterRef("pk"),
            kind__in=Credential.GATES_BOOKING,
        ).exclude(Credential.valid(on=on))
        return self.exclude(Exists(expired))

    def handled_by(self, user: Any) -> PractitionerQuerySet:
        """Whose calendars a member of staff works on: the front desk all, practitioners their own."""
        if not user.is_authenticated or not user.works_here:
            return self.none()
        here = self.filter(is_active=True)
        return here if user.is_desk_staff else here.filter(user=user)

    def hours_changed_by(self, user: Any) -> PractitionerQuerySet:
        """Whose time off and extra hours a member of staff may change: the desk all, others their own."""
        if not user.is_authenticated or not user.works_here:
            return self.none()
        here = self.filter(is_active=True)
        return here if changes_everybodys_hours(user) else here.filter(user=user)

    def pictured(self, name: str) -> PractitionerQuerySet:
        """Whoever works here and has this file as a photo."""
        return self.filter(is_active=True, photo=name)

    def certified_for(self, service: Service, *, on: date) -> PractitionerQuerySet:
        """Those who hold all techniques of the service on that date."""
        missing = service.techniques.exclude(
            Exists(
                PractitionerTechnique.objects.valid(on=on).filter(
                    technique=OuterRef("pk"), practitioner=OuterRef(OuterRef("pk"))
                )
            )
        )
        return self.filter(services=service).exclude(Exists(missing))


class Practitioner(models.Model):
    """A person who treats clients here and has a public profile."""

    class Gender(models.TextChoices):
        WOMAN = "woman", "Woman"
        MAN = "man", "Man"
        OTHER = "other", "Another gender"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="practitioner",
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(
        max_length=120,
        blank=True,
        help_text="As printed under the name: Registered massage therapist.",
    )
    about = models.TextField(blank=True, help_text="At most 80 words.")
    first_visit = models.TextField("what a first visit is like", blank=True)
    photo = models.ImageField(upload_to="practitioners/", blank=True)
    gender = models.CharField(max_length=10, choices=Gender, blank=True)
    languages = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="English, Polish"
    )
    practising_since = models.PositiveSmallIntegerField(
        "practising since (year)", null=True, blank=True
    )
    focus_areas = models.ManyToManyField(Condition, blank=True, related_name="practitioners")
    services = models.ManyToManyField(Service, blank=True, related_name="practitioners")
    techniques = models.ManyToManyField(
        Technique, through="PractitionerTechnique", related_name="practitioners"
    )
    is_active = models.BooleanField(default=True, help_text="Works here.")
    is_bookable_online = models.BooleanField(default=True)
    area_rows: list[dict[str, str]]
    credential_rows: list[dict[str, str]]
    technique_rows: list[dict[str, str]]
    service_slugs: list[str]
    place_keys: list[int]

    objects = PractitionerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("specialist", self.slug)

    def is_shown(self, *, on: date) -> bool:
        """Tell whether visitors see the public page on that date. One query."""
        return Practitioner.objects.bookable(on=on).filter(pk=self.pk).exists()

    @property
    def title_and_number(self) -> str:
        """Registered massage therapist, GMC no. 123; only of people that are `described`."""
        kind = Credential.Kind.REGISTRATION
        known = [one for one in self.credential_rows if one["kind"] == kind]
        return self.title + "".join(f", {one['body']} no. {one['number']}" for one in known)

    @cached_property
    def areas(self) -> list[Condition]:
        """What somebody focuses on, by name; only of people that are `described`."""
        return [Condition(**row) for row in self.area_rows]

    @cached_property
    def shown_credentials(self) -> list[Credential]:
        """What visitors see of licences and the like; only of people that are `described`."""
        return [Credential(**row) for row in self.credential_rows]

    @cached_property
    def published_techniques(self) -> list[Technique]:
        """What somebody is certified in, by name; only of people read `with_work`."""
        return [Technique(**row) for row in self.technique_rows]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class PractitionerTechniqueQuerySet(models.QuerySet["PractitionerTechnique"]):
    """Words for certificates."""

    def valid(self, *, on: date) -> PractitionerTechniqueQuerySet:
        """Certificates that count on that date, with evidence where the technique needs it."""
        return self.filter(
            Q(certified_on__isnull=True) | Q(certified_on__lte=on),
            Q(expires_on__isnull=True) | Q(expires_on__gte=on),
        ).exclude(technique__needs_training=True, evidence="")


class PractitionerTechnique(models.Model):
    """A technique that a practitioner is certified in."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="certificates"
    )
    technique = models.ForeignKey(Technique, on_delete=models.PROTECT, related_name="certificates")
    certified_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    evidence = models.CharField(
        max_length=200, blank=True, help_text="Course, hours and certificate number."
    )

    objects = PractitionerTechniqueQuerySet.as_manager()

    class Meta:
        ordering = ["technique__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "technique"], name="one_certificate_per_technique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.technique}"


class Credential(models.Model):
    """A licence, registration, insurance or the like that a practitioner holds."""

    class Kind(models.TextChoices):
        LICENCE = "licence", "Licence"
        REGISTRATION = "registration", "Registration"
        CERTIFICATE = "certificate", "Certificate"
        MEMBERSHIP = "membership", "Membership"
        INSURANCE = "insurance", "Insurance"
        FIRST_AID = "first_aid", "First aid"
        BACKGROUND_CHECK = "background_check", "Background check"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PENDING = "pending", "Pending"
        SUSPENDED = "suspended", "Suspended"
        SURRENDERED = "surrendered", "Surrendered"

    GATES_BOOKING = (Kind.LICENCE, Kind.INSURANCE)

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="credentials"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    body = models.CharField("issuing body", max_length=120)
    name = models.CharField("title", max_length=120, blank=True)
    number = models.CharField(max_length=60, blank=True)
    jurisdiction = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True, help_text="The last valid day.")
    training_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    register_url = models.URLField("link to the public register", blank=True)
    verified_on = models.DateField(null=True, blank=True)
    verified_by = models.CharField(max_length=120, blank=True)
    is_public = models.BooleanField(default=True, help_text="Shown on the profile.")

    class Meta:
        ordering = ["kind", "body"]
        constraints = [
            models.CheckConstraint(
                condition=Q(issued_on__isnull=True)
                | Q(expires_on__isnull=True)
                | Q(expires_on__gte=F("issued_on")),
                name="credential_expiry_not_before_issue",
                violation_error_message="It cannot expire before it was issued.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.body}"

    @classmethod
    def valid(cls, *, on: date) -> Q:
        """The condition under which a credential counts on that date."""
        return Q(status=cls.Status.ACTIVE) & (Q(expires_on__isnull=True) | Q(expires_on__gte=on))
