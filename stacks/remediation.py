"""The remediation: a function that answers what AWS Config finds, alone with its rights (COMP-03)."""

from datetime import date

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from hardened import Alerts
from hardened.acknowledge import acknowledge
from hardened.compliance_bus import ComplianceBus, Target
from hardened.function_policies import BASIC, FunctionPolicies
from hardened.functions import Function, Program, Size
from hardened.grants import allow
from settings import Settings
from stacks.base import PlatformStack
from stacks.functions import function_defaults

MOST = (
    *BASIC,
    "events:PutEvents",
    "s3:PutBucketPublicAccessBlock",
    "securityhub:BatchImportFindings",
)
"""All that the function may ever be granted; none of the platform's other functions may have any of the last three."""

OUTSIDE = (
    "The stack stands alone, in a security account too, where there is no VPC of the platform. The function reaches "
    "only AWS APIs over TLS with its own role."
)

CHANGES = {
    "source": ["aws.config"],
    "detail-type": ["Config Rules Compliance Change"],
    "detail": {
        "configRuleName": [{"prefix": "alex-"}],
        "newEvaluationResult": {"complianceType": ["NON_COMPLIANT", "COMPLIANT"]},
    },
}


def add_remediation(
    scope: PlatformStack, *, settings: Settings, code: lambda_.Code, bus: ComplianceBus, alerts: Alerts
) -> Function:
    """The function and the rule of the bus that brings it each change of compliance."""
    defaults = function_defaults(
        settings,
        network=None,
        alerts=alerts,
        policies=FunctionPolicies(scope, "FunctionPolicies", most=MOST, network=False),
        outside=OUTSIDE,
    )
    function = Function(
        scope,
        "Remediation",
        defaults=defaults,
        program=Program(
            code=code,
            handler="advisor.handlers.remediation.handler",
            environment={"COMPLIANCE_BUS": bus.bus.event_bus_name},
        ),
        size=Size(memory_mb=512, timeout_s=60),
        asynchronous=True,
    )
    hub = f"arn:{Aws.PARTITION}:securityhub:{scope.region}:{scope.account}:product/{scope.account}/default"
    allow(function, actions=("events:PutEvents",), resources=(bus.bus.event_bus_arn,))
    allow(function, actions=("securityhub:BatchImportFindings",), resources=(hub,))
    _let_close_buckets(function)
    if settings.is_production:
        acknowledge(
            function.function,
            rule="SOC2::SOC2-LAMBDA-VPC",
            reason=OUTSIDE,
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-43",
            mitigated_by="its boundary names three actions beside logging, and none of them reads data",
        )
    rule = bus.add_rule("Remediate", CHANGES, Target(arn=function.function.function_arn))
    function.function.add_permission(
        "ComplianceBus",
        principal=iam.ServicePrincipal("events.amazonaws.com"),
        source_arn=rule.attr_arn,
    )
    return function


def _let_close_buckets(function: Function) -> None:
    buckets = f"arn:{Aws.PARTITION}:s3:::*"
    allow(
        function,
        actions=("s3:PutBucketPublicAccessBlock",),
        resources=(buckets,),
        conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
    )
    acknowledge(
        function.role,
        rule=(
            "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::*]",
            "SOC2::SOC2-IAM-RESOURCE-PATTERN[Resource::arn:${AWS::Partition}:s3:::*]",
        ),
        reason="A bucket that somebody opens has any name; the one action on it can only close it, and only in this "
        "account.",
        owner="security",
        expires=date(2027, 6, 30),
        ticket="RISK-42",
        mitigated_by="the action takes access away, and the condition limits it to this account's buckets",
    )
