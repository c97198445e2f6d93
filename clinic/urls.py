"""Every address of the site. The apps bring their own; the rest belongs to no app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("practitioners.urls")),
    path("", include("bookings.urls")),
    path("", include("treatment_plans.urls")),
]
