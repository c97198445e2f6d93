"""What every admin page here does alike: sensible dates, honest statuses, nothing lost by deleting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, models
from django.db.models import ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst, slugify

from practitioners.admin.fields import SensibleDateField, SensibleMomentField
from practitioners.deleting import reasons_to_keep

UNPROCESSABLE, CONFLICT = 422, 409


class SharedChoices(BaseModelAdmin):
    """Rows that choose from the same table read it once for a page, not once for each row."""

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and request is not None:
            read = vars(request).setdefault("choices_read", {})
            if db_field not in read:
                read[db_field] = list(field.choices)
            field.choices = read[db_field]
        return field


class PlainErrors(BaseModelAdmin):
    """A box that was left empty says what belongs into it."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            is_choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
            verb = "Choose" if is_choice else "Enter"
            field.error_messages["required"] = f"{verb} the {_inside_a_sentence(str(field.label))}"
        return field


def _inside_a_sentence(label: str) -> str:
    """Starts at, but ICD-10: only a first letter that stands alone becomes small."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


class SensibleDates(SharedChoices, PlainErrors):
    """Dates and times far outside a working life are refused at the field."""

    formfield_overrides = {
        models.DateField: {"form_class": SensibleDateField},
        models.DateTimeField: {"form_class": SensibleMomentField},
    }


class ClinicModelAdmin(SensibleDates, admin.ModelAdmin):
    """A page of the admin site. A form that could not be saved answers 422."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["summary_forms"] = [one.formset for one in context["inline_admin_formsets"]]
        response = super().render_change_form(request, context, *args, **kwargs)
        if context.get("errors"):
            response.status_code = UNPROCESSABLE
        return response

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A list is called after what it lists."""
        title = {} if "_popup" in request.GET else {"title": self.opts.verbose_name_plural}
        return super().changelist_view(
            request, {key: capfirst(str(one)) for key, one in title.items()} | (extra_context or {})
        )

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """What is not there, or not for this person, is not found: both look alike."""
        raise Http404


class SlugFromName(forms.ModelForm):
    """Makes the short name for addresses from the name when none is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "Part of the address of the page. Empty: from the name."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "slug" in self.fields and "slug" not in self.errors and not cleaned.get("slug"):
            cleaned["slug"] = self._free_slug(cleaned.get("name") or "")
        return cleaned

    def _free_slug(self, name: str) -> str:
        taken = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        base = slugify(name)[:50] or self._meta.model._meta.model_name
        slug, number = base, 1
        while taken.filter(slug=slug).exists():
            number += 1
            slug = f"{base}-{number}"
        return slug


class KeepsHistory(ClinicModelAdmin):
    """Refuses in words to delete what other rows refer to, and offers what to do instead.

    `instead` are the fields that the button sets, `instead_words` its label.
    """

    instead: dict[str, Any] = {}
    instead_words = ""
    actions: tuple[str, ...] = ("delete_selected",)

    def reasons_to_keep(self, row: Any) -> list[str]:
        """Why a row cannot go; empty when it can."""
        return reasons_to_keep(row)

    def ahead(self, rows: list[Any]) -> list[Any]:
        """What has to be moved first, as words with a link."""
        return []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_delete_permission(request, row):
            return super().delete_view(request, object_id, extra_context)
        if request.method == "POST" and "instead" in request.POST:
            return self._do_instead(request, row)
        if self.reasons_to_keep(row):
            return self._refuse(request, [row])
        try:
            return super().delete_view(request, object_id, extra_context)
        except (ProtectedError, IntegrityError):  # something referred to it a moment ago
            return self._refuse(request, [row])

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Delete several, or none of them when one has to stay."""
        kept = [row for row in queryset if self.reasons_to_keep(row)]
        if kept:
            return self._refuse(request, kept)
        try:
            return delete_selected(self, request, queryset)
        except (ProtectedError, IntegrityError):
            return self._refuse(request, list(queryset))

    def _refuse(self, request: HttpRequest, rows: list[Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{rows[0]} cannot be deleted" if len(rows) == 1 else "Nothing was deleted",
            "kept": [(row, self._address(row), self.reasons_to_keep(row)) for row in rows],
            "ahead": self.ahead(rows),
            "instead_words": self.instead_words if len(rows) == 1 else "",
            "instead_url": self._address(rows[0], "delete"),
        }
        status = CONFLICT if request.method == "POST" else 200
        return TemplateResponse(request, "admin/kept.html", context, status=status)

    def _do_instead(self, request: HttpRequest, row: Any) -> HttpResponse:
        if self.instead and self.has_change_permission(request, row):
            for name, value in self.instead.items():
                setattr(row, name, value)
            row.save(update_fields=list(self.instead))
            self.log_change(request, row, [{"changed": {"fields": list(self.instead)}}])
            self.message_user(request, f"{row} stays on file: {self.instead_words.lower()}.")
        else:
            self.message_user(request, "You may not change this.", messages.ERROR)
        return redirect(self._address(row))

    def _address(self, row: Any, page: str = "change") -> str:
        names = (self.admin_site.name, self.opts.app_label, self.opts.model_name, page)
        return reverse("{}:{}_{}_{}".format(*names), args=[row.pk])
