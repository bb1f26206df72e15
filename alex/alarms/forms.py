"""Limits, searched once for alarms of one form.

Every function has the same alarms, and the steady world in which limits are searched has no scatter: what was found for
one function holds for all whose metrics are normal in the same way.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from alex.alarms.definition import MetricAlarm, Source
from alex.alarms.limits import Limit, Pair, Setting, drivers, limit, pair

Known = dict[Hashable, tuple["Found", ...]]


@dataclass(frozen=True)
class Found:
    """The limit in a metric, None if nothing makes the alarm fire, and both sides of it."""

    source: Source
    limit: Limit | None
    pair: Pair | None


def found(alarm: MetricAlarm, setting: Setting, known: Known) -> tuple[Found, ...]:
    """The limits in each metric that an incident may show in; ``known`` takes and gives those of other alarms."""
    sources, form = drivers(alarm, setting.table), _form(alarm, setting)
    if form not in known:
        searched = [(source, limit(alarm, source, setting)) for source in sources]
        known[form] = tuple(Found(s, one, pair(alarm, s, setting) if one else None) for s, one in searched)
    return tuple(
        replace(one, source=source, limit=one.limit and _moved(one.limit, source))
        for one, source in zip(known[form], sources, strict=True)
    )


def _moved(one: Limit, source: Source) -> Limit:
    """The same limit of another metric."""
    return Limit(replace(one.fires, source=source), one.quiet and replace(one.quiet, source=source))


def _form(alarm: MetricAlarm, setting: Setting) -> Hashable:
    """All that its limits depend on: not whose its metrics are, but how they are normal and belong together."""
    sources = list(dict.fromkeys(query.source for query in alarm.queries.values()))
    entities = list(dict.fromkeys(source.entity for source in sources))
    return (
        tuple((name, sources.index(query.source), query.statistic) for name, query in alarm.queries.items()),
        tuple((setting.table.of(source), source.namespace, entities.index(source.entity)) for source in sources),
        tuple(setting.every(source) for source in sources),
        (tuple(alarm.expressions.items()), alarm.returned, alarm.period, alarm.threshold, alarm.band),
        (alarm.operator, alarm.periods, alarm.datapoints, alarm.missing),
    )
