"""A function has what its grants give and nothing else, and somebody is told when it fails."""

from typing import Any

import numpy as np
import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from hardened import Alerts, AlertTopic, FunctionNetwork
from hardened.alarms import FunctionLimits
from hardened.function_policies import INTERFACE_ACTIONS, FunctionPolicies
from hardened.functions import Function, FunctionDefaults, Program, Size

CODE = lambda_.Code.from_inline("def handler(event, context): ...")


def defaults(stack: Stack, *, in_vpc: bool) -> FunctionDefaults:
    from aws_cdk import aws_ec2 as ec2

    key = kms.Key(stack, "Key")
    network = None
    if in_vpc:
        vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a"], restrict_default_security_group=False)
        group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
        network = FunctionNetwork(vpc, ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS), (group,))
    return FunctionDefaults(
        environment="test",
        python="3.13",
        architecture="arm64",
        log_level="WARNING",
        network=network,
        alerts=Alerts(
            critical=AlertTopic(stack, "Critical", master_key=key, display_name="critical"),
            warning=AlertTopic(stack, "Warning", master_key=key, display_name="warning"),
        ),
        limits=FunctionLimits(rate_pct=1, count=5),
        policies=FunctionPolicies(stack, "Policies"),
    )


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """One stack with a function of each kind, in a VPC."""
    stack = Stack(App(), "Bench")
    shared = defaults(stack, in_vpc=True)
    program = Program(code=CODE, handler="index.handler", environment={"COLOUR": "blue"})
    Function(stack, "Plain", defaults=shared, program=program)
    Function(stack, "Scheduled", defaults=shared, program=program, asynchronous=True)
    Function(
        stack,
        "Busy",
        defaults=shared,
        program=program,
        size=Size(memory_mb=1024, timeout_s=100, reserved=10, provisioned=2),
    )
    return dict(Template.from_stack(stack).to_json()["Resources"])


def only(resources: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """The one resource of a type whose logical id begins with a name."""
    (found,) = [r for logical, r in resources.items() if r["Type"] == kind and logical.startswith(name)]
    return dict(found["Properties"])


def alarms(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def test_a_role_without_grants_may_only_write_the_functions_own_log(template: dict[str, Any]) -> None:
    """One role a function: whoever takes over this function gets no other function's rights (IAM-06)."""
    policy = only(template, "AWS::IAM::Policy", "PlainRole")["PolicyDocument"]["Statement"]
    (log,) = [logical for logical in template if logical.startswith("PlainLogs")]
    assert policy == [
        {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [log, "Arn"]},
        }
    ]
    role = only(template, "AWS::IAM::Role", "PlainRole")
    traces, interfaces = (arn["Ref"] for arn in role["ManagedPolicyArns"])
    assert traces.startswith("PoliciesTraces")
    assert interfaces.startswith("PoliciesInterfaces")
    assert role["PermissionsBoundary"]["Ref"].startswith("PoliciesBoundary")


def test_code_inside_a_function_cannot_use_lambdas_network_permissions(template: dict[str, Any]) -> None:
    """Otherwise a taken-over function could attach interfaces anywhere in the account's network."""
    statements = only(template, "AWS::IAM::ManagedPolicy", "PoliciesInterfaces")["PolicyDocument"]["Statement"]
    allowed, denied = statements
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert set(denied["Action"]) == set(allowed["Action"]) == set(INTERFACE_ACTIONS)
    assert denied["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


def test_traces_logs_and_settings_reach_the_function(template: dict[str, Any]) -> None:
    function = only(template, "AWS::Lambda::Function", "PlainFunction")
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "WARN"
    assert function["LoggingConfig"]["LogGroup"]["Ref"].startswith("PlainLogs")
    assert len(function["VpcConfig"]["SecurityGroupIds"]) == 1
    assert function["Environment"]["Variables"] == {
        "ENVIRONMENT": "test",
        "POWERTOOLS_SERVICE_NAME": "plain",
        "POWERTOOLS_METRICS_NAMESPACE": "Alex",
        "POWERTOOLS_LOG_LEVEL": "WARNING",
        "COLOUR": "blue",
    }


def test_a_function_that_nobody_waits_for_keeps_what_it_could_not_do(template: dict[str, Any]) -> None:
    """A lost event of a schedule would be noticed by nobody (AGENT-02)."""
    target = only(template, "AWS::Lambda::Function", "ScheduledFunction")["DeadLetterConfig"]["TargetArn"]
    queue = target["Fn::GetAtt"][0]
    assert template[queue]["Type"] == "AWS::SQS::Queue"
    statements = only(template, "AWS::IAM::Policy", "ScheduledRole")["PolicyDocument"]["Statement"]
    assert {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": target} in statements
    assert "alex-test-scheduled-function-dead-letters" in alarms(template)
    assert "DeadLetterConfig" not in only(template, "AWS::Lambda::Function", "PlainFunction")


def test_reserved_and_warm_executions(template: dict[str, Any]) -> None:
    assert only(template, "AWS::Lambda::Function", "BusyFunction")["ReservedConcurrentExecutions"] == 10
    alias = only(template, "AWS::Lambda::Alias", "BusyFunction")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 2}
    assert "ReservedConcurrentExecutions" not in only(template, "AWS::Lambda::Function", "PlainFunction")


def test_callers_are_led_to_the_warm_executions() -> None:
    stack = Stack(App(), "Bench")
    shared = defaults(stack, in_vpc=False)
    program = Program(code=CODE, handler="index.handler")
    warm = Function(stack, "Warm", defaults=shared, program=program, size=Size(provisioned=1))
    cold = Function(stack, "Cold", defaults=shared, program=program)
    assert isinstance(warm.target, lambda_.Alias)
    assert cold.target is cold.function


def test_every_function_has_the_alarm_set(template: dict[str, Any]) -> None:
    """OBS-08, OBS-09: thresholds follow the timeout and the reservation."""
    found = alarms(template)
    kinds = {"errors", "throttles", "duration-p95", "duration-p99"}
    for name in ("plain", "scheduled", "busy"):
        assert {f"alex-test-{name}-function-{kind}" for kind in kinds} <= set(found)
    assert found["alex-test-busy-function-duration-p95"]["Threshold"] == 80_000
    assert found["alex-test-busy-function-duration-p99"]["Threshold"] == 95_000
    assert found["alex-test-busy-function-concurrency"]["Threshold"] == 8
    assert "alex-test-plain-function-concurrency" not in found
    assert found["alex-test-plain-function-throttles"]["Threshold"] == 0


def test_every_alarm_tells_somebody_when_it_comes_and_when_it_goes(template: dict[str, Any]) -> None:
    """OBS-17."""
    for name, alarm in alarms(template).items():
        topic = "Critical" if name.endswith(("-errors", "-dead-letters")) else "Warning"
        assert alarm["AlarmActions"] == alarm["OKActions"], name
        assert alarm["AlarmActions"][0]["Ref"].startswith(topic), name
        assert alarm["TreatMissingData"] == "notBreaching", name


def rate(alarm: dict[str, Any], *, errors: float, total: float) -> float:
    """The alarm's own expression, evaluated as CloudWatch does for one period."""
    expression = next(m["Expression"] for m in alarm["Metrics"] if "Expression" in m)
    names = {"IF": lambda condition, yes, no: yes if condition else no}
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(eval(expression, {}, names | {"errors": np.float64(errors), "total": np.float64(total)}))


@pytest.mark.parametrize(
    ("errors", "total", "alarmed"),
    [
        (11, 1000, True),
        (9, 1000, True),
        (5, 1000, False),
        (5, 400, True),
        (4, 500, False),
        (6, 10**6, True),
        (0, 0, False),
    ],
    ids=["1.1%", "over five at once", "0.5%", "1.25%", "0.8%", "six in a million", "nothing ran"],
)
def test_the_error_alarm_goes_off_over_one_percent_or_five_errors(
    template: dict[str, Any], errors: int, total: int, alarmed: bool
) -> None:
    """OBS-08, both rules of the sources in one alarm."""
    alarm = alarms(template)["alex-test-plain-function-errors"]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert (rate(alarm, errors=errors, total=total) > alarm["Threshold"]) is alarmed


def test_outside_the_vpc_no_network_permission_is_given() -> None:
    """NET-10: a development function without a VPC must not hold rights on one."""
    stack = Stack(App(), "Bench")
    Function(
        stack, "Plain", defaults=defaults(stack, in_vpc=False), program=Program(code=CODE, handler="index.handler")
    )
    resources = Template.from_stack(stack).to_json()["Resources"]
    [traces] = only(resources, "AWS::IAM::Role", "PlainRole")["ManagedPolicyArns"]
    assert traces["Ref"].startswith("PoliciesTraces")
    assert "VpcConfig" not in only(resources, "AWS::Lambda::Function", "PlainFunction")
