"""Objects of a model out of rows that the database has sent, made in a fraction of the usual time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

KEEP_ONLY = (DeferredAttribute, ForeignKeyDeferredAttribute)  # attributes that do nothing else
USUAL: Any = Model.from_db.__func__  # type: ignore[attr-defined]


class ObjectsOf:
    """Makes what `from_db` of a model makes of these columns.

    Django's own asks every field of the model, whether it was read or not, and tells two signals.
    A model that wants to notice when one of its objects is made gets it from Django.
    """

    def __init__(self, model: type[Model], names: Sequence[str]) -> None:
        self._model, self._names = model, tuple(names)
        kinds = {name: type(getattr(model, name)) for name in names}
        self._converted = [name for name, kind in kinds.items() if kind not in KEEP_ONLY]

    def made(self, values: Sequence[Any]) -> Any:
        """The object of one row."""
        if self._is_watched:
            return self._model.from_db(DEFAULT_DB_ALIAS, self._names, values)
        found = self._model.__new__(self._model)
        found._state = state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        known = found.__dict__
        known.update(zip(self._names, values, strict=True))
        for name in self._converted:  # like phone numbers
            setattr(found, name, known[name])
        return found

    @cached_property
    def _is_watched(self) -> bool:
        """Whether somebody wants to do or to know something when an object is made."""
        model: Any = self._model
        is_usual = model.__init__ is Model.__init__ and model.from_db.__func__ is USUAL
        return not is_usual or pre_init.has_listeners(model) or post_init.has_listeners(model)

    def from_db(self, _line: str, _names: Sequence[str], values: Sequence[Any]) -> Any:
        """The same, as Django asks a model for it."""
        return self.made(values)


def beside(populators: Iterable[Any]) -> list[Any]:
    """What populates the objects of `select_related`, made to make them like this, too."""
    found = list(populators)
    for one in found:
        one.model_cls = ObjectsOf(one.model_cls, one.init_list)
        beside(one.related_populators)
    return found
