from django.apps import AppConfig

from bookings import extensions


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"

    def ready(self) -> None:
        """A name in the settings that does not load stops the start."""
        extensions.check()
