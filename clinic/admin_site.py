"""The clinic's Django admin: signing in goes through the site's own page."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.core.exceptions import PermissionDenied


class ClinicAdmin(AdminSite):
    """Django admin without a password form."""

    site_header = "Clinic administration"
    site_title = "Clinic administration"
    index_title = "What would you like to manage?"

    def login(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Send strangers to the sign-in page and refuse people without the right."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied
        return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.GET.get('next', request.path)})}")

