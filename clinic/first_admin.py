"""How the first admin of an empty clinic comes in: one link, until somebody has used it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import signing
from django.db import transaction
from django.urls import reverse

from clinic.models import ADMIN

SALT = "clinic.first-admin"
WITHIN = 24 * 3600  # seconds


def has_admin() -> bool:
    """Tell whether anybody may manage the clinic already."""
    users = get_user_model().objects
    return users.filter(is_superuser=True).exists() or users.filter(groups__name=ADMIN).exists()


def first_admin_link() -> str | None:
    """The path that makes the first admin, or None when there is one."""
    return None if has_admin() else reverse("setup", args=[signing.dumps("first", salt=SALT)])


def is_ours(token: str) -> bool:
    """Tell whether a link was made here, however long ago."""
    try:
        signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return False
    return True


def link_works(token: str) -> bool:
    """Tell whether a link is ours, fresh and not yet used."""
    try:
        signing.loads(token, salt=SALT, max_age=WITHIN)
    except signing.BadSignature:
        return False
    return not has_admin()


@transaction.atomic
def make_first_admin(*, name: str, email: str) -> Any:
    """Make the admin who sets the clinic up."""
    users = get_user_model().objects
    user = users.filter(email__iexact=email).first() or users.create_user(email, name=name)
    user.name, user.is_staff, user.is_superuser = name, True, True
    user.save()
    user.groups.add(Group.objects.get(name=ADMIN))
    return user
