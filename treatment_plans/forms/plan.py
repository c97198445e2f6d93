"""The plan as a practitioner writes it, but for its rows (`plan_rows.py`); and what it may start from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from bookings.forms import Styled
from bookings.models import Appointment
from bookings.times import say_day
from practitioners.blank_choices import say_for_nothing
from practitioners.models import Location, Service
from treatment_plans.forms.plan_rows import PhaseForm
from treatment_plans.forms.rows import with_rows
from treatment_plans.models import HomeCareItem, PlanTemplate, TreatmentPlan

LATEST_START_YEARS = 2
FILLED = "template_filled"  # the template used last and the boxes that it has filled in
NOTHING = {
    "condition": "Not said", "service": "Choose", "location": "Choose", "pressure": "Not said",
}  # fmt: skip


class PlanForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """Everything of a plan but its phases and goals."""

    reason = forms.CharField(
        label="Why does the plan change?",
        max_length=300,
        required=False,
        help_text="Kept with the version.",
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    class Meta:
        model = TreatmentPlan
        fields = (
            "condition",
            "service",
            "location",
            "start_on",
            "techniques",
            "regions",
            "pressure",
            "precautions",
            "home_care",
            "review_after_sessions",
            "review_after_weeks",
        )
        widgets = {
            "techniques": forms.CheckboxSelectMultiple,
            "regions": forms.CheckboxSelectMultiple,
            "precautions": forms.Textarea(attrs={"rows": 2}),
            "home_care": forms.Textarea(attrs={"rows": 3}),
            "start_on": forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric"}),
        }
        labels = {
            "condition": "What the client comes with",
            "service": "Sessions are",
            "review_after_sessions": "Review after how many sessions",
            "review_after_weeks": "or after how many weeks, whichever is first",
        }
        help_texts = {
            "condition": "The complaint, not a diagnosis. The clinic's results are told apart by it.",
            "service": "",
            "start_on": "The day on which session 1 is due, for example 7/9/2026.",
            "regions": "Areas to treat.",
        }
        error_messages = {
            "service": {"required": "Choose what its sessions are."},
            "location": {"required": "Choose where they take place."},
            "start_on": {
                "required": "Say when the first session is due.",
                "invalid": "Enter a date like 7/9/2026.",
            },
            "review_after_sessions": {
                "required": "Say after how many sessions it is reviewed.",
                "invalid": "Enter after how many sessions it is reviewed, as a whole number.",
                "min_value": "A plan is reviewed after 1 to 50 sessions.",
                "max_value": "A plan is reviewed after 1 to 50 sessions.",
            },
            "review_after_weeks": {
                "required": "Say after how many weeks it is reviewed.",
                "invalid": "Enter after how many weeks it is reviewed, as a whole number.",
                "min_value": "A plan is reviewed after 1 to 52 weeks.",
                "max_value": "A plan is reviewed after 1 to 52 weeks.",
            },
        }

    def __init__(
        self,
        *args: Any,
        today: date,
        todays: Appointment | None = None,
        earlier: Sequence[Appointment] = (),
        templates: Sequence[PlanTemplate] = (),
        home_care: Sequence[HomeCareItem] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.todays = today, todays
        person = self.instance.practitioner
        services = Service.objects.filter(practitioners=person, kind=Service.Kind.MEDICAL)
        places = Location.objects.active().worked_at_by(person)
        self.fields["service"].queryset = services.distinct()  # type: ignore[attr-defined]
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        self.fields["techniques"].queryset = person.techniques.all()  # type: ignore[attr-defined]
        for name, words in NOTHING.items():
            say_for_nothing(self.fields[name], words)
        if self.instance.pk is None:
            self._suggest_the_only_one("service", "location")
        if templates:
            self.fields["template"] = _template_field(templates)
            self.fields[FILLED] = forms.CharField(widget=forms.HiddenInput, required=False)
        if home_care:
            self.fields["home_care_item"] = _home_care_field(home_care)
        if todays is not None:
            self.fields["counts_today"] = forms.BooleanField(
                label="Count today's visit as session 1", required=False, initial=True
            )
        self.visits = {str(visit.public_id): visit for visit in earlier}
        if self.visits:
            self.fields["first_visit"] = _first_visit_field(self.visits)

    def _suggest_the_only_one(self, *names: str) -> None:
        """Choose for a new plan what leaves no choice. One query for each."""
        for name in names:
            offered = list(self.fields[name].queryset[:2])  # type: ignore[attr-defined]
            if len(offered) == 1:
                self.initial[name] = offered[0].pk

    def clean(self) -> dict[str, Any]:
        """A plan starts today or later, or on the day of the visit that was its session 1."""
        data = super().clean() or self.cleaned_data
        visit = self.visits.get(data.get("first_visit", ""))
        data["first_visit"] = visit or (self.todays if data.get("counts_today") else None)
        if visit is not None:
            data["start_on"] = visit.local_day
        elif data.get("start_on") and data["start_on"] != self.initial.get("start_on"):
            self._check_start(data["start_on"])
        return data

    def _check_start(self, day: date) -> None:
        """Refuse a first session in the past or years ahead, unless it was already so."""
        if day < self.today:
            text = "The first session cannot be due in the past."
            if self.visits:
                text += " If an earlier visit was session 1, choose it below."
            self.add_error("start_on", ValidationError(text, code="past"))
        elif day.year > self.today.year + LATEST_START_YEARS:
            text = "Choose a date within two years."
            self.add_error("start_on", ValidationError(text, code="too_far"))


def _template_field(templates: Sequence[PlanTemplate]) -> forms.ChoiceField:
    """Templates under the condition that their study was about."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in templates:
        groups.setdefault(one.condition.name, []).append((one.slug, one.name))
    return forms.ChoiceField(
        label="Start from a template",
        required=False,
        choices=[("", "None"), *groups.items()],
        help_text="Fills in the phases, the review and what its study calls for. Change all you like.",
    )


def _home_care_field(home_care: Sequence[HomeCareItem]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="From the clinic's home care",
        required=False,
        choices=[("", "Choose"), *((str(one.pk), f"{one.name}, {one.dose}") for one in home_care)],
        help_text="Is added above. How much and how often can be changed there.",
        error_messages={"invalid_choice": "Choose from the list as it is now."},
    )


def _first_visit_field(visits: Mapping[str, Appointment]) -> forms.ChoiceField:
    days = [(key, say_day(visit.local_day)) for key, visit in visits.items()]
    return forms.ChoiceField(
        label="An earlier visit was session 1",
        required=False,
        choices=[("", "No"), *days],
        help_text="The plan then starts on that day.",
    )


def filled_from(
    template: PlanTemplate, data: QueryDict, templates: Sequence[PlanTemplate] = ()
) -> QueryDict:
    """Posted data with what a template says in the place of phases and review.

    Precautions are added to; a condition or pressure that was chosen stays. What the
    template before this one has filled in makes way, unless somebody has changed it.
    """
    rows = [
        {name: [str(value)] for name, value in PhaseForm.row(phase).items() if value is not None}
        for phase in template.phases.all()
    ]
    filled = _without_the_last(with_rows(data, "phases", rows), templates)
    filled["review_after_sessions"] = str(template.review_after_sessions)
    filled["review_after_weeks"] = str(template.review_after_weeks)
    by_it = [template.slug]
    for name, value in _choices_of(template).items():
        if value and not filled.get(name):
            filled[name] = value
            by_it.append(name)
    said = filled.get("precautions", "").replace("\r\n", "\n")
    if template.precautions and template.precautions not in said:
        filled["precautions"] = f"{said}\n{template.precautions}".strip()
        by_it.append("precautions")
    filled[FILLED] = ":".join(by_it)
    return filled


def _without_the_last(data: QueryDict, templates: Sequence[PlanTemplate]) -> QueryDict:
    """Posted data without what the last template has filled in and nobody has changed since."""
    slug, *names = data.get(FILLED, "").split(":")
    last = next((one for one in templates if one.slug == slug), None)
    if last is None:
        return data
    for name, value in _choices_of(last).items():
        if name in names and data.get(name) == value:
            data[name] = ""
    said = "\n" + data.get("precautions", "").replace("\r\n", "\n") + "\n"
    if "precautions" in names:
        data["precautions"] = said.replace(f"\n{last.precautions}\n", "\n", 1).strip()
    return data


def _choices_of(template: PlanTemplate) -> dict[str, str]:
    return {"condition": str(template.condition_id), "pressure": template.pressure}


def with_home_care(item: HomeCareItem, data: QueryDict) -> QueryDict:
    """Posted data with what was picked on a line of its own, unless it is there already."""
    more, said = data.copy(), data.get("home_care", "").rstrip()
    more["home_care_item"] = ""
    if item.said not in said:
        more["home_care"] = f"{said}\n{item.said}".strip()
    return more
