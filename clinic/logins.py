"""Who is signed in, read at once: every request asks for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from clinic.models import User
from practitioners.prepared import PreparedQuery


def _with_roles(login: int) -> QuerySet[User]:
    roles = ArraySubquery(Group.objects.filter(user=OuterRef("pk")).values("name"))
    rows = User.objects.select_related("practitioner").annotate(role_names=roles)
    return rows.filter(pk=login)


LOGIN = PreparedQuery("login", {"login": "bigint"}, _with_roles)


class ReadAtOnce(ModelBackend):
    """Django's own, which reads the profile and the roles together with the login."""

    def get_user(self, user_id: int) -> User | None:
        user: Any = LOGIN.first(login=user_id)
        if user is None or not self.user_can_authenticate(user):
            return None
        user.roles = frozenset(user.role_names)
        return user
