"""Where an alarm begins to fire: searched in a steady world, metric by metric, from the raw samples up.

Nothing is taken from the threshold: the search raises (or lowers) what a metric reports until the alarm fires. An alarm
that no amount of trouble makes fire is found here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from alex.alarms.definition import MetricAlarm, Source
from alex.alarms.normal import Table
from alex.alarms.simulation import Run, reach, run
from alex.alarms.states import State
from alex.alarms.world import How, Trouble, World

DOUBLINGS = 40
HALVINGS = {True: 8, False: 14}  # with the delay it need not be exact: an incident is well beyond it
MOST = {How.SHARE: 64.0, How.RATE: 5_000.0}
VOLUMES = (30, 50, 100, 200, 300, 455, 750, 1000, 2000, 5000, 20_000)
NEAR = 0.15
MOST_EVENTS = 1 << 20


@dataclass(frozen=True)
class Setting:
    """What simulations share: the table, what runs on a schedule (minutes by reference), the environment's traffic."""

    table: Table
    schedules: dict[str, int]
    traffic: float = 1

    def every(self, source: Source) -> int:
        """Minutes between two runs of what reports the metric; 0: no schedule starts it."""
        return next((self.schedules[value] for _, value in source.dimensions if value in self.schedules), 0)


@dataclass(frozen=True)
class Limit:
    """The least trouble with a metric that makes the alarm fire, and the most that does not.

    :param quiet: None: everything normal.
    """

    fires: Trouble
    quiet: Trouble | None


@dataclass(frozen=True)
class Pair:
    """Just inside and just outside of the limit, without scatter or delay: the alarm's value and its state."""

    inside: float
    outside: float
    inside_state: State
    outside_state: State


def drivers(alarm: MetricAlarm, table: Table) -> list[Source]:
    """The metrics in which an incident shows: what counts trouble, or else all that are used."""
    used = list(dict.fromkeys(query.source for query in alarm.used().values()))
    return [source for source in used if table.of(source).trouble] or used


def limit(alarm: MetricAlarm, source: Source, setting: Setting, *, late: bool = True) -> Limit | None:
    """The limit in one metric; None: whatever it does, the alarm does not fire."""
    for how, levels in _ways(alarm, source, setting):
        quiet: Trouble | None = None
        for level in levels:
            trouble = Trouble(source, how, level)
            if fires(alarm, setting, trouble, late=late):
                return _closer(alarm, setting, Limit(trouble, quiet), late=late)
            quiet = trouble
    return None


def fires(alarm: MetricAlarm, setting: Setting, trouble: Trouble | None, *, late: bool = True, peak: float = 0) -> bool:
    """Whether the alarm is in ALARM when it has always been like this."""
    return bool(steady(alarm, setting, trouble, late=late, peak=peak).states[-1] == State.ALARM)


def steady(alarm: MetricAlarm, setting: Setting, trouble: Trouble | None, *, late: bool, peak: float = 0) -> Run:
    """One evaluation in a world that has been the same for as long as it looks back."""
    length = reach(alarm)
    peaks = {query.source: peak for query in alarm.queries.values()} if peak else {}
    troubles = (trouble,) if trouble else ()
    world = World(setting.table, setting.schedules, length, seed=None, troubles=troubles, peaks=peaks)
    return run(alarm, world, np.array([length - 1]), late=late)


def _ways(alarm: MetricAlarm, source: Source, setting: Setting) -> list[tuple[How, Iterator[float]]]:
    """How a metric can go wrong, the likelier way first."""
    how, normal = _how(alarm, source, setting)
    less = (How.VALUE if how is How.VALUE else How.RATE, _down(normal))
    ways = [(how, _up(how, normal)), (How.SILENCE, iter((0.0,))), less]
    if not alarm.below:
        return ways
    return ways[::-1] if how is How.VALUE else [*ways[1:], ways[0]]


def _how(alarm: MetricAlarm, source: Source, setting: Setting) -> tuple[How, float]:
    """How a metric goes wrong by too much of it, and the level that is normal."""
    normal = setting.table.of(source)
    if normal.shape == "never":
        return How.RATE, 0.0
    if normal.shape == "each" and normal.trouble:
        return How.SHARE, 0.0
    if {query.statistic for query in alarm.queries.values() if query.source == source} == {"Sum"}:
        if normal.shape == "each":
            return How.RATE, setting.table.peak(source)
        if normal.value == 1 and not normal.follows:
            return How.RATE, 1 / normal.every
    return How.VALUE, normal.value


def _up(how: How, normal: float) -> Iterator[float]:
    level = normal * 1.25 if normal > 0 else 1.0 if how is How.VALUE else 1e-3
    for _ in range(DOUBLINGS):
        if level > MOST.get(how, float("inf")):
            return
        yield level
        level *= 2


def _down(normal: float) -> Iterator[float]:
    yield from (normal / 2**step for step in range(1, DOUBLINGS // 2) if normal > 0)


def _closer(alarm: MetricAlarm, setting: Setting, found: Limit, *, late: bool) -> Limit:
    """Halve the distance until the two sides of the limit are next to each other."""
    if found.quiet is None:
        return found
    quiet, bad = found.quiet, found.fires
    for _ in range(HALVINGS[late]):
        middle = replace(bad, level=(quiet.level + bad.level) / 2)
        if fires(alarm, setting, middle, late=late):
            bad = middle
        else:
            quiet = middle
    return Limit(bad, quiet)


def pair(alarm: MetricAlarm, source: Source, setting: Setting) -> Pair | None:
    """The alarm on both sides of its limit in one metric.

    Events are whole: the last count in a period that is quiet, and the next. Of shares, that of the first volume which
    comes near to the threshold on both sides. Values are taken at 0.9 and 1.1 of the limit.
    """
    how, _ = _how(alarm, source, setting)
    if how is How.RATE and not alarm.below:
        return _counted(alarm, setting, source)
    if how is How.SHARE:
        first: Pair | None = None
        for events in VOLUMES:
            one = _counted(alarm, setting, source, events=events)
            if one and _near(one, alarm.threshold):
                return one
            first = first or one
        if first:
            return first
    exact = limit(alarm, source, setting, late=False)
    if exact is None:
        return None
    if exact.quiet is None:
        return _pair(alarm, setting, None, exact.fires, 0)
    down = exact.fires.level < exact.quiet.level
    inside = replace(exact.quiet, level=exact.quiet.level * (1.1 if down else 0.9))
    return _pair(alarm, setting, inside, replace(exact.fires, level=exact.fires.level * (0.9 if down else 1.1)), 0)


def _near(one: Pair, threshold: float) -> bool:
    low, high = sorted((one.inside, one.outside))
    return threshold * (1 - NEAR) <= low <= threshold <= high <= threshold * (1 + NEAR)


def _counted(alarm: MetricAlarm, setting: Setting, source: Source, *, events: int = 0) -> Pair | None:
    """The last number of bad events in a period that is quiet, and the next.

    :param events: of so many, if they are a share.
    """
    minutes = alarm.period / 60
    volume = events / minutes
    how, most = (How.SHARE, events) if events else (How.RATE, MOST_EVENTS)

    def bad(count: int) -> Trouble:
        return Trouble(source, how, count / (events or minutes))

    def loud(count: int) -> bool:
        return fires(alarm, setting, bad(count), late=False, peak=volume)

    low, high = 0, 1
    while not loud(high):
        if high >= most:
            return None
        low, high = high, min(high * 2, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if loud(middle) else (middle, high)
    return _pair(alarm, setting, bad(low), bad(high), volume)


def _pair(alarm: MetricAlarm, setting: Setting, inside: Trouble | None, outside: Trouble, volume: float) -> Pair:
    one, other = (steady(alarm, setting, trouble, late=False, peak=volume) for trouble in (inside, outside))
    return Pair(float(one.values[-1]), float(other.values[-1]), State(one.states[-1]), State(other.states[-1]))
