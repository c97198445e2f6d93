"""`python -m bench [NAME]`; `make bench` starts it with servers of its own."""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.floor.settings"  # the servers name the site's own
django.setup()

from bench.run import main  # noqa: E402  the workloads import models

sys.exit(main(sys.argv[1:]))
