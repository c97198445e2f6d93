"""Settings of the clinic's site.

Every value that differs between installations is an environment variable with
a type and a default; docs/settings.md lists them with their meaning.
"""

from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF

from clinic.addresses import broker_address, database_config
from clinic.logs import where_it_failed
from clinic.servers import cache_url, database_url, redis_url

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- What kind of run this is -------------------------------------------------

# DEBUG=1 is a machine of one's own: demo people, plain http, files as they lie. Django's own
# pages about errors would stand in the place of ours there, so they are asked for apart.
LOCAL = env.bool("DEBUG", default=False)
DEBUG = LOCAL and env.bool("DEBUG_PAGES", default=False)
DEMO = LOCAL and env.bool("DEMO", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development" if LOCAL else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")

# --- Applications -------------------------------------------------------------

INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "practitioners",
    "bookings",
    "treatment_plans",
    "clinic.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "health_check",
    "pgtrigger",
    "pghistory",
    "phonenumber_field",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.logs.RequestLog",
    "clinic.middleware.NoBareRefusals",
    "clinic.middleware.RefuseBrokenText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.middleware.SessionLimits",
    "clinic.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.middleware.PrivatePages",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinic.typed.TypedBefore",
    "pghistory.middleware.HistoryMiddleware",
    "clinic.middleware.ReadOnce",
]

# To look at a page changes nothing, so nobody has to be named before each of its statements.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context_processors.site",
            ],
            "builtins": [
                "bookings.templatetags.clinic_time",
                "clinic.templatetags.look",
                "clinic.templatetags.fixed",
                "clinic.templatetags.parts",
            ],
        },
    }
]
FORM_RENDERER = "clinic.drawing.Drawn"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database, cache, sessions --------------------------------------------------

DATABASES = {
    "default": {
        **database_config(env.str("DATABASE_URL", default="") or database_url(BASE_DIR)),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_clinic")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = broker_address(env.str("REDIS_URL", default="") or redis_url(BASE_DIR))
CACHE_URL = env.str("CACHE_URL", default="") or cache_url(REDIS_URL)
CACHES = {"default": {"BACKEND": "clinic.cache.PatientRedisCache", "LOCATION": CACHE_URL}}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
DESK_IDLE_MINUTES = env.int("DESK_IDLE_MINUTES", default=60)
DESK_SESSION_HOURS = env.int("DESK_SESSION_HOURS", default=12)

# --- People -------------------------------------------------------------------

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["clinic.logins.ReadAtOnce"]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "landing"
SIGN_IN_CODE_MINUTES = 10

# --- Extension points of bookings (see bookings/extensions.py) --------------------

BOOKING_GATES: list[str] = [
    "treatment_plans.gates.before_booking",
]
APPOINTMENT_LISTENERS: list[str] = [
    "treatment_plans.visits.follow_appointment",
    "treatment_plans.check_ins.follow_appointment",
]
BOOKING_FACTS: list[str] = ["treatment_plans.visits.facts"]
CLIENT_NOTICES: list[str] = ["treatment_plans.gates.notices"]
MESSAGE_SOURCES: dict[str, str] = {
    "appointment": "bookings.messages.appointments.AppointmentSource",
    "sign_in_code": "bookings.messages.sign_in.SignInSource",
    "client": "bookings.messages.plain.ClientSource",
    "staff_invitation": "clinic.invitations.InvitationSource",
    "daily_digest": "bookings.messages.staff_mails.DigestSource",
    "staff_notice": "bookings.messages.staff_mails.StaffNoticeSource",
    "aftercare": "treatment_plans.aftercare.AftercareSource",
    "check_in": "treatment_plans.check_ins.CheckInSource",
    "letter": "treatment_plans.referring.LetterSource",
    "plan_visit": "treatment_plans.asking.MeasuresSource",
    "plan_version": "treatment_plans.agreements.AgreementSource",
    "treatment_plan": "treatment_plans.recall.PlanSource",
    "waiting_list": "bookings.messages.waiting.WaitingSource",
}
# What writes messages that time alone makes due; called with now=.
SWEEPS: list[str] = [
    "treatment_plans.recall.sweep",
    "treatment_plans.reviews.sweep",
    "treatment_plans.asking.sweep",
    "treatment_plans.check_ins.sweep",
    "bookings.waiting.offers.sweep",
    "bookings.outside_hours.sweep",
]
# How long a time that has opened is kept for whoever waits for it.
WAITLIST_KEEP_MINUTES = env.int("WAITLIST_KEEP_MINUTES", default=60)

# --- Messages -------------------------------------------------------------------

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="clinic.demo_mail.EmailBackend" if DEMO else "bookings.messages.smtp.EmailBackend",
)
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(BASE_DIR / ".local" / "mail"))
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=60)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clinic@example.com")
# Text messages; without a backend none are offered. The address comes from here alone.
SMS_BACKEND = env.str("SMS_BACKEND", default="clinic.demo_mail.SmsGateway" if DEMO else "")
SMS_URL = env.str(
    "SMS_URL", default="https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"
)
SMS_ACCOUNT = env.str("SMS_ACCOUNT", default="")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_FROM = env.str("SMS_FROM", default="")
SMS_TIMEOUT = env.int("SMS_TIMEOUT", default=20)
ALLOW_PRETEND_NOW = DEMO or env.bool("ALLOW_PRETEND_NOW", default=False)
MESSAGE_LEASE_SECONDS = env.int("MESSAGE_LEASE_SECONDS", default=300)
MESSAGE_BATCH = 20
MESSAGE_HELPERS = env.int("MESSAGE_HELPERS", default=2)
MESSAGE_TASK_SECONDS = 120
MESSAGE_BACKOFF_MINUTES = env.list(
    "MESSAGE_BACKOFF_MINUTES", cast=float, default=[1, 5, 15, 60, 180, 360, 720]
)
MESSAGE_BREAKER_SECONDS = env.int("MESSAGE_BREAKER_SECONDS", default=60)
MESSAGE_GRACE_SECONDS = env.int("MESSAGE_GRACE_SECONDS", default=180)

# --- Celery: starts work, never holds the future ------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = MESSAGE_TASK_SECONDS + max(EMAIL_TIMEOUT, 3 * SMS_TIMEOUT) + 30
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 30
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker may be away for as long as it likes
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "what-is-due": {"task": "treatment_plans.tasks.sweep", "schedule": 60.0},
    "who-waits": {"task": "bookings.tasks.offer_from_waiting_list", "schedule": 60.0},
    "outside-hours": {"task": "bookings.tasks.tick_off_outside_hours", "schedule": 60.0},
    "send-due": {"task": "bookings.tasks.send_due", "schedule": 30.0},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: a file may be half written by a kill

# --- Language, time, files ----------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DEFAULT_REGION = env.str("PHONE_REGION", default="GB")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media"))
MEDIA_URL = "media/"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = LOCAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security -------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws ticks and arrows as data images
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clinic.errors.page_was_open_too_long"
HTTPS = env.bool("HTTPS", default=not LOCAL)
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# Proxies of our own in front of the site; only what they add to X-Forwarded-For is believed.
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
# How often one visitor (session and network) may ask, per window in seconds.
THROTTLES = {
    "sign_in_code": (env.int("THROTTLE_CODES", default=5), 15 * 60),
    "sign_in_try": (env.int("THROTTLE_TRIES", default=10), 15 * 60),
    "hold": (env.int("THROTTLE_HOLDS", default=60), 10 * 60),
    "sms_hook": (env.int("THROTTLE_SMS_HOOK", default=600), 60),
    "book": (env.int("THROTTLE_BOOKINGS", default=30), 10 * 60),
    "feed": (env.int("THROTTLE_FEEDS", default=60), 60 * 60),
}

# --- Logs: JSON lines, no names, no addresses, no notes ---------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
            ],
            "processors": [
                where_it_failed,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        }
    },
    "filters": {"patterns": {"()": "clinic.logs.PatternsOnly"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["patterns"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},  # what paper has no use for, such as a dark theme
        "fontTools": {"level": "ERROR"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
