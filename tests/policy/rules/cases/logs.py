"""Log groups, and what functions write to them."""

from typing import Any

from soc2.profile import Profile
from tests.policy.rules.casework import Case, Templates, drop, put

LOG_GROUP = "AWS::Logs::LogGroup"
FUNCTION = "AWS::Lambda::Function"


def group(**properties: Any) -> dict[str, Any]:
    """A template's resources with one log group."""
    return {"Group": {"Type": LOG_GROUP, "Properties": properties}}


def function(**properties: Any) -> dict[str, Any]:
    """A template's resources with one function."""
    return {"Job": {"Type": FUNCTION, "Properties": properties}}


def deleted_with_stack(templates: Templates, stack: str, logical_id: str) -> None:
    """Leave its end to CloudFormation."""
    del templates[stack]["Resources"][logical_id]["DeletionPolicy"]


CASES = [
    Case(
        "SOC2-LOGS-RETENTION",
        passing=group(RetentionInDays=30) | {"Ever": {"Type": LOG_GROUP, "Properties": {}}},
        failing=group(RetentionInDays="14"),
        breaks=put("RetentionInDays", value=7),
        profile=Profile(production=False, log_retention_days=30),
    ),
    Case(
        "SOC2-LOGS-EXPIRE",
        passing=group(RetentionInDays="3653"),
        failing=group(),
        breaks=drop("RetentionInDays"),
    ),
    Case(
        "SOC2-LOGS-RETAIN",
        passing={
            "Group": {
                "Type": LOG_GROUP,
                "Properties": {},
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
            }
        },
        failing=group(RetentionInDays=365),
        breaks=deleted_with_stack,
    ),
    Case(
        "SOC2-LAMBDA-LOGGROUP",
        passing=function(LoggingConfig={"LogGroup": {"Ref": "Group"}})
        | group()
        | {"Named": {"Type": FUNCTION, "Properties": {"FunctionName": "orders"}}}
        | {"OfNamed": {"Type": LOG_GROUP, "Properties": {"LogGroupName": "/aws/lambda/orders"}}}
        | {"Generated": {"Type": FUNCTION, "Properties": {}}}
        | {"OfGenerated": {"Type": LOG_GROUP, "Properties": {"LogGroupName": {"Fn::Sub": "/aws/lambda/${Generated}"}}}},
        failing=function(FunctionName="orders") | group(LogGroupName="/aws/lambda/invoices"),
        breaks=drop("LoggingConfig", "LogGroup"),
    ),
    Case(
        "SOC2-LAMBDA-TRACE",
        passing=function(TracingConfig={"Mode": "Active"}),
        failing=function(TracingConfig={"Mode": "PassThrough"}),
        breaks=drop("TracingConfig"),
    ),
    Case(
        "SOC2-LAMBDA-JSON",
        passing=function(LoggingConfig={"LogFormat": "JSON"}),
        failing=function(LoggingConfig={"ApplicationLogLevel": "INFO"}),
        breaks=put("LoggingConfig", "LogFormat", value="Text"),
    ),
]
