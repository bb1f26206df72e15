"""What a model call must have before it is made (a share of the job's budget, a closed breaker), and where it is told.

Both are shared by all functions. They fail to different sides: without the meter nothing may be spent, without the
breaker's memory everybody may try.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from advisor.domain.breaker import Outcome
from advisor.domain.usage import JobUsage, Usage


class MeterUnavailableError(Exception):
    """The meter did not answer, so that nobody knows what the job has spent."""


@dataclass(frozen=True)
class Reservation:
    """A part of a job's budget (US dollars) that one call may use."""

    reservation_id: str
    job_id: str
    amount: Decimal


class UsageMeter(Protocol):
    """Counts what jobs and users spend; no job's reservations and costs ever sum to more than its budget."""

    def reserve(self, job_id: str, amount: Decimal) -> Reservation | None:
        """Set ``amount`` aside; None when the job's budget does not hold it. Raises MeterUnavailableError."""
        ...

    def settle(self, reservation: Reservation, usage: Usage, *, agent: str, user_id: str) -> None:
        """Count what the call really used and free the rest; once, however often it is told.

        Raises MeterUnavailableError; the reservation then stays, so that the budget still holds.
        """
        ...

    def of_job(self, job_id: str) -> JobUsage:
        """What a job has used; raises MeterUnavailableError."""
        ...


@dataclass(frozen=True)
class Permit:
    """Leave to call a model; ``probe`` names the one try of a half-open breaker, ``blind``: the memory was away."""

    allowed: bool
    probe: float | None = None
    blind: bool = False


class CircuitBreakers(Protocol):
    """One breaker a model; never raises: calls pass when its memory does not answer."""

    def permit(self, model_id: str) -> Permit: ...

    def report(self, model_id: str, permit: Permit, outcome: Outcome | None) -> str | None:
        """Tell how the permitted call ended (None: it was not made); ``opened`` or ``closed`` when that changed it."""
        ...
