"""What an admin types to set a clinic up."""

from __future__ import annotations

from django import forms

from bookings.forms import AddressField, Styled
from bookings.models.text import check_one_line
from clinic.models import ROLES
from clinic.staff import PRACTITIONER


class PersonForm(Styled):
    """A name and an address."""

    name = forms.CharField(
        max_length=120, validators=[check_one_line], error_messages={"required": "Enter the name"}
    )
    email = AddressField(widget=forms.EmailInput)


class InviteForm(PersonForm):
    """Somebody new, with what they may do."""

    roles = forms.MultipleChoiceField(
        choices=[(role, role) for role in (PRACTITIONER, *ROLES)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role"},
    )
