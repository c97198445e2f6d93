"""The clinic's own settings, with no throttle and no manifest of styles, and the floor's views."""

import logging

from clinic.settings import *  # noqa: F403
from clinic.settings import BASE_DIR, STORAGES, TEMPLATES, THROTTLES

DEBUG = False
ALLOWED_HOSTS = ["localhost", "testserver"]
SITE_URL = "http://localhost"
ROOT_URLCONF = "bench.floor.urls"
HTTPS = SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sessionid", "csrftoken"
FOLDERS = [BASE_DIR / "templates", BASE_DIR / "bench" / "floor" / "templates"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
THROTTLES = {name: (10**9, window) for name, (_, window) in THROTTLES.items()}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
TEMPLATES = [{**TEMPLATES[0], "DIRS": FOLDERS}]
STATIC_ROOT = None
LOGGING_CONFIG = None
logging.disable(logging.WARNING)  # what is refused is counted, not told
