"""The simulation finds the defects that it is there for; each of them has stood in a template of somebody."""

from dataclasses import replace
from typing import Any

import pytest

from alex.alarms import AlarmError, report, trials
from alex.alarms.definition import MetricAlarm
from alex.alarms.normal import table
from settings import ENVIRONMENTS
from tests.alex.alarms.made import Stacks, alarm, composite, expression, metric, stack

RATE = "IF(errors > 5, 100, IF(total > 0, 100 * errors / total, 0))"


def problems(stacks: Stacks) -> str:
    """What is wrong with the only alarm, or the composite one, as one text."""
    found = report.examine(stacks).problems()
    return "; ".join(said for name in sorted(found) for said in found[name])


def rate(text: str, threshold: float = 1, **given: Any) -> dict[str, Any]:
    watched = expression(text, errors=metric("Errors"), total=metric("Invocations"))
    return alarm(watched, threshold, **given)


def test_a_good_alarm_has_no_problem() -> None:
    """OBS-08: the platform's own error rate, or the findings below would mean nothing."""
    found = report.examine(stack(A=rate(RATE)))
    assert found.problems() == {}
    (row,) = found.rows()
    assert 1 <= row["fired_after_min"] <= row["promised_min"] == 6
    assert [one["raised"] for one in row["incidents"]] == [1]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (alarm(metric("Errors"), 1_000_000), "nothing that AWS/Lambda Errors reports makes it fire"),
        (rate("errors / total", 1), "nothing that AWS/Lambda Errors reports"),  # forgot the 100
        (alarm(metric("Duration", "Average"), 200), "in ALARM for"),
        (alarm(metric("Invocations"), 0, ComparisonOperator="LessThanThreshold"), "nothing that"),
        (alarm(metric("Invocations"), 1, ComparisonOperator="LessThanThreshold"), "nothing that"),
        (
            alarm(metric("Invocations"), 1, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching"),
            "in ALARM for",  # weekends are silent
        ),
    ],
)
def test_alarms_that_never_or_always_fire(made: dict[str, Any], says: str) -> None:
    """OBS-08, OBS-09: a wrong unit, a wrong threshold, a healthy silence that counts as trouble."""
    assert says in problems(stack(A=made))


def test_a_filled_minute_that_always_comes_late_is_found() -> None:
    """LLM-03: with FILL, the newest minute is 0 at every evaluation, and the quota's alarm never fires."""
    tokens = [metric(name, namespace="AWS/Bedrock") for name in ("InputTokenCount", "OutputTokenCount")]
    filled, plain = (
        alarm(expression(text, 60, i=tokens[0], o=tokens[1]), 160_000) for text in ("FILL(i, 0) + FILL(o, 0)", "i + o")
    )
    assert "nothing that AWS/Bedrock InputTokenCount reports makes it fire" in problems(stack(A=filled))
    assert problems(stack(A=plain)) == ""


def test_a_sum_that_needs_both_metrics_is_found() -> None:
    """OBS-14: reads are throttled and writes are not; where CloudWatch has no point for both, nobody would hear."""
    throttled = {
        key: metric(name, namespace="AWS/DynamoDB")
        for key, name in (("r", "ReadThrottleEvents"), ("w", "WriteThrottleEvents"))
    }
    assert "does not fire on an incident in AWS/DynamoDB ReadThrottleEvents" in problems(
        stack(A=alarm(expression("r + w", 300, **throttled)))
    )
    assert problems(stack(A=alarm(expression("FILL(r, 0) + FILL(w, 0)", 300, **throttled)))) == ""


def test_an_alarm_that_flaps_is_found() -> None:
    """OBS-08: half of the calls fail, and of single minutes with six calls some have none that does."""
    flapping = rate("100 * errors / total", 30)
    for one in flapping["Properties"]["Metrics"][1:]:
        one["MetricStat"]["Period"] = 60
    assert "flaps: raised" in problems(stack(A=flapping))


def test_an_alarm_that_lingers_is_found() -> None:
    """OBS-17: one that stays in ALARM after the incident hides the next one."""
    kept = alarm(metric("Throttles"), TreatMissingData="ignore")
    assert "is not back to OK" in problems(stack(A=kept))


def test_silence_is_promised_as_late_as_it_comes() -> None:
    """AGENT-05: missing points alone take two periods longer than three; filled with zeros, three are three."""
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "ScheduleExpression": "rate(5 minutes)",
            "Targets": [{"Arn": {"Fn::GetAtt": ["Worker", "Arn"]}}],
        },
    }
    less = {"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 3, "TreatMissingData": "breaching"}
    promised = [
        report.examine(stack(A=made, R=rule)).rows()[0]
        for made in (
            alarm(metric("Invocations"), 1, **less),
            alarm(expression("FILL(m, 0)", m=metric("Invocations")), 1, **less),
        )
    ]
    assert [row["problems"] for row in promised] == [[], []]
    assert [row["promised_min"] for row in promised] == [26, 16]
    assert promised[1]["fired_after_min"] <= 16 < promised[0]["fired_after_min"]


def test_a_metric_that_nobody_knows_is_refused() -> None:
    """OBS-08: a new metric must be said to be normal somewhere, or quiet would mean nothing."""
    with pytest.raises(AlarmError, match=r"worker: say what normal looks like for Alex Surprises in .*normal\.toml"):
        report.examine(stack(A=alarm(metric("Surprises", namespace="Alex"))))


def test_every_environment_has_its_traffic() -> None:
    """COST-04: a laptop's limit of spending would be loud at production's traffic."""
    assert set(table().traffic) == set(ENVIRONMENTS)
    spent = alarm(metric("Invocations"), 200, Period=3600)
    assert "in ALARM for" in problems(stack(A=spent))
    assert report.examine(stack(A=spent), "local").problems() == {}


def test_a_function_that_is_not_simulated_names_the_alarm() -> None:
    """OBS-08: whoever adds it must know where."""
    with pytest.raises(AlarmError, match="worker: the function INSIGHT_RULE_METRIC"):
        report.examine(stack(A=rate("INSIGHT_RULE_METRIC(errors, total)")))


def test_a_band_is_learnt_from_normal_days() -> None:
    """COST-04: what is usual at this hour does not alarm, several times of it does."""
    watched = expression("i", 3600, i=metric("InputTokenCount", namespace="AWS/Bedrock"))
    watched["Metrics"].append({"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(made, 6)"})
    made = alarm(watched, ThresholdMetricId="band", ComparisonOperator="GreaterThanUpperThreshold")
    del made["Properties"]["Threshold"]
    found = report.examine(stack(A=made))
    assert found.problems() == {}
    assert found.rows()[0]["fires_when"] == "above the usual, by 6 deviations in 1 h"


def test_a_rule_with_an_alarm_that_makes_no_difference_is_found() -> None:
    """OBS-17: an alarm that a rule names in vain wakes nobody, and nobody knows."""
    alarms = {
        "A": alarm(metric("Throttles"), AlarmName="first"),
        "B": alarm(metric("Throttles"), AlarmName="later", EvaluationPeriods=3),
    }
    assert problems(stack(**alarms, C=composite('ALARM("first") AND ALARM("later")'))) == ""
    said = problems(stack(**alarms, C=composite('ALARM("first") AND (ALARM("first") OR ALARM("later"))')))
    assert said == "later makes no difference to it in any incident"


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_composites_fire_once(operator: str) -> None:
    """OBS-17: on either of two incidents, or only when both come together."""
    alarms = {
        "A": alarm(metric("Throttles"), AlarmName="one"),
        "B": alarm(metric("Duration", "p95"), 50_000, AlarmName="two"),
    }
    found = report.examine(stack(**alarms, C=composite(f'ALARM("one") {operator} ALARM("two")')))
    assert found.problems() == {}
    (row,) = [one for one in found.rows() if one["name"] == "incident"]
    assert len(row["incidents"]) == {"AND": 1, "OR": 3}[operator]


def test_what_tells_nobody_may_flap() -> None:
    """OPS-08: a window of a burn rate is read by its composite alarm only; its own noise wakes nobody."""
    noisy = alarm(metric("Duration", "Average"), 450, AlarmName="window")
    noisy["Properties"]["AlarmActions"] = []
    assert report.examine(stack(A=noisy)).problems() == {}


def test_days_are_the_same_for_the_same_seed() -> None:
    """A verdict that changes from run to run would be an argument, not a test."""
    first, second = (report.examine(stack(A=rate(RATE))).rows() for _ in range(2))
    assert first == second


def test_a_slower_alarm_promises_more() -> None:
    """OBS-10: the promise is of the definition: periods that must be over, and the delay of the metric."""
    examined = report.examine(stack(A=rate(RATE)))
    (made,) = examined.alarms
    assert isinstance(made, MetricAlarm)
    slow = trials.examine(replace(made, periods=4, datapoints=3), examined.setting, {})
    assert slow.promised == 3 * 5 + 1
    assert slow.fired_after is not None
    assert 6 < slow.fired_after <= 16
