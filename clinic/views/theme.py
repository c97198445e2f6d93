"""The switch between light and dark."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from clinic.context_processors import THEMES

A_YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the colours in a cookie and go back to the page."""
    way_back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(way_back, allowed_hosts=None):
        way_back = "/"
    response = redirect(way_back)
    if request.POST.get("theme") in dict(THEMES):
        response.set_cookie(
            "theme",
            request.POST["theme"],
            max_age=A_YEAR,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
