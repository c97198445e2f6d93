"""Taking home what we hold about oneself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookings.own_data import COLUMNS, own_sessions
from bookings.spreadsheets import csv_answer
from practitioners.models import ClinicSettings


@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Say what there is to take home."""
    return render(request, "bookings/my_data.html")


@require_safe
def my_data_csv(request: HttpRequest) -> HttpResponse:
    """The sessions, for a spreadsheet."""
    rows = own_sessions(request.user, currency=ClinicSettings.current().currency)
    return csv_answer("my-sessions.csv", COLUMNS, rows)
