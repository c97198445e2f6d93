"""Letters to a client's doctor: written after a review, printed at the desk, read by the client."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.links import BadLink
from treatment_plans import findings
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.forms.letter import LetterForm
from treatment_plans.models import Letter
from treatment_plans.referring import draft, read_letter_link, refer
from treatment_plans.views.by_link import is_theirs, not_yours
from treatment_plans.views.reviews import review_of


@require_http_methods(["GET", "HEAD", "POST"])
def desk_letter(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write to the client's doctor; the client is told that there is a letter."""
    review, now = review_of(request, public_id), timezone.now()
    record_opened(review.plan.client, request.user, "letter", now=now)
    if request.method == "POST":
        form, problems = LetterForm(request.POST), []
        if form.is_valid():
            data = form.cleaned_data
            try:
                refer(review, to_whom=data["to_whom"], text=data["text"], by=request.user, now=now)
            except PlanError as problem:
                problems = [(problem.sentence, "id_text")]
            else:
                messages.success(request, "Kept. Print it below; the client is told of it.")
                return redirect("desk_letter", public_id=review.public_id)
    else:
        begun = draft(review, findings.of(review, now=now))
        form, problems = LetterForm(initial={"text": begun}), []
    context = {
        "review": review,
        "client": review.plan.client,
        "form": form,
        "problems": problems,
        "written": review.letters.all(),
    }
    status = 422 if problems or form.errors else 200
    return render(request, "treatment_plans/desk_letter.html", context, status=status)


@require_safe
def desk_letter_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The letter for paper."""
    letters = Letter.objects.visible_to(request.user).with_plan()
    letter = get_object_or_404(letters, public_id=public_id)
    record_opened(letter.client, request.user, "letter", now=timezone.now())
    return render(request, "treatment_plans/letter_paper.html", _about(letter))


@require_safe
def letter_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead whoever has signed in to the letter of a message, if it is theirs to read."""
    try:
        letter = read_letter_link(token)
    except BadLink:
        return not_yours(request)
    own = Letter.objects.own_of(request.user).filter(pk=letter.pk)
    if not is_theirs(own, letter.client, request.user):
        return not_yours(request)
    return redirect("my_letter", public_id=letter.public_id)


@require_safe
def my_letter(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What was written about oneself, and to whom."""
    letter = get_object_or_404(Letter.objects.own_of(request.user), public_id=public_id)
    record_opened(letter.client, request.user, "own letter", now=timezone.now())
    return render(request, "treatment_plans/my_letter.html", _about(letter))


def _about(letter: Letter) -> dict[str, Any]:
    zone = letter.review.plan.location.zone
    return {
        "letter": letter,
        "plan": letter.review.plan,
        "today": letter.written_at.astimezone(zone).date(),
    }
