"""Alarms run over a simulated time, evaluation by evaluation.

Source: CloudWatch user guide, "Alarm evaluation". An alarm is evaluated every minute over windows that end now and
slide with it. For periods over an hour the simulation evaluates sixty times a period, which finds the same states a
little later. What the newest minutes report is not there yet (`late` of the table): the newest window is never full.
"""

from dataclasses import dataclass, replace

import numpy as np

from alex.alarms import AlarmError
from alex.alarms.definition import MetricAlarm
from alex.alarms.grammar import names
from alex.alarms.maths import Evaluator, Reading
from alex.alarms.samples import Minutes
from alex.alarms.series import Array, Series, Value
from alex.alarms.states import EXTRA_PERIODS, States, states
from alex.alarms.world import World

LEARNT_DAYS = 14
LEARNT_FROM = 1_000  # seeds of the days that a band is learnt from


@dataclass(frozen=True)
class Run:
    """What an alarm did: at each minute of ``minutes`` the value of the newest data point, and the state after it."""

    minutes: Minutes
    values: Array
    states: States
    threshold: Array

    def at(self, minutes: Minutes) -> States:
        """The states at other minutes: the last one evaluated before."""
        return self.states[np.maximum(np.searchsorted(self.minutes, minutes, side="right") - 1, 0)]


def step(alarm: MetricAlarm) -> int:
    """Minutes between two evaluations."""
    return max(1, alarm.period // 3600)


def reach(alarm: MetricAlarm) -> int:
    """Minutes that an evaluation looks back."""
    return (alarm.periods + EXTRA_PERIODS) * alarm.period // 60


def run(
    alarm: MetricAlarm, world: World, minutes: Minutes, *, reading: Reading = Reading.ZERO, late: bool = True
) -> Run:
    """Evaluate an alarm at the end of each of ``minutes``.

    :param late: False: what is reported is there at once, for exact arithmetic.
    :raises AlarmError: a metric or function that is not simulated.
    """
    points = _points(alarm, world, minutes, reading, late=late)
    threshold = _band(alarm, world, minutes, reading) if alarm.band else np.full(points.shape, alarm.threshold)
    made = states(
        points,
        threshold=threshold,
        operator=alarm.operator,
        periods=alarm.periods,
        datapoints=alarm.datapoints,
        missing=alarm.missing,
    )
    return Run(minutes, points[:, -1], made, threshold[:, -1])


def _band(alarm: MetricAlarm, world: World, minutes: Minutes, reading: Reading) -> Array:
    """The edge of what is usual at this hour: the mean of fourteen normal days, and so many standard deviations.

    CloudWatch learns a model that nobody outside knows; this stands for it in its stated meaning. Deviations are
    smoothed over an hour to either side.
    """
    usual = [replace(world, seed=LEARNT_FROM + day, troubles=(), flat=world.seed is None) for day in range(LEARNT_DAYS)]
    days = np.stack([_points(alarm, one, minutes, reading, late=False) for one in usual])
    mean = np.nan_to_num(np.nanmean(np.where(np.isnan(days), 0.0, days), axis=0))
    variance = np.nanvar(np.where(np.isnan(days), 0.0, days), axis=0)
    width = min(2 * 60 // step(alarm) + 1, len(minutes))
    weights = np.ones(width) / np.convolve(np.ones(len(minutes)), np.ones(width), "same")[:, None].T.max()
    share = np.convolve(np.ones(len(minutes)), weights, "same")[:, None]
    smooth = np.apply_along_axis(lambda column: np.convolve(column, weights, "same"), 0, variance) / share
    return np.asarray(mean + (-alarm.band if alarm.below else alarm.band) * np.sqrt(smooth))


def _points(alarm: MetricAlarm, world: World, minutes: Minutes, reading: Reading, *, late: bool) -> Array:
    """Data points of each evaluation: a column a period, the newest last."""
    period = alarm.period // 60
    back = np.arange(alarm.periods + EXTRA_PERIODS - 1, -1, -1) * period
    ends = minutes[:, None] + 1 - back
    values: dict[str, Value] = {}
    for name, query in alarm.queries.items():
        there = minutes[:, None] + 1 - (world.table.of(query.source).late if late else 0)
        starts, seen = ends - period, np.minimum(ends, there)
        stream = world.stream(query.source)
        values[name] = Series(stream.points(query.statistic, starts, np.maximum(seen, starts)), metric=True)
    return _expressed(alarm, values, reading)


def _expressed(alarm: MetricAlarm, values: dict[str, Value], reading: Reading) -> Array:
    """The returned series: expressions in the order in which they need each other."""
    left = dict(alarm.expressions)
    while left:
        ready = [name for name, tree in left.items() if not names(tree) & left.keys()]
        if not ready:
            raise AlarmError(f"the expressions {', '.join(sorted(left))} need each other")
        for name in ready:
            evaluator = Evaluator(values, period=alarm.period, reading=reading)
            values = {**values, name: evaluator.value(left.pop(name))}
    found = values[alarm.returned]
    if not isinstance(found, Series):
        raise AlarmError("its expression must give one time series")
    return found.values
