"""What a composite alarm must stand: it is quiet on normal days, and an incident in what it watches raises it once.

Its alarms run over one world, so that two that watch one metric see the same incident. Each metric goes wrong alone,
and then all of them together (a rule with AND may need that); an alarm that never makes a difference is found.
Traffic is as at the busiest time, so that windows of different lengths differ by their length alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from alex.alarms import AlarmError, composite
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm
from alex.alarms.limits import Setting
from alex.alarms.maths import Reading
from alex.alarms.samples import Minutes
from alex.alarms.simulation import reach, run, step
from alex.alarms.states import State, States
from alex.alarms.trials import Incident, Stage, Verdict, judge, promised, readings, recovery, stage, world, worst
from alex.alarms.world import DAY, Trouble, World


@dataclass(frozen=True)
class Watched:
    """A composite alarm with everything below it.

    :param rules: rules of the composite alarms, by key. ``leaves``: the metric alarms.
    """

    alarm: CompositeAlarm
    rules: Mapping[str, composite.Rule]
    leaves: Mapping[str, MetricAlarm]

    def states(self, world: World, minutes: Minutes) -> list[dict[str, States]]:
        """The state of each metric alarm at each of ``minutes``, for each of the readings."""
        made: list[dict[str, States]] = [{} for _ in Reading]
        for key, leaf in self.leaves.items():
            evaluated = np.arange(minutes[0], minutes[-1] + 1, step(leaf))
            runs = [run(leaf, world, evaluated, reading=reading).at(minutes) for reading in readings(leaf)]
            for place, found in enumerate(made):
                found[key] = runs[place % len(runs)]
        return made

    def raised(self, states: Mapping[str, States], key: str = "") -> States:
        """The state of a composite alarm (this one, if no key is given) from those of the metric alarms."""
        rule = self.rules[key or self.alarm.key]
        below = {one: states[one] if one in states else self.raised(states, one) for one in rule.alarms()}
        return rule.holds(below or states).astype(np.int8)


def watched(alarm: CompositeAlarm, alarms: Mapping[str, Alarm]) -> Watched:
    """Follow the rules down to the metric alarms.

    :raises AlarmError: a rule is not understood, or composite alarms watch each other.
    """
    rules: dict[str, composite.Rule] = {}
    leaves: dict[str, MetricAlarm] = {}

    def follow(one: Alarm, above: tuple[str, ...]) -> None:
        if one.key in above:
            raise AlarmError(f"{one.name} watches itself")
        if isinstance(one, MetricAlarm):
            leaves[one.key] = one
            return
        rules[one.key] = composite.parse(one.rule)
        for key in rules[one.key].alarms() + ([one.suppressor] if one.suppressor else []):
            follow(alarms[key], (*above, one.key))

    follow(alarm, ())
    return Watched(alarm, rules, leaves)


def examine(
    alarm: CompositeAlarm, alarms: Mapping[str, Alarm], below: Mapping[str, Verdict], setting: Setting
) -> Verdict:
    """Try a composite alarm.

    :param below: what is known of the metric alarms.
    """
    group = watched(alarm, alarms)
    if not group.leaves:
        return Verdict(0, 0, (), (), others=("watches no alarm",))
    troubles = _troubles(group, below)
    needed: set[str] = set()
    alone = [_incident(group, setting, (one,), needed) for one in troubles]
    together = [_incident(group, setting, tuple(troubles), needed)] if len(troubles) > 1 else []
    incidents = [one for one in (*alone, *together) if one.fired_after is not None]
    idle = sorted(group.leaves[key].name for key in _pressing(group) - needed)
    others = [f"{name} makes no difference to it in any incident" for name in idle]
    return Verdict(
        promised=max((one.promised for one in incidents), default=0),
        loud=_loud(group, setting),
        incidents=tuple(incidents),
        pairs=(),
        others=(*others, *([] if incidents else ["does not fire on any incident"])),
    )


def _pressing(group: Watched) -> set[str]:
    """The metric alarms that the rules ask for, not those that only silence actions."""
    found: set[str] = set()
    wanted = [group.alarm.key]
    while wanted:
        for key in group.rules[wanted.pop()].alarms():
            if key in group.leaves:
                found.add(key)
            else:
                wanted.append(key)
    return found


def _troubles(group: Watched, below: Mapping[str, Verdict]) -> list[Trouble]:
    """One for each metric and way: the worst of what its alarms were tried with."""
    found: dict[tuple[object, str], Trouble] = {}
    for key in sorted(_pressing(group)):
        for incident in below[key].incidents:
            trouble = replace(incident.trouble, start=0)
            same = found.setdefault((trouble.source, trouble.how), trouble)
            down = group.leaves[key].below
            worse = trouble.level < same.level if down else trouble.level > same.level
            if worse:
                found[trouble.source, trouble.how] = trouble
    return list(found.values())


def _incident(group: Watched, setting: Setting, troubles: tuple[Trouble, ...], needed: set[str]) -> Incident:
    leaves = group.leaves.values()
    within = group.alarm.wait_s // 60 + max(
        promised(leaf, trouble, setting)
        for leaf in leaves
        for trouble in troubles
        if trouble.source in (query.source for query in leaf.queries.values())
    )
    back = max(recovery(leaf, setting) for leaf in leaves)
    at = stage(max(reach(leaf) for leaf in leaves), within)
    placed = tuple(replace(trouble, start=at.start, end=at.end) for trouble in troubles)
    acted = world(setting, at.length, before=at.start // DAY, troubles=placed, flat=True)
    minutes = at.minutes(1)
    tried = [_tried(group, states, minutes, at, needed) for states in group.states(acted, minutes)]
    return worst(placed[0], within, back, tried)


def _tried(
    group: Watched, states: Mapping[str, States], minutes: Minutes, at: Stage, needed: set[str]
) -> tuple[int | None, int, int | None]:
    """As `judge` has it; with a suppressor, it has fired when it acts."""
    made = group.raised(states)
    for key in _pressing(group):
        calm = {**states, key: np.where(states[key] == State.ALARM, State.OK, states[key]).astype(np.int8)}
        if (group.raised(calm) != made).any():
            needed.add(key)
    fired, raised, back = judge(minutes, made, at)
    if fired is None or not group.alarm.suppressor:
        return fired, raised, back
    silencer = group.alarm.suppressor
    silent = states[silencer] if silencer in states else group.raised(states, silencer)
    acts = composite.acts(made, silent, wait=group.alarm.wait_s // 60, extension=group.alarm.extension_s // 60)
    acted = [int(minutes[place]) for place in acts if minutes[place] < at.end]
    return (acted[0] + 1 - at.start, len(acted), back) if acted else (None, 0, back)


def incident_run(
    group: Watched, setting: Setting, trouble: Trouble
) -> tuple[Minutes, dict[str, States], States, Stage]:
    """An incident once more, for a picture: minutes, the states of its alarms, its own, and when it takes place."""
    at = Stage(trouble.start, trouble.end, trouble.end + max(reach(leaf) for leaf in group.leaves.values()) + 60)
    acted = world(setting, at.length, before=at.start // DAY, troubles=(trouble,), flat=True)
    minutes = at.minutes(1)
    states = group.states(acted, minutes)[0]
    return minutes, states, group.raised(states), at


def _loud(group: Watched, setting: Setting) -> int:
    before = -(-max(reach(leaf) for leaf in group.leaves.values()) // DAY)
    length = (before + 2) * DAY
    both = group.states(world(setting, length, before=before), np.arange(before * DAY, length))
    return max(int((group.raised(states) == State.ALARM).sum()) for states in both)
