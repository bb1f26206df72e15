"""Every alarm of the platform, simulated from the synthesised templates.

A new alarm is in here by itself. If it is on a metric that the table does not know, or is not right, the message says
what to do; `alex alarms -e prod --picture alarms.html` shows it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from alex.alarms import words
from alex.alarms.definition import MetricAlarm
from alex.alarms.report import Examined, examine
from alex.alarms.states import State
from alex.alarms.trials import Verdict


@pytest.fixture(scope="session")
def simulated(assembly: Callable[[str], Any]) -> Callable[[str], Examined]:
    """The alarms of an environment, examined once."""
    return cache(lambda environment: examine(assembly(environment).templates, environment))


@pytest.mark.parametrize("environment", ["prod", "local"])
def test_every_alarm_fires_in_time_holds_and_is_quiet(environment: str, simulated: Callable[[str], Examined]) -> None:
    """OBS-08, OBS-09, OBS-10, OBS-11, OBS-12, OBS-14, LLM-03: an incident in each metric of each alarm raises it once,
    within its periods and the metric's delay, until it is over; a working day and a weekend never do.
    """
    examined = simulated(environment)
    assert len(examined.alarms) >= 80
    assert examined.problems() == {}
    assert all(verdict.incidents for verdict in examined.verdicts.values())


def _of(examined: Examined, requirement: str, metric: str) -> list[tuple[MetricAlarm, Verdict]]:
    return [
        (alarm, examined.verdicts[alarm.key])
        for alarm in examined.alarms
        if isinstance(alarm, MetricAlarm)
        and requirement in words.requirements(alarm)
        and any(query.source.name == metric for query in alarm.queries.values())
    ]


@pytest.mark.parametrize(("requirement", "metric"), [("OBS-08", "Errors"), ("OBS-11", "5XXError")])
def test_one_percent_of_failures_is_the_limit(
    requirement: str, metric: str, simulated: Callable[[str], Examined]
) -> None:
    """OBS-08, OBS-11: 0.9 % of raw invocations that fail is OK, 1.1 % is ALARM, for every function and the API."""
    found = _of(simulated("prod"), requirement, metric)
    assert found
    # What a schedule starts once in five minutes has no percentages: one failure is 100 %.
    several = [(a, pair) for a, verdict in found for _, pair in verdict.pairs if pair.inside > 0]
    assert len(several) >= len(found) - 1
    for alarm, pair in several:
        assert 0.85 <= pair.inside <= 1 < pair.outside <= 1.15, alarm.name
        assert (pair.inside_state, pair.outside_state) == (State.OK, State.ALARM), alarm.name


@pytest.mark.parametrize(
    ("requirement", "metric", "quiet", "loud"),
    [
        ("OBS-11", "Latency", 2_700, 3_300),
        ("OBS-12", "CPUUtilization", 72, 88),
        ("LLM-03", "Invocations", 160, 161),
    ],
)
def test_thresholds_lie_where_the_settings_say(
    requirement: str, metric: str, quiet: float, loud: float, simulated: Callable[[str], Examined]
) -> None:
    """OBS-11, OBS-12, LLM-03: found from raw samples, without a look at the threshold: a tenth to either side of it."""
    found = [
        pair
        for alarm, verdict in _of(simulated("prod"), requirement, metric)
        if not alarm.formula
        for _, pair in verdict.pairs
    ]
    assert found
    for pair in found:
        assert pair.inside == pytest.approx(quiet, rel=0.001)
        assert pair.outside == pytest.approx(loud, rel=0.001)


@pytest.mark.parametrize(
    ("requirement", "metric"),
    [("OBS-10", "ApproximateNumberOfMessagesVisible"), ("OBS-09", "Throttles"), ("OBS-14", "ReadThrottleEvents")],
)
def test_the_first_one_is_one_too_many(requirement: str, metric: str, simulated: Callable[[str], Examined]) -> None:
    """OBS-09, OBS-10, OBS-14: a single dead letter or throttled call raises the alarm, and nothing below it."""
    found = _of(simulated("prod"), requirement, metric)
    assert found
    for alarm, verdict in found:
        for _, pair in verdict.pairs:
            assert pair.outside == pytest.approx(1), alarm.name
            assert not pair.inside > 0, alarm.name


def test_the_sweepers_silence_is_heard_within_the_quarter_that_it_says(simulated: Callable[[str], Examined]) -> None:
    """AGENT-05: its description promises a quarter of an hour."""
    examined = simulated("prod")
    (key,) = [alarm.key for alarm in examined.alarms if alarm.name.endswith("sweeper-function-silent")]
    after = examined.verdicts[key].fired_after
    assert after is not None
    assert after <= 16
