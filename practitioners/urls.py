"""Addresses of what visitors read, and where specialists write it."""

from django.urls import path

from practitioners.views import profile, reading

urlpatterns = [
    path("techniques/", reading.techniques, name="techniques"),
    path("techniques/<slug:slug>/", reading.technique, name="technique"),
    path("conditions/", reading.conditions, name="conditions"),
    path("conditions/<slug:slug>/", reading.condition, name="condition"),
    path("about-medical-massage/", reading.about_massage, name="about_massage"),
    path("desk/profile/", profile.desk_profile, name="desk_profile"),
    path("media/practitioners/<str:name>", reading.photo, name="photo"),
]
