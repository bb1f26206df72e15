"""Alarms on the speed at which an error budget is spent (OPS-08), by several windows and several speeds.

An objective of 99.9 % may fail 0.1 % of its events. The burn rate is how many times more fail: at 1 the budget lasts
just its window, at 14.4 a 30 days' budget loses 2 % in an hour. Each speed is measured over a long window, so that a
blip tells nobody, and over a short one, so that the alarm ends with the trouble; both must burn.

Decisions:
- Each window is one metric alarm of maths, whose number is the burn rate; one composite for each severity joins them
  and tells. The windows tell only when CloudWatch cannot judge them any more.
- A window is a period of CloudWatch's, which slides; beyond a day it is as many days in a row. PutMetricAlarm takes one
  day of periods below an hour and seven days of longer ones.
- A window without events burns nothing. At night one failure of two would be 500 times: a long window is believed from
  ``fewest_bad`` failures on.
- Alarms weigh events, the budget (`alex slo`) weighs minutes: CloudWatch cannot average a ratio over minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from hardened.alarms import alarm
from hardened.topics import Alerts, Member, Severity

DAY_MINUTES = 1440
MOST_DAYS = 7
WORDS = {Severity.CRITICAL: "fast", Severity.WARNING: "slowly"}


@dataclass(frozen=True, kw_only=True)
class Burn:
    """A speed that somebody is told of: ``rate`` times what the budget allows, over both windows (minutes)."""

    rate: float
    long_minutes: int
    short_minutes: int
    severity: Severity

    def __post_init__(self) -> None:
        """Raise ValueError for windows that CloudWatch cannot evaluate."""
        for minutes in (self.long_minutes, self.short_minutes):
            if minutes > DAY_MINUTES and (minutes % DAY_MINUTES or minutes > MOST_DAYS * DAY_MINUTES):
                raise ValueError(f"a window of {minutes} minutes: take up to a day, or two to {MOST_DAYS} whole days")


@dataclass(frozen=True, kw_only=True)
class Objective:
    """``pct`` percent of all events shall be good.

    :param name: in the alarms' names and the runbook's, for example ``availability``.
    :param says: what a good event is, in the alarms' descriptions.
    :param bad: metric maths over ``metrics``; ``total`` likewise. Both are zero, not missing, where nothing happened.
    :param fewest_bad: so many bad events at least in a long window.
    :param requirement: id of who asks for it.
    """

    name: str
    says: str
    pct: float
    bad: str
    total: str
    metrics: Mapping[str, cw.IMetric]
    fewest_bad: int
    requirement: str

    def burn_rate(self, minutes: int, *, fewest_bad: int) -> cw.MathExpression:
        """How many times faster than allowed bad events happen within a period of ``minutes``."""
        allowed = round(1 - self.pct / 100, 9)
        return cw.MathExpression(
            expression=f"IF(({self.bad}) >= {fewest_bad}, ({self.bad}) / ({self.total}) / {allowed:g}, 0)",
            using_metrics=dict(self.metrics),
            period=Duration.minutes(minutes),
            label=f"{self.name}: times the budget's pace",
        )


class BurnAlarms(Construct):
    """The alarms of one objective: two for each speed, and a composite for each severity.

    A critical composite is a member of its domain's incident, like any critical alarm (`hardened.composites`).
    """

    def __init__(
        self, scope: Construct, id: str, *, objective: Objective, burns: Sequence[Burn], name: str, alerts: Alerts
    ) -> None:
        """Watch ``objective``; the composites are ``<name>-slo-<objective>-fast`` and ``-slowly``."""
        super().__init__(scope, id)
        self._objective, self._alerts = objective, alerts
        self._name = f"{name}-slo-{objective.name}"
        for severity in WORDS:
            if chosen := [burn for burn in burns if burn.severity is severity]:
                self._composite(chosen, severity)

    def _composite(self, burns: Sequence[Burn], severity: Severity) -> None:
        objective, name = self._objective, f"{self._name}-{WORDS[severity]}"
        windows = [self._windows(burn) for burn in burns]
        speeds = " or ".join(f"{burn.rate:g} times over {_said(burn.long_minutes)}" for burn in burns)
        both = [" AND ".join(f'ALARM("{one}")' for one in pair) for pair in windows]
        made = cw.CompositeAlarm(
            self,
            WORDS[severity].capitalize(),
            composite_alarm_name=name,
            alarm_description=f"The error budget of {objective.pct:g} % ({objective.says}) is spent too fast: "
            f"{speeds}. `alex slo` shows what is left. Runbook: {self._alerts.runbook(f'slo-{objective.name}')} "
            f"[{objective.requirement}, OPS-08]",
            alarm_rule=cw.AlarmRule.from_string(" OR ".join(f"({pair})" for pair in both)),
        )
        made.node.add_dependency(*(one for pair in windows for one in pair.values()))
        action = actions.SnsAction(self._alerts.join(Member(name, made), severity))
        made.add_alarm_action(action)
        made.add_ok_action(action)

    def _windows(self, burn: Burn) -> dict[str, cw.Alarm]:
        long = self._window(burn, burn.long_minutes, fewest_bad=self._objective.fewest_bad)
        return dict((long, self._window(burn, burn.short_minutes, fewest_bad=1)))

    def _window(self, burn: Burn, minutes: int, *, fewest_bad: int) -> tuple[str, cw.Alarm]:
        days = max(1, minutes // DAY_MINUTES)
        said = f"{burn.rate:g}x-{_said(minutes)}"
        name = f"{self._name}-{said}"
        made = alarm(
            self,
            said.replace(".", "-"),
            name=name,
            metric=self._objective.burn_rate(minutes // days, fewest_bad=fewest_bad),
            threshold=burn.rate,
            periods=days,
            alerts=self._alerts,
            severity=Severity.WARNING,
            runbook=f"slo-{self._objective.name}",
            description=f"One window of the composite alarms {self._name}-*, which tell: {self._objective.says}, "
            f"{burn.rate:g} times over {_said(minutes)}. [{self._objective.requirement}, OPS-08]",
            joined=True,
        )
        return name, made


def _said(minutes: int) -> str:
    for size, unit in ((DAY_MINUTES, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
