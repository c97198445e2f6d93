"""How gunicorn is told to serve the site."""

from __future__ import annotations

import gc

from gunicorn.config import Config

from clinic import gunicorn_conf


def test_what_was_read_before_the_workers_are_made_is_left_alone_by_them() -> None:
    assert "when_ready" in Config().settings
    before = gc.get_freeze_count()
    try:
        gunicorn_conf.when_ready(server=None)
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
