"""A Step Functions workflow that lasts as long as people need: encrypted, logged, traced, with an alarm on its failure.

Decisions:
- Standard, not express: an execution may wait for days, and its name makes it start once.
- It is logged at level ALL without execution data: what its steps are given (a task token answers for a person) belongs
  in no log. Its history is encrypted with the customer's key.
- Its role invokes the named functions and nothing else; CDK adds nothing to it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.boundaries import Boundary
from hardened.grants import allow, for_this_account, invoke, use_key
from hardened.topics import Alerts, Severity

DELIVER_LOGS = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACE = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
USE = ("kms:Decrypt", "kms:GenerateDataKey")
FAILURES = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")


class Workflow(Construct):
    """A state machine of a definition in the Amazon States Language."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        functions: Sequence[lambda_.IFunction],
        key: kms.IKey,
        alerts: Alerts,
    ) -> None:
        """Make the workflow.

        :param name: what people call it, for alarms and its log, for example ``alex-prod-review``.
        :param functions: all that its steps invoke.
        :param key: encrypts definition and history.
        """
        super().__init__(scope, id)
        self.name = name
        self.key = key
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=for_this_account("states.amazonaws.com"),
            permissions_boundary=Boundary(
                self, "Most", whose="a workflow", actions=["lambda:InvokeFunction", *USE, *DELIVER_LOGS, *TRACE]
            ),
        )
        self._let_watch()
        for function in functions:
            invoke(self.role, function.function_arn)
        use_key(self.role, key, *USE)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(Stack.of(self).to_json_string(dict(definition))),
            role=self.role.without_policy_updates(),
            logs=sfn.LogOptions(
                # The prefix keeps the log group out of the account's one resource policy, whose size is limited.
                destination=logs.LogGroup(self, "Logs", log_group_name=f"/aws/vendedlogs/states/{name}"),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
            tracing_enabled=True,
            encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(key, Duration.minutes(15)),
        )
        self.machine.node.add_dependency(self.role)
        alarm(
            self,
            "Failed",
            name=f"{name}-failed",
            metric=cw.MathExpression(
                expression=" + ".join(f"FILL(m{index}, 0)" for index in range(len(FAILURES))),
                using_metrics={
                    f"m{index}": self.machine.metric(failure, period=FIVE_MINUTES, statistic="Sum")
                    for index, failure in enumerate(FAILURES)
                },
                period=FIVE_MINUTES,
                label="executions that failed, timed out or were aborted",
            ),
            threshold=0,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="workflow-failed",
            description=f"{name}: an execution failed. See its history by its name and the log of the step's function; "
            "what waits stays stored and can still be decided. [HITL-01]",
        )

    def _let_watch(self) -> None:
        allow(self.role, actions=(*DELIVER_LOGS, *TRACE), resources=("*",))
        acknowledge(
            self.role,
            rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="AWS grants the delivery of a state machine's logs and its traces on * only; none of these actions "
            "reads a log or a trace.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-22",
            false_positive=True,
        )

    def grant_start(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` start executions, and nothing else."""
        allow(grantee, actions=("states:StartExecution",), resources=(self.machine.state_machine_arn,))
        use_key(grantee, self.key, *USE)


def let_answer(role: iam.IRole) -> None:
    """Let ``role`` answer waiting steps: IAM knows no resources for it, the token is what names the step."""
    allow(role, actions=("states:SendTaskSuccess",), resources=("*",))
    acknowledge(
        role,
        rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
        reason="AWS grants answering a step on * only; an answer needs the step's token, which this function alone can "
        "read.",
        owner="platform",
        expires=date(2027, 6, 30),
        ticket="RISK-23",
        false_positive=True,
    )


def partition_arn(resource: str) -> str:
    """ARN of a service integration, for example ``lambda:invoke``."""
    return f"arn:{Aws.PARTITION}:states:::{resource}"
