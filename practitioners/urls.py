"""Addresses of what visitors read."""

from django.urls import path

from practitioners import views

urlpatterns = [
    path("techniques/", views.techniques, name="techniques"),
    path("techniques/<slug:slug>/", views.technique, name="technique"),
    path("conditions/", views.conditions, name="conditions"),
    path("conditions/<slug:slug>/", views.condition, name="condition"),
    path("about-medical-massage/", views.about_massage, name="about_massage"),
    path("media/practitioners/<str:name>", views.photo, name="photo"),
]
