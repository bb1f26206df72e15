"""Topics that alarms and findings go to (SEC-21, OBS-17)."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from hardened.acknowledge import acknowledge

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

    def notify(self, email: str) -> None:
        """Send every alert to ``email``; what cannot be delivered waits in a queue for 14 days."""
        undelivered = sqs.Queue(self, "Undelivered", retention_period=Duration.days(14))
        for rule in ("Serverless::Serverless-SQSRedrivePolicy", "AwsSolutions::AwsSolutions-SQS3"):
            acknowledge(
                undelivered,
                rule=rule,
                reason="This queue is itself where undelivered alerts end, as a subscription's dead-letter queue, "
                "which the rules do not look for; one more behind it would have no end.",
            )
        self.add_subscription(subscriptions.EmailSubscription(email, dead_letter_queue=undelivered))


@dataclass(frozen=True)
class Alerts:
    """Where alerts go: ``critical`` wakes somebody, ``warning`` waits for working hours."""

    critical: AlertTopic
    warning: AlertTopic
