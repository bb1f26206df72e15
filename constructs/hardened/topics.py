"""Topics that alarms and findings go to (SEC-21, OBS-17)."""

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

PUBLISHERS = ("cloudwatch.amazonaws.com",)
"""Services that publish by themselves; the key of an alert topic must admit them too. Event rules add themselves."""


class AlertTopic(sns.Topic):
    """An encrypted topic that this account's alarms may publish on, over TLS only."""

    def __init__(self, scope: Construct, construct_id: str, *, master_key: kms.IKey, display_name: str) -> None:
        super().__init__(scope, construct_id, master_key=master_key, display_name=display_name, enforce_ssl=True)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal(service) for service in PUBLISHERS],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


@dataclass(frozen=True)
class Alerts:
    """Where alerts go: ``critical`` wakes somebody, ``warning`` waits for working hours."""

    critical: AlertTopic
    warning: AlertTopic
