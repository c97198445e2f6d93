"""What a plan can refuse, each with a code and a sentence for the page."""

from __future__ import annotations


class PlanError(Exception):
    """A change of a plan that is not possible."""

    code = "plan"
    sentence = "This plan cannot be changed like that."

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class WrongState(PlanError):
    code = "wrong_state"


class BadPhases(PlanError):
    code = "bad_phases"


class TooFewSessions(BadPhases):
    """As many sessions as are done already: the plan would end without a word."""

    code = "too_few_sessions"

    def __init__(self, done: int) -> None:
        already = "1 session is" if done == 1 else f"{done} sessions are"
        super().__init__(
            f"{already} done already, so this plan would end at once. Plan more than {done},"
            " or end it with “End it” on the plan's page."
        )


class EditedElsewhere(PlanError):
    """Somebody saved a newer version while this page was open."""

    code = "edited_elsewhere"
    sentence = "Someone saved this plan while you were working on it."


class SentBefore(PlanError):
    """The same form has written its plan already."""

    code = "sent_before"
    sentence = "This form has saved the plan already. Sent again it changed nothing."


class ReasonMissing(PlanError):
    code = "reason_missing"
    sentence = "Say why the plan changes."


class BadScore(PlanError):
    """A value that is not on the scale of its measure."""

    code = "bad_score"
