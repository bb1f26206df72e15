"""What the simulation reads from templates, and what it refuses to read."""

import re
from typing import Any

import numpy as np
import pytest

from alex.alarms import AlarmError, words
from alex.alarms.composite import acts, parse
from alex.alarms.definition import CompositeAlarm, MetricAlarm
from alex.alarms.reading import read
from alex.alarms.states import State
from alex.alarms.templates import Templates, schedules
from tests.alex.alarms.made import Stacks, alarm, composite, expression, metric, stack


def one(stacks: Stacks) -> MetricAlarm:
    (found,) = read(Templates(stacks))
    assert isinstance(found, MetricAlarm)
    return found


def test_an_alarm_in_words() -> None:
    """OBS-17: on call, somebody reads the table instead of the template."""
    found = one(stack(A=alarm(metric("Duration", "p95"), 1500, EvaluationPeriods=3, DatapointsToAlarm=2)))
    assert words.watches(found) == "Lambda Duration, p95"
    assert words.fires_when(found, {}) == "over 1,500 in 5 min, 2 of 3"
    assert words.tells(found, [found]) == "critical"
    assert words.runbook(found) == "worker"
    assert words.requirements(found) == ["OBS-08"]
    assert words.without_data(found) == "nothing ran: fine"


def test_dynamodb_ignores_missing_data_unless_told_otherwise() -> None:
    """OBS-14: CloudWatch's one exception; an alarm without the choice would stay in ALARM for ever."""
    watched = metric("ReadThrottleEvents", namespace="AWS/DynamoDB")
    assert one(stack(A=alarm(watched))).missing == "notBreaching"
    silent = alarm(watched)
    del silent["Properties"]["TreatMissingData"]
    assert one(stack(A=silent)).missing == "ignore"


def test_references_across_stacks_are_one_metric() -> None:
    """A function that two stacks name differently would have two traffics, and a composite alarm two incidents."""
    exported = {"Outputs": {"Out": {"Export": {"Name": "it"}, "Value": {"Ref": "Worker"}}}}
    stacks = stack(A=alarm(metric("Errors"))) | {
        "Other": {"Resources": {"B": alarm(metric("Errors"))}},
    }
    stacks["Test"] |= exported
    dimensions = stacks["Other"]["Resources"]["B"]["Properties"]["Dimensions"]
    dimensions[0]["Value"] = {"Fn::ImportValue": "it"}
    sources = {
        query.source for found in read(Templates(stacks)) if isinstance(found, MetricAlarm)
        for query in found.queries.values()
    }  # fmt: skip
    assert len(sources) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Period": 10}, "a period of 10 s"),
        ({"Statistic": "TM(10%:90%)"}, "TM"),
        ({"ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"}, "LessThanLowerOr"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "EvaluateLowSampleCountPercentile"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "EvaluationWindow"),
        ({"TreatMissingData": "sometimes"}, "sometimes"),
    ],
)
def test_what_is_not_simulated_is_refused(changed: dict[str, Any], says: str) -> None:
    """OBS-08: passed over, it would make the verdict one about another alarm; the message names which."""
    with pytest.raises(AlarmError, match="Test/A: .*" + re.escape(says)):
        one(stack(A=alarm(metric("Errors"), **changed)))


def test_an_expression_of_several_periods_is_refused() -> None:
    """CloudWatch takes one period in an alarm."""
    watched = expression("a / b", a=metric("Errors"), b=metric("Invocations"))
    watched["Metrics"][1]["MetricStat"]["Period"] = 60
    with pytest.raises(AlarmError, match=r"one period, not \[60, 300\]"):
        one(stack(A=alarm(watched)))


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("rate(5 minutes)", 5),
        ("rate(1 hour)", 60),
        ("rate(2 days)", 2880),
        ("cron(30 5 * * ? *)", 1440),
        ("cron(0 * * * ? *)", 60),
        ("cron(0/15 * * * ? *)", 15),
        ("cron(0 5 ? * MON-FRI *)", None),
        ("at(2030-01-01T00:00:00)", None),
    ],
)
def test_what_runs_on_a_schedule(said: str, minutes: int | None) -> None:
    """AGENT-05: the silence of what a schedule starts is judged by that schedule, which stands in the template."""
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"ScheduleExpression": said, "Targets": [{"Arn": {"Fn::GetAtt": ["Worker", "Arn"]}}]},
    }
    assert schedules(Templates(stack(R=rule))) == ({"${Test/Worker}": minutes} if minutes else {})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('ALARM("Test/A")', [0, 1, 0, 0]),
        ('OK("Test/A") AND ALARM("Test/B")', [0, 0, 1, 0]),
        ('ALARM("Test/A") OR ALARM("Test/B") AND NOT INSUFFICIENT_DATA("Test/A")', [0, 1, 1, 0]),
        ('(ALARM("Test/A") OR INSUFFICIENT_DATA("Test/A")) AND TRUE', [0, 1, 0, 1]),
        ('NOT (OK("Test/A") OR FALSE)', [0, 1, 0, 1]),
    ],
)
def test_rules_of_composite_alarms(rule: str, expected: list[int]) -> None:
    """OBS-17: one page an incident rests on these rules."""
    states = {"Test/A": np.array([0, 1, 0, 2], dtype=np.int8), "Test/B": np.array([0, 0, 1, 0], dtype=np.int8)}
    assert parse(rule).holds(states).astype(int).tolist() == expected


@pytest.mark.parametrize("rule", ['ALARM("A"', 'ALARM("A") ALARM("B")', "AND", '(ALARM("A")', "", "MAYBE(A)"])
def test_rules_that_are_none_are_refused(rule: str) -> None:
    """Half a rule would be simulated as another one."""
    with pytest.raises(AlarmError):
        parse(rule)


@pytest.mark.parametrize("reference", ['ALARM("worker")', "ALARM(worker)", {"Fn::GetAtt": ["A", "Arn"]}])
def test_a_rule_names_alarms_by_name_or_arn(reference: Any) -> None:
    """The constructs use names, CDK's own rules use ARNs; a name that no alarm has is refused."""
    rule = reference if isinstance(reference, str) else {"Fn::Join": ["", ['ALARM("', reference, '")']]}
    found = read(Templates(stack(A=alarm(metric("Errors")), C=composite(rule))))
    (made,) = [one for one in found if isinstance(one, CompositeAlarm)]
    assert parse(made.rule).alarms() == ["Test/A"]
    with pytest.raises(AlarmError, match="Test/C: there is no alarm nobody"):
        read(Templates(stack(A=alarm(metric("Errors")), C=composite('ALARM("nobody")'))))


@pytest.mark.parametrize(
    ("own", "silencer", "acted"),
    [
        ("..XXXX", "......", [4]),  # waits for the suppressor, then acts
        ("..XXXX", "...XXX", []),  # the suppressor came in time
        ("..XXXXXXX", "...XX....", [8]),  # and went: acts after the extension
        ("..XXXX..XX", "....XX....", []),  # silenced when it would act, and over when it might again
        ("..XXXXXX", ".....XX.", [4]),  # what it acted on is not silenced afterwards, nor told twice
        ("..X.....", "........", []),  # over before the wait is
    ],
)
def test_a_suppressed_composite_waits(own: str, silencer: str, acted: list[int]) -> None:
    """OBS-17: what rests on the database pages nobody while the database's own incident lasts, and pages after it."""
    made, silent = (
        np.array([State.ALARM if sign == "X" else State.OK for sign in said], dtype=np.int8) for said in (own, silencer)
    )
    assert acts(made, silent, wait=2, extension=3) == acted
