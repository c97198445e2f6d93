"""A specialist on one page, and the list of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from practitioners.admin.base import KeepsHistory, SlugFromName
from practitioners.admin.inlines import (
    CertificateInline,
    CredentialInline,
    ExtraHoursInline,
    HoursInline,
    TimeOffInline,
)
from practitioners.clocks import zone_of
from practitioners.forms import SaysAboutThemselves
from practitioners.hours import copy_monday
from practitioners.models import Credential, Practitioner
from practitioners.photos import drop_replaced
from practitioners.readiness import missing

SOON = timedelta(days=60)
PAPERS_END = Subquery(
    Credential.objects.filter(
        practitioner=OuterRef("pk"),
        kind__in=Credential.GATES_BOOKING,
        status=Credential.Status.ACTIVE,
        expires_on__isnull=False,
    )
    .order_by("expires_on")
    .values("expires_on")[:1]
)


class PractitionerForm(SlugFromName, SaysAboutThemselves):
    """What a specialist is and says about themselves."""

    copy_monday = forms.BooleanField(
        label="Copy Monday's hours to Tuesday to Friday",
        required=False,
        help_text="Happens once, when you save, and takes the place of what those days have now.",
    )

    class Meta:
        model = Practitioner
        exclude = ("user", "techniques")


class PapersFilter(admin.SimpleListFilter):
    """Whose licence or insurance has run out, or soon will."""

    title = "licence and insurance"
    parameter_name = "papers"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("expired", "Expired"), ("soon", "Expires within 60 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.now().date()
        if self.value() == "expired":
            return queryset.filter(valid_until__lt=today)
        if self.value() == "soon":
            return queryset.filter(valid_until__range=(today, today + SOON))
        return queryset


class PractitionerAdmin(KeepsHistory):
    """Everything about a specialist on one page; bookings adds their visits and registers it."""

    form = PractitionerForm
    list_filter = ("is_active", "is_bookable_online", PapersFilter, "services")
    search_fields = ("name", "title")
    list_per_page = 50
    prepopulated_fields = {"slug": ("name",)}

    readonly_fields = ("still_missing", "public_page", "login")
    view_on_site = False  # the link to the public page stands in the first part
    inlines = (CredentialInline, CertificateInline, HoursInline, ExtraHoursInline, TimeOffInline)
    instead = {"is_active": False, "is_bookable_online": False}
    instead_words = "Made inactive and hidden from booking"
    fieldsets = (
        (
            "Booking",
            {"fields": ("still_missing", "public_page", "is_active", "is_bookable_online")},
        ),
        ("Who", {"fields": ("name", "slug", "title", "photo", "login")}),
        (
            "Profile",
            {"fields": ("about", "first_visit", "gender", "languages", "practising_since")},
        ),
        ("Offers", {"fields": ("services", "focus_areas")}),
        (
            "Week",
            {"fields": ("copy_monday",), "description": "The weekly hours themselves are below."},
        ),
    )

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Whose papers end first stands first, here and wherever a specialist is chosen."""
        return (PAPERS_END.asc(nulls_last=True), "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Practitioner]:
        people = super().get_queryset(request).annotate(valid_until=PAPERS_END)
        return people.prefetch_related("services")

    @admin.display(description="services")
    def gives(self, person: Practitioner) -> str:
        return ", ".join(service.name for service in person.services.all()) or "None"

    @admin.display(
        description="credential valid until", ordering=F("valid_until").asc(nulls_last=True)
    )
    def papers_until(self, person: Any) -> str:
        """The first day on which a licence or insurance ends, marked when it has passed."""
        if person.valid_until is None:
            return "No end"
        said = f"{person.valid_until.day} {person.valid_until:%B %Y}"
        return f"{said} (expired)" if person.valid_until < timezone.now().date() else said

    @admin.display(description="What still keeps this person from being booked")
    def still_missing(self, person: Practitioner) -> str | SafeString:
        if person.pk is None:
            return "Save first. Then this says what is missing."
        reasons = missing(person, on=timezone.now().date())
        if not reasons:
            return "Nothing. Clients can book."
        return format_html(
            "<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((reason,) for reason in reasons))
        )

    @admin.display(description="Public page")
    def public_page(self, person: Practitioner) -> str | SafeString:
        if person.pk and person.is_shown(on=timezone.now().date()):
            return format_html('<a href="{}">View public page</a>', person.get_absolute_url())
        return "Not shown to visitors now."

    @admin.display(description="Signs in as")
    def login(self, person: Practitioner) -> str:
        return str(person.user) if person.user_id else "Nobody yet. Invite them on the staff page."

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read and show every time on the clock of the place where the specialist works."""
        with timezone.override(zone_of(object_id)):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(response, TemplateResponse):
                response.render()
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and drop the file of a photo that has been replaced."""
        old = Practitioner.objects.filter(pk=obj.pk).values_list("photo", flat=True).first()
        super().save_model(request, obj, form, change)
        drop_replaced(old or "", obj.photo)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.cleaned_data.get("copy_monday") and not copy_monday(form.instance):
            text = "Monday has no hours, so nothing was copied."
            self.message_user(request, text, messages.WARNING)
