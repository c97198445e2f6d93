"""A person who signs in. Clients are people too, but a client is not a login."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

FRONT_DESK = "Front desk"
ADMIN = "Admin"
CLINICAL_LEAD = "Clinical lead"
ROLES = (FRONT_DESK, ADMIN, CLINICAL_LEAD)


class UserManager(BaseUserManager["User"]):
    """Creates logins; nobody has a password."""

    def create_user(self, email: str, **fields: Any) -> User:
        """Create a login that signs in by mailed code."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create the technical administrator; the password is ignored."""
        return self.create_user(email, is_staff=True, is_superuser=True, **fields)

    def working_here(self) -> models.QuerySet[User]:
        """Everybody with a staff role or a practitioner's profile who may sign in."""
        holders = self.model.groups.through.objects.values("user")
        staff = models.Q(pk__in=holders) | models.Q(practitioner__is_active=True)
        return (
            self.filter(staff | models.Q(is_superuser=True), is_active=True)
            .prefetch_related("groups")
            .select_related("practitioner")
            .order_by("name", "email")
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person's sign-in; the e-mail address is the login."""

    email = models.EmailField("email address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField("may open the admin site", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_login_per_email",
                violation_error_message="This address already has a login.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def roles(self) -> frozenset[str]:
        """Names of the staff roles held; one query per user object."""
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def is_front_desk(self) -> bool:
        return FRONT_DESK in self.roles

    @property
    def is_clinic_admin(self) -> bool:
        return self.is_superuser or ADMIN in self.roles

    @property
    def is_clinical_lead(self) -> bool:
        return CLINICAL_LEAD in self.roles

    @property
    def is_desk_staff(self) -> bool:
        """May use the desk pages for the whole clinic (calendar and contact data)."""
        return self.is_front_desk or self.is_clinic_admin or self.is_clinical_lead

    @cached_property
    def is_practitioner(self) -> bool:
        """Treats clients here and has not left; one query per user object."""
        return self.is_active and hasattr(self, "practitioner") and self.practitioner.is_active

    @property
    def changes_hours(self) -> bool:
        """May block time and open hours: the desk and the admin everybody's, practitioners their own."""
        return self.is_practitioner or self.is_front_desk or self.is_clinic_admin

    @property
    def works_here(self) -> bool:
        return self.is_practitioner or self.is_desk_staff
