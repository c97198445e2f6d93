"""People and access in Django admin."""

from __future__ import annotations

import django.contrib.auth.admin  # noqa: F401  makes the page of groups, which goes again here
from django.contrib import admin
from django.contrib.auth.models import Group

# What a role may do is the product's (clinic/roles.py); who holds it is said at the person.
admin.site.unregister(Group)
