"""How gunicorn serves the site: `gunicorn -c python:clinic.gunicorn_conf clinic.wsgi`."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from clinic.memory import freeze

workers = 2
threads = 4
preload_app = True  # read the code once, before the workers are made
timeout = 120
graceful_timeout = 5
loglevel = "warning"


def when_ready(server: Any) -> None:
    """Freeze the memory that the workers will share, before they are made."""
    freeze()


class SiteLogger(Logger):
    """Hands gunicorn's lines to the log of the site, which knows what must not be said."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """A request that cannot be read is quoted by gunicorn, its address included."""
        if str(msg).startswith("Invalid request"):
            msg, args = "A request could not be read.", ()
        super().warning(msg, *args, **kwargs)


logger_class = SiteLogger
