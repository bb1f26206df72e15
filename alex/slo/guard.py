"""The freeze of feature deployments when an error budget is exhausted (CICD-12, OPS-08).

    no policy in the settings            -> passes
    not deployed yet                     -> passes, and says that there is nothing to measure
    deployed, no events in the window    -> passes, and says so: nobody was let down
    budgets with something left          -> passes
    a budget exhausted                   -> refused
    the state cannot be read             -> refused: a guard that cannot see must not wave through

What is refused passes with a reason: ``reliability`` (it mends what spent the budget) or ``emergency``. Every decision
is recorded with who, when, why and the budgets as they were (`deployments`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alex.errors import CommandError, Exit
from alex.slo.environment import Measured

LEAST_WORDS = 3


class Kind(StrEnum):
    """What may pass a freeze."""

    RELIABILITY = "reliability"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Reason:
    """Why this deployment cannot wait."""

    kind: Kind
    text: str


class Outcome(StrEnum):
    """What the guard decided."""

    NO_POLICY = "no policy"
    FIRST = "first deployment"
    NO_EVENTS = "no events"
    ALLOWED = "allowed"
    OVERRIDDEN = "overridden"
    REFUSED = "refused"


@dataclass(frozen=True)
class Decision:
    """The outcome and the sentence that explains it; ``remedy`` for a refusal."""

    outcome: Outcome
    why: str
    remedy: str = ""

    @property
    def passes(self) -> bool:
        """The deployment goes on."""
        return self.outcome is not Outcome.REFUSED


def reason_of(given: tuple[str, str] | None) -> Reason | None:
    """The reason as it was typed.

    :raises CommandError: an unknown kind, or no sentence.
    """
    if given is None:
        return None
    kind, text = given
    if kind not in list(Kind) or len(text.split()) < LEAST_WORDS:
        raise CommandError(
            f"{kind!r} is none of {', '.join(Kind)}" if kind not in list(Kind) else "the reason says too little",
            where="--reason",
            remedy='say which and why in a sentence: --reason emergency "restores logins after INC-123"',
            code=Exit.BAD_INPUT,
        )
    return Reason(Kind(kind), " ".join(text.split()))


def decide(measured: Sequence[Measured] | CommandError | None, reason: Reason | None) -> Decision:
    """What may happen.

    :param measured: the environment's budgets; None: it is not deployed yet; an error: they could not be read.
    """
    if measured is None:
        return Decision(Outcome.FIRST, "it is not deployed yet, so there is no budget to read")
    if isinstance(measured, CommandError):
        return _stopped(f"the error budgets cannot be read: {measured.what}", measured.remedy, reason)
    budgets = {one.indicator.name: one.freeze for one in measured if one.freeze is not None}
    if spent := {name: one for name, one in budgets.items() if one.events > 0 and one.exhausted}:
        said = "; ".join(
            f"{name}: {one.spent:.1f} of {one.minutes:.1f} minutes in {one.window_days} days"
            for name, one in spent.items()
        )
        return _stopped(f"the error budget is exhausted ({said})", "work on reliability: `alex slo` shows it", reason)
    if all(one.events <= 0 for one in budgets.values()):
        return Decision(Outcome.NO_EVENTS, "CloudWatch knows of no request and no analysis in the window")
    left = ", ".join(f"{name} {one.left:.1f} of {one.minutes:.1f} minutes left" for name, one in budgets.items())
    return Decision(Outcome.ALLOWED, left)


def _stopped(why: str, remedy: str, reason: Reason | None) -> Decision:
    if reason is not None:
        return Decision(Outcome.OVERRIDDEN, why)
    return Decision(
        Outcome.REFUSED, why, f'{remedy}; what cannot wait passes, recorded: --reason {"|".join(Kind)} "why"'
    )
