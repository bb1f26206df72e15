"""What is asked of CloudWatch, and what is made of its answer: the alarms' own maths, in five-minute periods."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alex.slo.metrics import CloudWatchMetrics, whole_period
from alex.slo.rates import rates, series
from settings import load
from stacks.indicators import indicators

UNTIL = datetime(2026, 12, 1, tzinfo=UTC)
AVAILABILITY, LATENCY, QUALITY = indicators(load("prod"))


def stat(metric: str) -> dict[str, Any]:
    return {
        "Metric": {
            "Namespace": "AWS/ApiGateway",
            "MetricName": metric,
            "Dimensions": [{"Name": "ApiName", "Value": "alex-prod"}, {"Name": "Stage", "Value": "prod"}],
        },
        "Period": 300,
        "Stat": "Sum",
    }


def test_availability_is_asked_with_the_alarms_maths(account: Any) -> None:
    """PERF-07: command and alarm that count differently would argue in the middle of an incident."""
    asked = {
        "MetricDataQueries": [
            {"Id": "requests", "MetricStat": stat("Count"), "ReturnData": False},
            {"Id": "failed", "MetricStat": stat("5XXError"), "ReturnData": False},
            {"Id": "bad_events", "Expression": "FILL(failed, 0)", "ReturnData": True},
            {"Id": "all_events", "Expression": "FILL(requests, 0)", "ReturnData": True},
        ],
        "StartTime": UNTIL - timedelta(days=30),
        "EndTime": UNTIL,
        "ScanBy": "TimestampAscending",
    }
    answer = {"MetricDataResults": [{"Id": "bad_events", "Timestamps": [], "Values": []}]}
    account.stubs["cloudwatch"].add_response("get_metric_data", answer, asked)
    assert CloudWatchMetrics(account.client("cloudwatch"), 30, UNTIL).slices(AVAILABILITY) == []
    account.answered()


def test_values_of_all_pages_become_slices_in_time_order(account: Any) -> None:
    """PERF-07: 30 days come in pages; a lost page would be a better month than it was."""
    first, second = UNTIL - timedelta(minutes=10), UNTIL - timedelta(minutes=5)
    account.measures(
        {"all_events": [(second, 100.0)], "bad_events": [(second, 25.0)]},
        {"all_events": [(first, 40.0)], "bad_events": [(first, 0.0)]},
    )
    found = CloudWatchMetrics(account.client("cloudwatch"), 30, UNTIL).slices(AVAILABILITY)
    assert [(one.at, one.minutes, one.good, one.total) for one in found] == [(first, 5, 40, 40), (second, 5, 75, 100)]
    assert [one.lost_minutes for one in found] == [0, 1.25]
    account.answered()


def test_sums_make_the_rates_of_quality(account: Any) -> None:
    """EVAL-06: acceptance, override and violations, from what the platform wrote; complaints are given."""
    at = UNTIL - timedelta(days=1)
    counted = {"accepted": 76, "overridden": 24, "approved": 17, "rejected": 3, "analyses": 1000, "violations": 0}
    account.measures({key: [(at, float(value)), (UNTIL, 0.0)] for key, value in counted.items()})
    sums = CloudWatchMetrics(account.client("cloudwatch"), 30, UNTIL).sums(series("prod"))
    found = {one.name: (one.pct, one.met) for one in rates(load("prod"), sums, complaints=4)}
    assert found == {
        "acceptance": (76, True),
        "override": (15, False),
        "complaints": (0.4, True),
        "violations": (0, True),
    }


@pytest.mark.parametrize(
    ("name", "part", "whole", "met"),
    [
        ("acceptance", 75, 100, False),
        ("acceptance", 75.1, 100, True),
        ("override", 14.9, 100, True),
        ("override", 15, 100, False),
        ("complaints", 5, 1000, False),
        ("complaints", 4, 1000, True),
        ("violations", 1, 100_000, False),
        ("violations", 0, 100_000, True),
        ("acceptance", 0, 0, None),
    ],
)
def test_each_rate_is_held_against_its_setting(name: str, part: float, whole: float, met: bool | None) -> None:
    """EVAL-06: > 75 %, < 15 %, < 0.5 %, 0 %; exactly the limit is not over it, and nothing is no verdict."""
    sums = dict.fromkeys(series("prod"), 0.0)
    match name:
        case "acceptance":
            sums |= {"accepted": part, "overridden": whole - part}
        case "override":
            sums |= {"rejected": part, "approved": whole - part}
        case _:
            sums |= {"analyses": whole, "violations": part}
    found = {one.name: one for one in rates(load("prod"), sums, complaints=int(part))}
    assert found[name].met is met


def test_complaints_that_nobody_counted_are_not_zero() -> None:
    """EVAL-06: a rate that is not measured must not look like a good one."""
    sums = dict.fromkeys(series("prod"), 100.0)
    (complaints,) = [one for one in rates(load("prod"), sums, complaints=None) if one.name == "complaints"]
    assert (complaints.pct, complaints.met) == (None, None)


def test_a_period_that_is_not_over_is_left_out() -> None:
    """PERF-07: half a period would look like a drop of traffic."""
    assert whole_period(datetime(2026, 11, 3, 10, 14, 59, tzinfo=UTC)) == datetime(2026, 11, 3, 10, 10, tzinfo=UTC)
