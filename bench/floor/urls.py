"""The clinic's addresses, and the floor's beside them."""

from django.urls import include, path

from bench.floor import views

urlpatterns = [
    path("floor/hello/", views.hello),
    path("floor/book/", views.book),
    path("floor/slots/", views.slots),
    path("floor/our-slots/", views.our_slots),
    path("floor/page/<int:rows>/", views.page),
    path("", include("clinic.urls")),
]

handler400 = "clinic.errors.bad_request"
handler403 = "clinic.errors.not_allowed"
handler404 = "clinic.errors.not_found"
handler500 = "clinic.errors.server_error"
