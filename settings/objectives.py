"""Settings of what is promised: objectives, their error budgets, and the limits of good advice (SYS-82).

An error budget is what an objective leaves: 99.5 % of 30 days leave 216 minutes, 3.6 hours.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from settings.figure import Section, figure

if TYPE_CHECKING:
    from settings.model import Settings

MINUTES_A_DAY = 1440


class Burn(Section):
    """A speed of spending that somebody is told of: ``budget_pct`` of the budget within ``long_minutes``.

    ``short_minutes`` must burn as fast, so that the alarm ends soon after the trouble. The shares and windows are those
    of the field's usual recipe; none of the sources names any.
    """

    budget_pct: float = Field(gt=0, le=100)
    long_minutes: int = Field(ge=5, le=7 * MINUTES_A_DAY, multiple_of=5)
    short_minutes: int = Field(ge=5, le=MINUTES_A_DAY, multiple_of=5)
    severity: Literal["critical", "warning"]

    def rate(self, window_days: int) -> float:
        """How many times faster than the budget allows: 2 % of 30 days' budget in an hour is 14.4 times."""
        return round(self.budget_pct / 100 * window_days * MINUTES_A_DAY / self.long_minutes, 6)


class Quality(Section):
    """What advice must reach, in percent (EVAL-06), and how a weekly sample of it is judged (EVAL-07)."""

    acceptance_pct: float = figure(75, req="EVAL-06", unit="% of decided recommendations", gt=0, le=100)
    override_pct: float = figure(15, req="EVAL-06", unit="% of decided reviews", gt=0, le=100)
    complaint_pct: float = figure(0.5, req="EVAL-06", unit="% of analyses", ge=0, le=100)
    violation_pct: float = figure(0, req="EVAL-06", unit="% of analyses", ge=0, le=100)
    sampled_a_week: int = figure(200, req="EVAL-07", unit="analyses/week", ge=1, le=10_000)
    accuracy_prelaunch_pct: float = figure(90, req="EVAL-07", unit="%", gt=0, le=100)
    accuracy_release_pct: float = figure(93, req="EVAL-07", unit="%", gt=0, le=100)
    accuracy_production_pct: float = figure(95, req="EVAL-07", unit="%", gt=0, le=100)


class Slo(Section):
    """Objectives that dashboards and alarms are drawn against; below 94 % the fastest burn could not be told."""

    api_p99_ms: int = figure(500, req="PERF-01", unit="ms", ge=1)
    availability_pct: float = figure(99.9, req="PERF-07", unit="% of requests", ge=94, lt=100)
    latency_pct: float = figure(99, req="PERF-01", unit="% of requests within api_p99_ms", ge=94, lt=100)
    quality_pct: float = figure(99.5, req="EVAL-07", unit="% of analyses", ge=94, lt=100)
    quality: Quality = Field(default_factory=Quality)
    freeze_pct: float | None = figure(
        99.5, req="OPS-08", unit="%", ge=94, lt=100, description="Exhausted, its budget freezes features; null: never"
    )
    window_days: int = figure(30, req="OPS-08", unit="days", ge=7, le=60)
    burns: tuple[Burn, ...] = figure(
        (
            Burn(budget_pct=2, long_minutes=60, short_minutes=5, severity="critical"),
            Burn(budget_pct=5, long_minutes=360, short_minutes=30, severity="critical"),
            Burn(budget_pct=10, long_minutes=1440, short_minutes=120, severity="warning"),
            Burn(budget_pct=10, long_minutes=4320, short_minutes=360, severity="warning"),
        ),
        req="OPS-08",
        unit="% of the budget in minutes",
        min_length=1,
    )
    fewest_bad: int = figure(
        5, req="OPS-08", unit="bad events", ge=1, description="So many, before a burn is believed: at night one of two"
    )


def _evaluable(burn: Burn, window_days: int) -> bool:
    """CloudWatch's periods reach a day; a longer window is so many of them."""
    whole = burn.long_minutes <= 1440 or burn.long_minutes % 1440 == 0
    return whole and burn.short_minutes < burn.long_minutes <= window_days * 1440


OBJECTIVE_RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "slo.freeze_pct",
        "a freeze is the last step: its objective is not stricter than availability_pct or quality_pct",
        "OPS-08",
        lambda s: s.slo.freeze_pct is None or s.slo.freeze_pct <= min(s.slo.availability_pct, s.slo.quality_pct),
    ),
    (
        "slo.freeze_pct",
        "production's features freeze when a budget is exhausted",
        "CICD-12",
        lambda s: not s.is_production or s.slo.freeze_pct is not None,
    ),
    (
        "slo.burns",
        "a short window is shorter than its long one, which is whole days beyond a day (CloudWatch's periods), within "
        "window_days",
        "OPS-08",
        lambda s: all(_evaluable(burn, s.slo.window_days) for burn in s.slo.burns),
    ),
    (
        "slo.burns",
        "so fast that more than everything would have to fail: the alarm could never go off",
        "OPS-08",
        lambda s: all(
            burn.rate(s.slo.window_days) * (100 - min(s.slo.availability_pct, s.slo.latency_pct, s.slo.quality_pct))
            < 100
            for burn in s.slo.burns
        ),
    ),
    (
        "slo.quality.accuracy_release_pct",
        "what is asked before launch, of a release and in production rises in this order",
        "EVAL-07",
        lambda s: (
            s.slo.quality.accuracy_prelaunch_pct
            <= s.slo.quality.accuracy_release_pct
            <= s.slo.quality.accuracy_production_pct
        ),
    ),
)
