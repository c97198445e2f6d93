"""Forms that two people may have open at once: nobody writes what they have not changed.

A form carries a digest of what each of its boxes showed. A box that comes back as it was
shown says what is stored by now; one that both have changed is told of at that box, once.

    shown     07700 900 111        07700 900 111          07700 900 111
    stored    07700 900 222        07700 900 111          07700 900 222
    typed     07700 900 111        07700 900 333          07700 900 333
              the stored one stays  the typed one counts  asked, then the typed one counts
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django import forms
from phonenumber_field.phonenumber import PhoneNumber

from bookings.forms import Styled
from bookings.times import say_day

CARRIED = "digests"
EMPTIED = "Somebody else has emptied this meanwhile."
CHANGED = "Somebody else has changed this meanwhile: it is “{}” now."
YOURS = " Save again to have yours instead."


class OpenTwice(Styled):
    """Leaves alone what its writer has not changed, and asks where somebody else has changed it, too."""

    digests = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def wrong_status(self) -> int:
        """With which status the form comes back when it cannot be saved yet."""
        return 409 if self._met else 422

    _met: Sequence[str] = ()  # boxes that somebody else has changed, too

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        """The digests go by what the form shows first, which is what is stored."""
        if field_name == CARRIED:
            return " ".join(f"{name}:{_digest(texts)}" for name, texts in self._all_stored())
        return super().get_initial_for_field(field, field_name)

    def full_clean(self) -> None:
        """Take in what was stored meanwhile, before anything is judged."""
        if self.is_bound and self.data.get(self.add_prefix(CARRIED)):
            self._take_in()
        super().full_clean()

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        self.cleaned_data.pop(CARRIED, None)
        for name in self._met:
            self.add_error(name, self._said_of(name))

    def _take_in(self) -> None:
        sent: Any = self.data
        data = sent.copy()
        carried = data[self.add_prefix(CARRIED)].split()
        shown = dict(part.split(":", 1) for part in carried if ":" in part)
        met = []
        for name, texts in self._all_stored():
            typed, stored = _digest(self._typed(name)), _digest(texts)
            if typed in (shown.get(name), stored):
                for box, said in self._boxes(name).items():
                    data.setlist(box, said)
            elif shown.get(name, stored) != stored:
                met.append(name)
        data[self.add_prefix(CARRIED)] = self.get_initial_for_field(self.fields[CARRIED], CARRIED)
        self.data, self._met = data, met

    def _all_stored(self) -> list[tuple[str, list[str]]]:
        """Each field with what its boxes say as stored."""
        names = [name for name in self.fields if name != CARRIED]
        return [(name, _in_a_row(self._boxes(name).values())) for name in names]

    def _typed(self, name: str) -> list[str]:
        data: Any = self.data
        return _in_a_row(data.getlist(box) for box in self._boxes(name))

    def _boxes(self, name: str) -> dict[str, list[str]]:
        """What a browser would send of a field that nobody touches, by the names of its boxes."""
        field, box = self.fields[name], self.add_prefix(name)
        value = field.prepare_value(self.get_initial_for_field(field, name))
        widget: Any = field.widget
        if isinstance(widget, forms.CheckboxInput):
            return {box: ["on"] if value else []}
        if isinstance(widget, forms.MultiWidget):
            parts: list[Any] = widget.decompress(value) or []
            return {f"{box}_{number}": [_text(part)] for number, part in enumerate(parts)}
        said = widget.format_value(value)
        return {box: list(said) if isinstance(said, list | tuple) else [_text(said)]}

    def _said_of(self, name: str) -> str:
        """How a box stands now, for whoever has typed something else."""
        field = self.fields[name]
        value = self.get_initial_for_field(field, name)
        said = _in_words(field, value)
        return (CHANGED.format(said) if said else EMPTIED) + YOURS


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return "ticked" if value else "not ticked"
    if isinstance(value, date):
        return say_day(value)
    if isinstance(value, PhoneNumber):
        return str(value.as_international)
    if isinstance(field, forms.ChoiceField):
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])}
        named: Any = field.choices
        return ", ".join(str(label) for key, label in named if str(key) in chosen and label)
    return _text(field.widget.format_value(field.prepare_value(value))).strip()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _in_a_row(boxes: Any) -> list[str]:
    return [text for box in boxes for text in sorted(box)]


def _digest(texts: Sequence[str]) -> str:
    """The same for texts that differ only in how a browser breaks lines, or in spaces around."""
    said = "\0".join(text.replace("\r\n", "\n").strip() for text in texts)
    return sha256(said.encode()).hexdigest()[:16]
