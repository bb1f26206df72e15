"""The sweeper as it is deployed: what notices stuck jobs must be noticed itself when it is gone."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod", "prod-dr"])
def test_a_sweeper_that_stops_coming_is_noticed(environment: str, assembly: Callable[[str], Any]) -> None:
    """AGENT-05: it is what notices stuck jobs; nothing else would notice that it is gone, and no data looks healthy."""
    alarms = assembly(environment).of_type("AWS::CloudWatch::Alarm", "Agents")
    (alarm,) = [a for key, a in alarms.items() if "SweeperSilent" in key]
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
    (runs,) = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert runs["Period"] * alarm["EvaluationPeriods"] == 900
    assert alarm["AlarmActions"]
