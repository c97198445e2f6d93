"""Which plans go to which colleague."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from practitioners.models import Practitioner
from treatment_plans.models import TreatmentPlan


class PlanChoice(forms.ModelMultipleChoiceField):
    """Plans by client, session and state."""

    def label_from_instance(self, plan: Any) -> str:
        return f"{plan.client}, {plan.service} ({plan.get_status_display().lower()})"


class HandOverForm(Styled):
    """Some open plans of one person, and the colleague who goes on with them."""

    plans = PlanChoice(
        queryset=TreatmentPlan.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one plan"},
    )
    colleague = forms.ModelChoiceField(
        queryset=Practitioner.objects.none(),
        empty_label="Choose",
        help_text="Somebody who gives these sessions. Booked visits are moved at the desk.",
        error_messages={"required": "Choose a colleague"},
    )

    def __init__(self, *args: Any, person: Practitioner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = TreatmentPlan.objects.open_with(person)
        others = Practitioner.objects.filter(is_active=True).exclude(pk=person.pk)
        self.fields["plans"].queryset = plans  # type: ignore[attr-defined]
        self.fields["plans"].widget.attrs["class"] = "form-check-input"
        self.fields["plans"].initial = [plan.pk for plan in plans]
        self.fields["colleague"].queryset = others.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        colleague, plans = cleaned.get("colleague"), cleaned.get("plans") or ()
        if colleague:
            given = set(colleague.services.values_list("pk", flat=True))
            missing = {str(plan.service) for plan in plans if plan.service_id not in given}
            if missing:
                text = f"{colleague} does not give: {', '.join(sorted(missing))}."
                self.add_error("colleague", ValidationError(text, code="not_given"))
        return cleaned
