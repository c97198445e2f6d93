"""The Celery application: workers and beat start from here."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_log(**_about: Any) -> None:
    """Celery would replace the site's log by its own, which prints what an error says."""


@task_prerun.connect
def name_the_task(task_id: str, task: Any, **_about: Any) -> None:
    """Say in every line meanwhile which task it belongs to."""
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def forget_the_task(**_about: Any) -> None:
    structlog.contextvars.clear_contextvars()
