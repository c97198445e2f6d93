"""The settings of a clinic's site, but for styles, which need no manifest in a test."""

from clinic.settings import *  # noqa: F403
from clinic.settings import STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
