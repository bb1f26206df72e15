"""What every function's role is given, and what none of them can ever have (IAM-05, IAM-08).

Decisions:
- What Lambda itself needs of every function, and what AWS can grant on ``*`` only, stands in one managed policy each:
  one reviewed exception instead of one a function.
- A permissions boundary is the most that any function may do, whatever its own policies say: no change of permissions,
  no trail or recorder stopped, no key destroyed, no service that the platform does not use. A new kind of action is
  added here in the open, by whoever reviews this file.
"""

from collections.abc import Sequence
from datetime import date

from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.boundaries import Boundary

# What the Lambda service does with a function's role to place it in a VPC.
INTERFACE_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "ec2:UnassignPrivateIpAddresses",
)
SCOPEABLE = tuple(action for action in INTERFACE_ACTIONS if not action.startswith("ec2:Describe"))
"""Those that AWS could limit to resources; the others know none."""

BASIC = (
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
)
"""What a function needs to log and to keep what failed; for a boundary narrower than `MOST`."""

TRACE_ACTIONS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
MOST = (
    "bedrock:ApplyGuardrail",
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeStream",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "lambda:InvokeFunction",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "rds-data:BatchExecuteStatement",
    "rds-data:BeginTransaction",
    "rds-data:CommitTransaction",
    "rds-data:ExecuteStatement",
    "rds-data:RollbackTransaction",
    "s3:ListBucketVersions",
    "s3:PutObject",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
    "sns:Publish",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "ssm:GetParameter",
    "states:SendTaskSuccess",
    "states:StartExecution",
)
"""Beside traces and network interfaces, all that a function of the platform may ever be granted."""


class FunctionPolicies(Construct):
    """``traces`` and ``interfaces`` are attached to functions' roles; ``boundary`` limits them.

    :param most: beside traces and network interfaces, all that the functions may ever be granted.
    :param network: whether some of the functions lie in the VPC.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, most: Sequence[str] = MOST, network: bool = True
    ) -> None:
        super().__init__(scope, construct_id)
        self.traces = self._traces()
        self.interfaces = self._interfaces() if network else None
        actions = [*most, *TRACE_ACTIONS, *(INTERFACE_ACTIONS if network else ())]
        self.boundary = Boundary(self, "Boundary", whose="a function", actions=actions)

    def of_a_role(self, *, in_network: bool) -> list[iam.IManagedPolicy]:
        """What a function's role is given, in the VPC or outside of it."""
        if not in_network:
            return [self.traces]
        if self.interfaces is None:
            raise ValueError(f"{self.node.path} was made without the network's policy: pass network=True")
        return [self.traces, self.interfaces]

    def _traces(self) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self,
            "Traces",
            description="Functions write traces",
            statements=[iam.PolicyStatement(actions=list(TRACE_ACTIONS), resources=["*"])],
        )
        acknowledge(
            policy,
            rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="X-Ray's two write actions know no resources, so AWS grants them on * only; they can add traces and "
            "read none.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-4",
            false_positive=True,
        )
        return policy

    def _interfaces(self) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self,
            "Interfaces",
            description="Lambda connects functions to the VPC",
            statements=[
                iam.PolicyStatement(actions=list(INTERFACE_ACTIONS), resources=["*"]),
                # lambda:SourceFunctionArn is present exactly when code inside a function makes the call.
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=list(INTERFACE_ACTIONS),
                    resources=["*"],
                    conditions={"Null": {"lambda:SourceFunctionArn": "false"}},
                ),
            ],
        )
        acknowledge(
            policy,
            rule=(
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                *(f"SOC2::SOC2-IAM-RESOURCE[Action::{action}]" for action in SCOPEABLE),
            ),
            reason="Lambda makes and removes the functions' network interfaces with this role, in subnets and groups "
            "that it learns at run time; EC2's Describe actions know no resources.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-5",
            mitigated_by="the deny beside it keeps a function's own code from using any of these actions",
        )
        return policy
