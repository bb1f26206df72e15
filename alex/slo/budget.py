"""Error budgets, computed from slices of time: what an objective allows, what was spent, and how fast (OPS-08).

The budget is counted in minutes. A minute in which everything failed costs a minute, one in which 1 % failed costs a
hundredth, one without events costs nothing: nobody was let down. So a budget of 99.5 % over 30 days is 216 minutes,
3.6 hours, and is exhausted by as many minutes of outage, however many people called in each. Pure arithmetic: what is
spent adds up over slices, and never shrinks when an event goes bad.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import fsum

from settings.objectives import MINUTES_A_DAY, Burn

ROUNDING_MINUTES = 1e-9
"""Less is left than this: none is."""


@dataclass(frozen=True)
class Slice:
    """Events from ``at`` on, for ``minutes``; good ones of all."""

    at: datetime
    minutes: float
    good: float
    total: float

    @property
    def lost_minutes(self) -> float:
        """What it costs: the minutes times the share of bad events."""
        if self.total <= 0:
            return 0.0
        return self.minutes * min(1.0, max(0.0, 1 - self.good / self.total))


class State(StrEnum):
    """How a budget is doing; the first that holds. ``burning`` includes what an alarm of this speed would tell."""

    UNKNOWN = "no events"
    EXHAUSTED = "exhausted"
    BURNING = "burning"
    HEALTHY = "healthy"


@dataclass(frozen=True)
class Pace:
    """Times faster than the budget allows, over both windows of a speed that somebody is told of (minutes)."""

    limit: float
    long_minutes: int
    long_rate: float
    short_minutes: int
    short_rate: float
    severity: str

    @property
    def burning(self) -> bool:
        """Both windows are over the limit."""
        return min(self.long_rate, self.short_rate) > self.limit


@dataclass(frozen=True)
class Budget:
    """An objective's budget over the window that ends at ``until``; minutes, percent and times."""

    objective_pct: float
    window_days: int
    until: datetime
    minutes: float
    spent: float
    events: float
    paces: tuple[Pace, ...]

    @property
    def left(self) -> float:
        """Minutes; below zero when more was spent than there was."""
        return self.minutes - self.spent

    @property
    def exhausted(self) -> bool:
        """Nothing is left."""
        return self.left <= ROUNDING_MINUTES

    @property
    def achieved_pct(self) -> float:
        """Of the window's time, as the objective counts it."""
        return 100 * (1 - self.spent / (self.window_days * MINUTES_A_DAY))

    @property
    def state(self) -> State:
        """See `State`."""
        if self.events <= 0:
            return State.UNKNOWN
        if self.exhausted:
            return State.EXHAUSTED
        return State.BURNING if any(pace.burning for pace in self.paces) else State.HEALTHY


def allowed_minutes(objective_pct: float, minutes: float) -> float:
    """Minutes that may be lost out of ``minutes``: 216 of 30 days at 99.5 %."""
    return float((100 - Decimal(str(objective_pct))) * Decimal(str(minutes)) / 100)


def spent_minutes(slices: Iterable[Slice]) -> float:
    """What they cost together."""
    return fsum(one.lost_minutes for one in slices)


def budget(
    slices: Sequence[Slice], *, objective_pct: float, window_days: int, burns: Iterable[Burn], until: datetime
) -> Budget:
    """The budget at ``until``; slices that began before the window, or after its end, do not count."""
    inside = _since(slices, until, window_days * MINUTES_A_DAY)

    def rate(minutes: int) -> float:
        return spent_minutes(_since(inside, until, minutes)) / allowed_minutes(objective_pct, minutes)

    return Budget(
        objective_pct=objective_pct,
        window_days=window_days,
        until=until,
        minutes=allowed_minutes(objective_pct, window_days * MINUTES_A_DAY),
        spent=spent_minutes(inside),
        events=fsum(one.total for one in inside),
        paces=tuple(
            Pace(
                burn.rate(window_days),
                burn.long_minutes,
                rate(burn.long_minutes),
                burn.short_minutes,
                rate(burn.short_minutes),
                burn.severity,
            )
            for burn in burns
        ),
    )


def _since(slices: Iterable[Slice], until: datetime, minutes: float) -> list[Slice]:
    start = until - timedelta(minutes=minutes)
    return [one for one in slices if start <= one.at < until]
