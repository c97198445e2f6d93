"""Messages in Django admin: how each stands, every try, and deciding by hand. Never what one says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin.read_only import ReadOnlyAdmin, ReadOnlyInline
from bookings.messages import by_hand, codes
from bookings.messages.kinds import KINDS
from bookings.models import Message, MessageAttempt
from bookings.times import Words
from practitioners.clocks import clinic_zone
from practitioners.models import ClinicSettings
from practitioners.once import once


def said_at(name: str, label: str) -> Callable[..., str]:
    """A column that says a moment as every page does, on the desk's clock."""

    @admin.display(description=label, ordering=name)
    def said(self: Any, message: Message) -> str:
        at = getattr(message, name)
        return once("the desk's words", _words).when(at, today=_today()) if at else ""

    return said


def _words() -> Words:
    return Words(clinic_zone(), ClinicSettings.current().time_style)


def _today() -> date:
    return timezone.now().astimezone(once("the desk's words", _words).zone).date()


class TryInline(ReadOnlyInline):
    """Every time somebody tried to hand the message over, and how it ended."""

    model = MessageAttempt
    fields = ("at", "result", "detail")
    verbose_name_plural = "tries"


class KindFilter(admin.SimpleListFilter):
    """Messages of one kind, by the name that staff know."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.name, kind.label) for kind in KINDS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(kind=self.value()) if self.value() in KINDS else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """How a message stands, with what can be decided by hand."""

    list_display = (
        "goes", "what", "to", "way", "state", "attempts", "why", "doubt",
    )  # fmt: skip
    list_filter = ("state", KindFilter, "via", "is_ambiguous")
    list_select_related = ("client",)
    show_full_result_count = False  # the ledger is long
    fields = (
        "what", "way", "to", "state", "goes", "is_too_late", "attempts",
        "is_tried", "was_sent", "why", "last_code", "is_ambiguous",
    )  # fmt: skip
    readonly_fields = ("what", "way", "to", "why", "goes", "is_too_late", "is_tried", "was_sent")
    goes = said_at("send_after", "send after")
    is_too_late = said_at("expires_at", "expires at")
    is_tried = said_at("next_attempt_at", "next attempt at")
    was_sent = said_at("sent_at", "sent at")
    inlines = (TryInline,)
    actions = ("send_again", "do_not_send", "has_arrived")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bookings.change_message")

    @admin.display(description="kind", ordering="kind")
    def what(self, message: Message) -> str:
        return KINDS[message.kind].label if message.kind in KINDS else message.kind

    @admin.display(description="by", ordering="via")
    def way(self, message: Message) -> str:
        return message.way or "as they wish"

    @admin.display(description="why")
    def why(self, message: Message) -> str:
        """The code in words that a clinic speaks."""
        return codes.say(message.last_code)

    @admin.display(description="in doubt", ordering="is_ambiguous")
    def doubt(self, message: Message) -> str:
        """Whether it may have arrived already."""
        return "may have arrived before" if message.is_ambiguous else ""

    @admin.display(description="to")
    def to(self, message: Message) -> str | SafeString:
        """Whom it is for: a client by name, staff by role, a visitor not at all."""
        if message.client is None:
            return "A member of staff" if message.user_id else "A visitor who has not signed in"
        page = reverse("admin:bookings_client_change", args=[message.client_id])
        return format_html('<a href="{}" dir="auto">{}</a>', page, message.client)

    @admin.action(permissions=["decide"], description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """What failed, came too late or nobody knows of; what waits for its next try goes now."""
        self._decide(request, queryset, by_hand.send_again, "will be sent again")

    @admin.action(permissions=["decide"], description="Do not send")
    def do_not_send(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """What has not been handed over yet."""
        self._decide(request, queryset, by_hand.do_not_send, "will not be sent")

    @admin.action(permissions=["decide"], description="It has arrived")
    def has_arrived(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Of which nobody knew."""
        self._decide(request, queryset, by_hand.has_arrived, "marked as arrived")

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Any], verb: Callable[..., bool], done: str
    ) -> None:
        chosen = list(queryset)
        changed = [one for one in chosen if verb(one, now=timezone.now())]
        for one in changed:
            self.log_change(request, one, f"By hand: {done}.")
        if changed:
            self.message_user(request, f"{_count(len(changed))} {done}.")
        if left := len(chosen) - len(changed):
            text = f"{_count(left)} left as before: their state does not allow it."
            self.message_user(request, text, messages.WARNING)


def _count(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"
