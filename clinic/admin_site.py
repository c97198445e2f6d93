"""The clinic's Django admin: signing in goes through the site's own page, the index follows the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify

from clinic.checklist import steps
from practitioners.clocks import clinic_zone

# What somebody wants to do, and the tables it happens in, in the order shown.
JOBS = {
    "Specialists": ("Practitioner",),
    "Services": ("Service", "Technique", "Condition", "BodyRegion", "OutcomeMeasure"),
    "Hours and closures": (
        "Availability",
        "ExtraHours",
        "TimeOff",
        "Closure",
        "Location",
        "Room",
    ),
    "Bookings": ("Appointment", "Client", "Task"),
    "Messages": ("Message",),
    "Plans": ("PlanTemplate", "HomeCareItem"),
    "People and access": ("User",),
    "System": ("ClinicSettings",),
}
LAST_JOB = "System"  # whatever no job names


@dataclass(frozen=True, slots=True)
class Job:
    """One group of the home page."""

    title: str

    @property
    def slug(self) -> str:
        return slugify(self.title)


def job_of_model(name: str) -> Job:
    """The job that a table stands under."""
    return Job(next((title for title, names in JOBS.items() if name in names), LAST_JOB))


class ClinicAdmin(AdminSite):
    """Django admin without passwords, listed by job."""

    site_header = "Clinic administration"
    site_title = "Clinic administration"
    index_title = "What would you like to manage?"
    enable_nav_sidebar = False  # lists need the width, and the home page is one click away

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever holds a role; what each may do there follows from `clinic.roles`."""
        user: Any = request.user
        return bool(user.is_active and user.is_authenticated and user.is_desk_staff)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse people without a role at once; strangers go to the sign-in page.

        Times are read and shown on the clock of the clinic's first location.
        """
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            with timezone.override(clinic_zone()):
                response = inner(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            return response

        return guarded

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows; times are those of one place unless a page says otherwise."""
        zone = timezone.get_current_timezone_name().split("/")[-1].replace("_", " ")
        return {**super().each_context(request), "zone_words": f"{zone} time"}

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

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The jobs, and what the clinic still needs before its first booking."""
        user: Any = request.user
        todo = [step for step in steps() if not step.is_done] if user.is_clinic_admin else []
        return super().index(request, {"open_steps": todo, **(extra_context or {})})

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There are jobs here, not apps."""
        return redirect("admin:index")

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
        slug = Job(title).slug
        return {
            "name": title,
            "app_label": slug,
            "app_url": f"{reverse('admin:index', current_app=self.name)}#{slug}",
            "has_module_perms": True,
            "models": [models.pop(name) for name in names if name in models],
        }
