"""What each staff role may do in the administration: the matrix of rights, in one table.

The roles belong to the product: `grant_roles` sets every group to exactly this after each
migration. Practitioners and clients hold no role and never come into the admin site.
What people do at the desk is decided there, row by row, by `visible_to`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.models import Q

from clinic.models import ADMIN, CLINICAL_LEAD, FRONT_DESK

VIEW = ("view",)
CHANGE = ("view", "change")
ALL = ("view", "add", "change", "delete")
Grants = dict[str, tuple[str, ...]]

OFFER = ("service", "technique", "condition", "bodyregion", "location", "openinghours", "room")
PROFILE = ("practitioner", "credential", "practitionertechnique")
HOURS = ("availability", "extrahours", "timeoff", "closure")


def _in(app: str, models: Iterable[str], actions: tuple[str, ...]) -> Grants:
    return {f"{app}.{model}": actions for model in models}


LOOKING: Grants = {
    **_in("practitioners", (*OFFER, *HOURS, "practitioner"), VIEW),
    "treatment_plans.outcomemeasure": VIEW,
    **_in("bookings", ("appointment", "task", "messageattempt", "clientaccess"), VIEW),
}
TEMPLATES: Grants = _in("treatment_plans", ("plantemplate", "templatephase", "homecareitem"), ALL)
CONTACT: Grants = _in("bookings", ("client", "message"), CHANGE)

THRESHOLDS: Grants = {"treatment_plans.outcomemeasure": CHANGE}

GRANTS: dict[str, Grants] = {
    FRONT_DESK: {**LOOKING, **CONTACT, **_in("practitioners", HOURS, ALL)},
    ADMIN: {
        **LOOKING,
        **CONTACT,
        **_in("practitioners", (*OFFER, *PROFILE, *HOURS), ALL),
        **TEMPLATES,
        "practitioners.clinicsettings": ("view", "add", "change"),
        "clinic.user": CHANGE,
        **THRESHOLDS,
    },
    CLINICAL_LEAD: {**LOOKING, **CONTACT, **TEMPLATES, **THRESHOLDS},
}


@transaction.atomic
def grant_roles() -> None:
    """Give every role exactly what the table says; nothing happens before the tables exist."""
    if Permission._meta.db_table not in connection.introspection.table_names():
        return
    for role, grants in GRANTS.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(_wanted(grants)))


def _wanted(grants: Grants) -> Q:
    found = Q(pk__in=())
    for app, model, codename in codenames(grants):
        found |= Q(content_type__app_label=app, content_type__model=model, codename=codename)
    return found


def codenames(grants: Grants) -> Iterator[tuple[str, str, str]]:
    """Every right of a table as app, model and the name that Django gives it."""
    for key, actions in grants.items():
        app, model = key.split(".")
        for action in actions:
            yield app, model, f"{action}_{model}"
