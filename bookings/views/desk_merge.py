"""Two entries side by side, and one of them given up for the other."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bookings import merging
from bookings.acting import who_acts_for
from bookings.errors import BookingError
from bookings.models import Client, ClientMerge


@require_http_methods(["GET", "HEAD", "POST"])
def desk_client_merge(request: HttpRequest, public_id: UUID, other_id: UUID) -> HttpResponse:
    """Compare two entries; choosing one joins the other into it."""
    _may_merge(request)
    people = Client.objects.visible_to(request.user).with_no_shows().with_visits()
    pair = [get_object_or_404(people, public_id=key) for key in (public_id, other_id)]
    if pair[0] == pair[1]:
        raise Http404
    if request.method != "POST":
        return _page(request, pair)
    chosen = request.POST.get("keep", "")
    kept = next((one for one in pair if str(one.public_id) == chosen), None)
    if kept is None:
        return _page(request, pair, "Choose which entry to keep", status=422)
    other = pair[1] if kept == pair[0] else pair[0]
    try:
        merging.merge(kept, other, by=request.user, now=timezone.now())
    except BookingError as refusal:
        return _page(request, pair, refusal.sentence, status=refusal.status)
    messages.success(request, f"{other.name} was joined into {kept.name}. Nothing was deleted.")
    return redirect("desk_client", kept.public_id)


@require_POST
def desk_merge_undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make two of one again."""
    _may_merge(request)
    merged = get_object_or_404(ClientMerge, public_id=public_id)
    try:
        merging.undo(merged, by=request.user, now=timezone.now())
        messages.success(request, "They are two entries again.")
    except BookingError as refusal:
        messages.warning(request, refusal.sentence)
    return redirect("desk_client", merged.absorbed.public_id)


def _may_merge(request: HttpRequest) -> None:
    """Raises PermissionDenied: admins and the clinical lead only."""
    if not (request.user.is_clinic_admin or request.user.is_clinical_lead):
        raise PermissionDenied


def _page(
    request: HttpRequest, pair: list[Client], problem: str = "", *, status: int = 200
) -> HttpResponse:
    acting = [who_acts_for(one) for one in pair]
    context = {"pair": pair, "acting": acting, "problems": [(problem, "keep")] if problem else []}
    return render(request, "bookings/desk_client_merge.html", context, status=status)
