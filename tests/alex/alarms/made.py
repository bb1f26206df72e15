"""Alarms in templates that tests make: one stack, short names."""

from typing import Any

Stacks = dict[str, dict[str, Any]]
NONE: dict[str, Any] = {}


def metric(name: str, statistic: str = "Sum", *, namespace: str = "AWS/Lambda", of: str = "Worker") -> dict[str, Any]:
    """A metric of a function as an alarm has it."""
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": of}}],
        **({"ExtendedStatistic": statistic} if statistic.startswith("p") else {"Statistic": statistic}),
    }


def alarm(watched: dict[str, Any], threshold: float = 0, **given: Any) -> dict[str, Any]:
    """An alarm's resource: over ``threshold`` once in five minutes, unless said otherwise."""
    properties = {
        "AlarmName": "worker",
        "AlarmDescription": "The worker is not well. Runbook: docs/runbooks/worker.md [OBS-08]",
        "AlarmActions": [{"Ref": "Critical"}],
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Period": 300,
        "Threshold": threshold,
        "TreatMissingData": "notBreaching",
        **watched,
        **given,
    }
    if "Metrics" in properties:
        del properties["Period"]
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def expression(text: str, period: int = 300, **metrics: dict[str, Any]) -> dict[str, Any]:
    """Metric maths as an alarm has it."""
    queries = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {key: value for key, value in one.items() if "Statistic" not in key},
                "Stat": one.get("Statistic") or one["ExtendedStatistic"],
                "Period": period,
            },
        }
        for name, one in metrics.items()
    ]
    return {"Metrics": [{"Id": "made", "Expression": text}, *queries]}


def composite(rule: Any, **given: Any) -> dict[str, Any]:
    """A composite alarm's resource."""
    properties = {"AlarmName": "incident", "AlarmRule": rule, "AlarmActions": [{"Ref": "Critical"}], **given}
    return {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}


def stack(**resources: dict[str, Any]) -> Stacks:
    """Templates with these resources and a topic."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "Alex test: critical"}}
    return {"Test": {"Resources": {"Critical": topic, **resources}}}
