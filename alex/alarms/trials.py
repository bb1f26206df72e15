"""What an alarm must stand: a normal working day and weekend, and an incident in each of its metrics.

An incident begins at ten on a working morning: half of the events fail (or twice the share that the alarm needs), twice
the events, one and a half times the value, or silence. It must raise the alarm once, within the promised minutes, and
hold it until the end; then the alarm must come back by itself.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from alex.alarms.definition import MetricAlarm, Source
from alex.alarms.forms import Known, found
from alex.alarms.limits import Limit, Pair, Setting, steady
from alex.alarms.maths import Reading
from alex.alarms.samples import Minutes
from alex.alarms.simulation import Run, reach, run, step
from alex.alarms.states import EXTRA_PERIODS, State, States
from alex.alarms.world import DAY, How, Trouble, World

MORNING = 600
FRIDAY = 4
BEFORE = 60
SEED = 1


@dataclass(frozen=True)
class Incident:
    """One incident and what the alarm made of it; minutes.

    :param fired_after: None: never. ``raised``: how often it went into ALARM. ``recovered_after``: None: it did not.
    """

    trouble: Trouble
    promised: int
    fired_after: int | None
    raised: int
    recovered_after: int | None
    recovery_promised: int

    def problems(self, *, tells: bool) -> list[str]:
        """What is not as promised, in words."""
        about = f"{self.trouble.source.title} ({self.trouble.how})"
        if self.fired_after is None:
            return [f"does not fire on an incident in {about}"]
        found = []
        if self.fired_after > self.promised:
            found.append(f"fires after {self.fired_after} min, promised {self.promised}: {about}")
        if self.raised != 1 and tells:
            found.append(f"flaps: raised {self.raised} times in one incident in {about}")
        if self.recovered_after is None and tells:
            found.append(f"is not back to OK {self.recovery_promised} min after an incident in {about}")
        return found


@dataclass(frozen=True)
class Verdict:
    """All that is known of an alarm.

    :param loud: minutes in ALARM on the normal days. ``dead``: metrics that cannot make it fire, whatever they report.
    """

    promised: int
    loud: int
    incidents: tuple[Incident, ...]
    pairs: tuple[tuple[Source, Pair], ...]
    dead: tuple[Source, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def fired_after(self) -> int | None:
        """The slowest of its incidents; None: one did not fire, or there was none."""
        after = [incident.fired_after for incident in self.incidents]
        return None if None in after or not after or self.dead else max(a for a in after if a is not None)

    def problems(self, *, tells: bool) -> list[str]:
        """What is wrong with the alarm; nothing, for a good one.

        :param tells: whether somebody is told. One that only a composite alarm reads may be loud and flap for itself.
        """
        found = [f"in ALARM for {self.loud} minutes of normal days"] if self.loud and tells else []
        found += [f"nothing that {source.title} reports makes it fire" for source in self.dead]
        found += [problem for incident in self.incidents for problem in incident.problems(tells=tells)]
        for source, one in self.pairs:
            if (one.inside_state, one.outside_state) != (State.OK, State.ALARM):
                found.append(
                    f"at its limit in {source.title}: {one.inside:g} gives {one.inside_state.name}, "
                    f"{one.outside:g} gives {one.outside_state.name}"
                )
        return [*found, *self.others]


@dataclass(frozen=True)
class Stage:
    """When an incident takes place, in minutes; what is looked at begins an hour before it."""

    start: int
    end: int
    length: int

    def minutes(self, every: int) -> Minutes:
        """The evaluations."""
        return np.arange(self.start - BEFORE, self.length, every)


def promised(alarm: MetricAlarm, trouble: Trouble, setting: Setting) -> int:
    """Minutes: the periods that must be over the threshold, and the delay of the metric.

    Where nothing is reported, silence must fill everything that an evaluation retrieves: real points count first.
    """
    silent = trouble.how is How.SILENCE and np.isnan(steady(alarm, setting, trouble, late=True).values[-1])
    periods = alarm.periods + EXTRA_PERIODS if silent else alarm.datapoints
    return periods * alarm.period // 60 + setting.table.of(trouble.source).late + step(alarm) - 1


def stage(looks: int, longest: int) -> Stage:
    """An incident of twice ``longest`` minutes and an hour, late enough for alarms that look back ``looks`` minutes."""
    start = -(-max(looks + BEFORE - MORNING, 0) // DAY) * DAY + MORNING
    end = start + 2 * longest + 60
    return Stage(start, end, end + looks + longest + 60)


def world(
    setting: Setting, length: int, *, before: int, troubles: tuple[Trouble, ...] = (), flat: bool = False
) -> World:
    """A world that has its first Friday after ``before`` whole days; ``flat``: it is always as busy as at noon."""
    return World(
        setting.table,
        setting.schedules,
        length,
        seed=SEED,
        first_day=(FRIDAY - before) % 7,
        troubles=troubles,
        flat=flat,
        traffic=setting.traffic,
    )


def readings(alarm: MetricAlarm) -> tuple[Reading, ...]:
    """Both, when an expression could make a difference of it."""
    return tuple(Reading) if alarm.expressions else (Reading.ZERO,)


def examine(alarm: MetricAlarm, setting: Setting, known: Known) -> Verdict:
    """Try an alarm.

    :param known: limits of other alarms, to be used and added to.
    :raises AlarmError: it has a metric or function that cannot be simulated.
    """
    limits = found(alarm, setting, known)
    incidents = tuple(_incident(alarm, setting, wrong(one.limit)) for one in limits if one.limit)
    return Verdict(
        promised=max((incident.promised for incident in incidents), default=0),
        loud=max(loud(alarm, setting, reading) for reading in readings(alarm)),
        incidents=incidents,
        pairs=tuple((one.source, one.pair) for one in limits if one.pair),
        dead=tuple(one.source for one in limits if one.limit is None),
    )


def loud(alarm: MetricAlarm, setting: Setting, reading: Reading) -> int:
    """Minutes in ALARM during a normal Friday and Saturday."""
    before = -(-reach(alarm) // DAY)
    length = (before + 2) * DAY
    minutes = np.arange(before * DAY, length, step(alarm))
    made = run(alarm, world(setting, length, before=before), minutes, reading=reading)
    return int((made.states == State.ALARM).sum()) * step(alarm)


def wrong(one: Limit) -> Trouble:
    """An incident, from the least that makes the alarm fire."""
    trouble = one.fires
    if trouble.how is How.SHARE:
        level = min(1.0, max(0.5, 2 * trouble.level)) if trouble.level < 1 else 2 * trouble.level
    elif one.quiet is not None and trouble.level < one.quiet.level:
        level = trouble.level / 2 if trouble.how is How.RATE else trouble.level / 1.5
    else:
        level = max(2 * trouble.level, 1.0) if trouble.how is How.RATE else (1.5 if one.quiet else 2) * trouble.level
    return replace(trouble, level=level)


def _incident(alarm: MetricAlarm, setting: Setting, trouble: Trouble) -> Incident:
    within, back = promised(alarm, trouble, setting), recovery(alarm, setting)
    at = stage(reach(alarm), within)
    trouble = replace(trouble, start=at.start, end=at.end)
    acted = world(setting, at.length, before=at.start // DAY, troubles=(trouble,))
    made = [run(alarm, acted, at.minutes(step(alarm)), reading=one) for one in readings(alarm)]
    return worst(trouble, within, back, [judge(one.minutes, one.states, at) for one in made])


def recovery(alarm: MetricAlarm, setting: Setting) -> int:
    """Minutes after an incident until nothing that is retrieved belongs to it."""
    late = max(setting.table.of(query.source).late for query in alarm.queries.values())
    return reach(alarm) + late + step(alarm) - 1


def worst(trouble: Trouble, within: int, back: int, tried: list[tuple[int | None, int, int | None]]) -> Incident:
    """The incident as the worst of the readings has it."""
    fired = [after if after is not None else math.inf for after, _, _ in tried]
    recovered = [after if after is not None else math.inf for _, _, after in tried]
    return Incident(
        trouble,
        promised=within,
        fired_after=int(max(fired)) if max(fired) < math.inf else None,
        raised=max((raised for _, raised, _ in tried), key=lambda times: abs(times - 1)),
        recovered_after=int(max(recovered)) if max(recovered) <= back else None,
        recovery_promised=back,
    )


def judge(minutes: Minutes, states: States, at: Stage) -> tuple[int | None, int, int | None]:
    """Minutes until it fired, how often it was raised until the end, minutes until it was back for good.

    With hardly any traffic, windows that still hold a part of the incident may raise it once more on their way out.
    """
    alarmed = states == State.ALARM
    during = alarmed & (minutes >= at.start) & (minutes < at.end)
    entries = alarmed & ~np.concatenate([[False], alarmed[:-1]]) & (minutes < at.end)
    fired = int(minutes[during][0]) + 1 - at.start if during.any() else None
    last = int(minutes[alarmed][-1]) + 1 if alarmed.any() else at.end
    back = None if alarmed[-1] else max(last - at.end, 0)
    return fired, int(entries.sum()), back


def incident_run(alarm: MetricAlarm, setting: Setting, trouble: Trouble) -> tuple[Run, Stage]:
    """An incident once more, for a picture: with what surrounds it."""
    at = stage(reach(alarm), promised(alarm, trouble, setting))
    made = world(setting, at.length, before=at.start // DAY, troubles=(replace(trouble, start=at.start, end=at.end),))
    return run(alarm, made, at.minutes(step(alarm))), at
