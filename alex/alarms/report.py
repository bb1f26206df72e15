"""Every alarm of an environment, examined: as rows for people and programs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alex.alarms import AlarmError, composites, trials, words
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm
from alex.alarms.forms import Known
from alex.alarms.limits import Setting
from alex.alarms.normal import table
from alex.alarms.reading import read
from alex.alarms.templates import Templates, schedules
from alex.alarms.trials import Verdict
from alex.policy.templates import gather


@dataclass(frozen=True)
class Examined:
    """The alarms of an environment and what is known of each, by key."""

    alarms: tuple[Alarm, ...]
    verdicts: Mapping[str, Verdict]
    setting: Setting

    def problems(self) -> dict[str, list[str]]:
        """What is wrong, by the alarm's name; only of alarms with a problem."""
        found = {alarm.name: self.verdicts[alarm.key].problems(tells=bool(alarm.topics)) for alarm in self.alarms}
        return {name: said for name, said in found.items() if said}

    def rows(self) -> list[dict[str, Any]]:
        """One record an alarm."""
        return [self._row(alarm) for alarm in self.alarms]

    def _row(self, alarm: Alarm) -> dict[str, Any]:
        verdict = self.verdicts[alarm.key]
        names = {one.key: one.name for one in self.alarms}
        return {
            "name": alarm.name,
            "resource": alarm.key,
            "watches": words.watches(alarm),
            "formula": alarm.formula if isinstance(alarm, MetricAlarm) else "",
            "fires_when": words.fires_when(alarm, names),
            "tells": words.tells(alarm, self.alarms),
            "without_data": words.without_data(alarm),
            "runbook": words.runbook(alarm),
            "requirements": words.requirements(alarm),
            "fired_after_min": verdict.fired_after,
            "promised_min": verdict.promised,
            "loud_min": verdict.loud,
            "incidents": [
                {
                    "metric": incident.trouble.source.title,
                    "how": incident.trouble.how.value,
                    "level": incident.trouble.level,
                    "fired_after_min": incident.fired_after,
                    "raised": incident.raised,
                    "recovered_after_min": incident.recovered_after,
                }
                for incident in verdict.incidents
            ],
            "limits": [
                {
                    "metric": source.title,
                    "quiet_at": _number(pair.inside),
                    "fires_at": _number(pair.outside),
                }
                for source, pair in verdict.pairs
            ],
            "problems": verdict.problems(tells=bool(alarm.topics)),
        }


def _number(value: float) -> float | None:
    """JSON has no NaN; no data point is null."""
    return None if math.isnan(value) else value


def examine(stacks: Mapping[str, Mapping[str, Any]], environment: str = "prod") -> Examined:
    """Examine every alarm of the templates (by stack), with the traffic of an environment.

    :raises AlarmError: one cannot be simulated; the message names it.
    """
    templates = Templates(stacks)
    setting = Setting(table(), schedules(templates), table().traffic[environment])
    alarms = tuple(read(templates))
    by_key = {alarm.key: alarm for alarm in alarms}
    verdicts: dict[str, Verdict] = {}
    known: Known = {}
    for alarm in sorted(alarms, key=lambda one: isinstance(one, CompositeAlarm)):
        try:
            if isinstance(alarm, MetricAlarm):
                verdicts[alarm.key] = trials.examine(alarm, setting, known)
            else:
                verdicts[alarm.key] = composites.examine(alarm, by_key, verdicts, setting)
        except AlarmError as error:
            raise AlarmError(f"{alarm.name}: {error}") from None
    return Examined(alarms, verdicts, setting)


def examine_assembly(assembly: Path, environment: str) -> Examined:
    """Examine what `cdk synth` wrote."""
    return examine({name: one for stage in gather([assembly]) for name, one in stage.templates.items()}, environment)
