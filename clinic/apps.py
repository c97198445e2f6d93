from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Clinic"


class ClinicAdminConfig(AdminConfig):
    """Django's admin with our own site, which has no password form."""

    default_site = "clinic.admin_site.ClinicAdmin"
