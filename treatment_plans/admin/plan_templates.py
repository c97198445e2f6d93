"""Templates of plans in Django admin: doses of published trials, nothing about any client."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from practitioners.admin.base import KeepsHistory, SensibleDates, SlugFromName
from treatment_plans.models import PlanTemplate, TemplatePhase
from treatment_plans.plan_facts import phase_of
from treatment_plans.schedule import check_phases, describe


class PhasesFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Phases in an order that can be a frequency."""

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        if any(self.errors):
            return
        kept.sort(key=lambda form: form.cleaned_data["order"])
        problems = check_phases([phase_of(form.instance) for form in kept])
        if not kept:
            raise ValidationError(problems[0].sentence, code=problems[0].code)
        for problem in problems:
            place = kept[min(problem.index, len(kept) - 1)]
            place.add_error(None, ValidationError(problem.sentence, code=problem.code))


class PhaseInline(SensibleDates, admin.StackedInline):
    """The frequency, phase by phase."""

    model = TemplatePhase
    formset = PhasesFormSet
    extra = 0
    fields = ("order", "rate_value", "rate_kind", "session_count", "session_minutes", "label")


class PlanTemplateForm(SlugFromName):
    """A dose with its source and what not to promise of it."""

    link = forms.URLField(
        assume_scheme="https", required=False, help_text="Where the study can be read."
    )

    class Meta:
        model = PlanTemplate
        fields = "__all__"


@admin.register(PlanTemplate)
class PlanTemplateAdmin(KeepsHistory):
    """A starting point for plans; those that come with the product can be edited and hidden."""

    form = PlanTemplateForm
    inlines = (PhaseInline,)
    list_display = ("name", "condition", "frequency", "source", "is_offered")
    list_filter = ("is_offered", "condition")
    list_select_related = ("condition",)
    search_fields = ("name", "source", "condition__name")

    instead = {"is_offered": False}
    instead_words = "No longer offered when a plan is written"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanTemplate]:
        return super().get_queryset(request).prefetch_related("phases")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug of a shipped row stays: by it a later load finds the row again."""
        return ("slug",) if obj and obj.loaded_digest else ()

    @admin.display(description="Frequency")
    def frequency(self, row: PlanTemplate) -> str:
        return describe([phase_of(phase) for phase in row.phases.all()])
