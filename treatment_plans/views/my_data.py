"""Taking home everything that we hold about oneself: bookings and the record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.own_data import own_data
from practitioners.models import ClinicSettings
from treatment_plans.access import records_opened
from treatment_plans.own_record import own_record


@require_safe
def my_data_json(request: HttpRequest) -> HttpResponse:
    """Everything, for another program. Whose record is in it gets a row in the access log."""
    now, record = timezone.now(), own_record(request.user)
    currency = ClinicSettings.current().currency
    tree = own_data(request.user, currency=currency, now=now, record=record)
    records_opened(list(record), request.user, "own data", now=now)
    answer = JsonResponse(tree, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer
