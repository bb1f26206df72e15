"""Rotation of a secret by our own function (SEC-15).

Decision: the schedule is the native resource with exact grants; CDK's construct would grant the key by pattern. The
first rotation waits for the schedule, so that a deployment never changes a password that something is about to use.
"""

from datetime import date

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.functions import Function
from hardened.grants import allow, use_key


class Rotation(Construct):
    """Rotates ``secret`` every ``days`` days with ``function`` (Secrets Manager's four steps)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secret: secretsmanager.ISecret,
        key: kms.IKey,
        function: Function,
        days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = function
        steps = (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        )
        allow(function, actions=steps, resources=(secret.secret_arn,))
        # Makes a password and reads nothing; the action knows no resources.
        allow(function, actions=("secretsmanager:GetRandomPassword",), resources=("*",))
        acknowledge(
            function.role,
            rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="GetRandomPassword knows no resources, so AWS grants it on * only; it returns random characters.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-4",
            false_positive=True,
        )
        use_key(function, key, "kms:Decrypt", "kms:GenerateDataKey")
        permission = lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.function.function_arn,
            principal="secretsmanager.amazonaws.com",
            source_arn=secret.secret_arn,
        )
        self.schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Schedule",
            secret_id=secret.secret_arn,
            rotation_lambda_arn=function.function.function_arn,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                schedule_expression=f"rate({days} days)"
            ),
            rotate_immediately_on_update=False,
        )
        self.schedule.add_resource_dependency(permission)
        default_policy = function.role.node.try_find_child("DefaultPolicy")
        if isinstance(default_policy, iam.Policy):
            self.schedule.node.add_dependency(default_policy)
