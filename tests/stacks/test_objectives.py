"""The objectives' alarms burn at the speed that the settings say, and CloudWatch can evaluate each of them."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardened.functions import NAMESPACE
from hardened.slo import Burn
from hardened.topics import Severity
from settings import load
from stacks import indicators

ADVISOR = Path(__file__).parents[2] / "lambdas" / "advisor"
NAMES = ("availability", "latency", "quality")
DAY_S, WEEK_S = 86_400, 604_800


@pytest.fixture(scope="module", params=("local", "prod"))
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    return assembly(request.param)


def windows(deployed: Any) -> dict[str, dict[str, Any]]:
    """Every window's alarm by its name without the environment: ``availability-14.4x-1h``."""
    start = f"alex-{deployed.environment}-slo-"
    found = deployed.of_type("AWS::CloudWatch::Alarm", "Alarms").values()
    return {a["AlarmName"].removeprefix(start): a for a in found if a["AlarmName"].startswith(start)}


def expression(alarm: Mapping[str, Any]) -> str:
    (found,) = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    return str(found)


def period(alarm: Mapping[str, Any]) -> int:
    (found,) = {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query}
    return int(found)


def burn_rate(alarm: Mapping[str, Any], **values: float) -> float:
    """What CloudWatch would make of the expression; a value that is not given is missing."""
    ids = {query["Id"] for query in alarm["Metrics"] if "MetricStat" in query}
    assert set(values) <= ids
    known: dict[str, Any] = {key: np.float64(values.get(key, np.nan)) for key in ids}
    functions: dict[str, Any] = {
        "FILL": lambda value, other: np.float64(other) if np.isnan(value) else value,
        "IF": lambda holds, yes, no: yes if holds else np.float64(no),
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(eval(expression(alarm), {"__builtins__": {}}, functions | known))


def test_every_objective_has_its_windows_and_speeds(deployed: Any) -> None:
    """OPS-08: 14.4 times over 1 h and 5 min, 6 times over 6 h and 30 min, 3 times over a day, once over three."""
    speeds = (
        *("14.4x-1h", "14.4x-5m", "6x-6h", "6x-30m"),
        *("3x-1d", "3x-2h", "1x-3d", "1x-6h"),
    )
    assert set(windows(deployed)) == {f"{name}-{speed}" for name in NAMES for speed in speeds}
    for name, alarm in windows(deployed).items():
        assert alarm["Threshold"] == float(re.findall(r"-([\d.]+)x-", name)[0])


def test_cloudwatch_can_evaluate_every_window(deployed: Any) -> None:
    """OPS-08: PutMetricAlarm refuses more than a day of periods below an hour, and more than a week of others."""
    seconds = {"m": 60, "h": 3600, "d": DAY_S}
    for name, alarm in windows(deployed).items():
        (number, unit) = re.findall(r"x-(\d+)([mhd])$", name)[0]
        whole = period(alarm) * alarm["EvaluationPeriods"]
        assert whole == int(number) * seconds[unit], name
        assert whole <= (DAY_S if period(alarm) < 3600 else WEEK_S), name
        assert period(alarm) <= DAY_S, name


@pytest.mark.parametrize(
    ("objective", "healthy", "burning"),
    [
        ("availability", {"requests": 1000, "failed": 0}, lambda n: {"requests": 1000, "failed": n}),
        ("latency", {"answered": 1000, "fast": 1000}, lambda n: {"answered": 1000, "fast": 1000 - n}),
        ("quality", {"judged": 1000, "good": 1000}, lambda n: {"judged": 1000, "good": 1000 - n}),
    ],
)
def test_an_alarm_measures_times_the_budget(deployed: Any, objective: str, healthy: Any, burning: Any) -> None:
    """PERF-07, EVAL-07: with another objective in the settings the same failures burn at another speed."""
    slo = load(deployed.environment).slo
    pct = {"availability": slo.availability_pct, "latency": slo.latency_pct, "quality": slo.quality_pct}[objective]
    long = windows(deployed)[f"{objective}-14.4x-1h"]
    assert burn_rate(long, **healthy) == 0
    assert burn_rate(long) == 0, "nobody called: nothing burns"
    assert burn_rate(long, **burning(100)) == pytest.approx(0.1 / (1 - pct / 100))
    assert burn_rate(long, **burning(slo.fewest_bad - 1)) == 0
    assert burn_rate(long, **burning(slo.fewest_bad)) > 0
    assert burn_rate(windows(deployed)[f"{objective}-14.4x-5m"], **burning(1)) > 0


def test_an_analysis_that_was_given_up_is_a_bad_one(deployed: Any) -> None:
    """EVAL-07: a platform whose analyses all fail would else have nothing to judge, which looks like quality."""
    alarm = windows(deployed)["quality-14.4x-1h"]
    assert burn_rate(alarm, lost=6, swept=4) == pytest.approx(200)


def test_a_fast_request_is_one_within_the_settings_limit(deployed: Any) -> None:
    """PERF-01: the share of requests under the p99 objective, counted by CloudWatch (trimmed count)."""
    limit = load(deployed.environment).slo.api_p99_ms
    stats = {q["MetricStat"]["Stat"] for q in windows(deployed)["latency-1x-3d"]["Metrics"] if "MetricStat" in q}
    assert stats == {f"TC(:{limit})", "SampleCount"}


def test_both_windows_must_burn_and_somebody_is_told_once(deployed: Any) -> None:
    """OPS-08, OBS-17: an outage is one page, its domain's, not eight; the windows themselves tell nobody."""
    composites = deployed.of_type("AWS::CloudWatch::CompositeAlarm", "Alarms")
    by_name = {one["AlarmName"]: one for one in composites.values()}
    prefix = f"alex-{deployed.environment}"
    for name in NAMES:
        start = f"{prefix}-slo-{name}"
        pairs = {
            "fast": (("14.4x-1h", "14.4x-5m"), ("6x-6h", "6x-30m")),
            "slowly": (("3x-1d", "3x-2h"), ("1x-3d", "1x-6h")),
        }
        for word, speeds in pairs.items():
            made = by_name[f"{start}-{word}"]
            both = [f'(ALARM("{start}-{long}") AND ALARM("{start}-{short}"))' for long, short in speeds]
            assert made["AlarmRule"] == " OR ".join(both)
            assert "RefWarning" in json.dumps(made["AlarmActions"])
            assert f"slo-{name}.md" in made["AlarmDescription"]
        domain = "analysis" if name == "quality" else "api"
        assert f'ALARM("{start}-fast")' in by_name[f"{prefix}-{domain}-incident"]["AlarmRule"]
    for alarm in windows(deployed).values():
        assert "AlarmActions" not in alarm
        assert alarm["InsufficientDataActions"]


def test_every_own_metric_of_an_objective_is_written_by_some_function(deployed: Any) -> None:
    """SYS-82: an objective over a metric that nobody writes is met for ever."""
    source = "\n".join(path.read_text("utf-8") for path in ADVISOR.rglob("*.py"))
    written = set(re.findall(r'metric\(\s*"(\w+)"', source))
    functions = {key.lower() for key in _services(deployed)}
    for one in indicators.indicators(load(deployed.environment)):
        for series in one.series.values():
            if series.namespace == NAMESPACE:
                assert series.metric in written, series
                assert series.dimensions["Service"] in functions, series
                assert series.dimensions["Environment"] == deployed.environment
    assert indicators.NAMESPACE == NAMESPACE


def _services(deployed: Any) -> set[str]:
    return {
        function["Environment"]["Variables"].get("POWERTOOLS_SERVICE_NAME", "")
        for function in deployed.of_type("AWS::Lambda::Function").values()
        if "Environment" in function
    }


def test_decisions_about_deployments_have_a_log_that_keeps_them(deployed: Any) -> None:
    """CICD-12: who passed a freeze, and why, must still be there when the auditor asks."""
    settings = load(deployed.environment)
    logs = {one.get("LogGroupName"): one for one in deployed.of_type("AWS::Logs::LogGroup", "Alarms").values()}
    log = logs[indicators.deployment_log(deployed.environment)]
    assert log["RetentionInDays"] == settings.logs.hot_retention_days
    assert log["KmsKeyId"]


@pytest.mark.parametrize(("long", "short"), [(2000, 5), (8 * 1440, 60), (60, 1500)])
def test_a_window_that_cloudwatch_cannot_evaluate_is_refused(long: int, short: int) -> None:
    """OPS-08: found at synthesis, not by CloudFormation half-way through a deployment."""
    with pytest.raises(ValueError, match="whole days"):
        Burn(rate=1, long_minutes=long, short_minutes=short, severity=Severity.WARNING)
