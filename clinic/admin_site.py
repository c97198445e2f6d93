"""The clinic's Django admin: signing in goes through the site's own page, the index follows the jobs."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

# What somebody wants to do, and the tables it happens in, in the order shown.
JOBS = {
    "Specialists": ("Practitioner",),
    "Services": ("Service", "Technique", "Condition", "BodyRegion"),
    "Hours and closures": ("Location", "Room", "Closure"),
    "Bookings": ("Appointment", "Client", "Task"),
    "Messages": ("Message",),
    "People and access": ("User", "Group"),
    "System": ("ClinicSettings",),
}
LAST_JOB = "System"  # whatever no job names


class ClinicAdmin(AdminSite):
    """Django admin without passwords, listed by job."""

    site_header = "Clinic administration"
    site_title = "Clinic administration"
    index_title = "What would you like to manage?"

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to the sign-in page and refuse people without the right."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied
        wanted = request.GET.get("next", reverse("admin:index"))
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': wanted})}")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nobody has a password."""
        raise Http404

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Group what the user may see by job; an empty job is not listed."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        listed = [self._job(title, names, models) for title, names in JOBS.items()]
        rest = sorted(models.values(), key=lambda model: str(model["name"]))
        for job in listed:
            if job["name"] == LAST_JOB:
                job["models"] += rest
        return [job for job in listed if job["models"]]

    def _job(self, title: str, names: tuple[str, ...], models: dict[str, Any]) -> dict[str, Any]:
        """One group of the index; takes its tables out of those still to be placed."""
        slug = title.lower().replace(" ", "-")
        return {
            "name": title,
            "app_label": slug,
            "app_url": f"{reverse('admin:index', current_app=self.name)}#{slug}",
            "has_module_perms": True,
            "models": [models.pop(name) for name in names if name in models],
        }
