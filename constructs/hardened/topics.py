"""Topics that alarms and findings go to (SEC-21, OBS-17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

PUBLISHERS = ("cloudwatch.amazonaws.com",)
"""Services that publish by themselves; the key of an alert topic must admit them too. Event rules add themselves."""


class AlertTopic(sns.Topic):
    """An encrypted topic that this account's alarms may publish on, over TLS only.

    :param publishers: service principals that publish for this account; the key must admit them too.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        master_key: kms.IKey,
        display_name: str,
        publishers: Sequence[str] = PUBLISHERS,
    ) -> None:
        super().__init__(scope, construct_id, master_key=master_key, display_name=display_name, enforce_ssl=True)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal(service) for service in publishers],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


class Severity(StrEnum):
    """How urgent an alert is: ``critical`` wakes somebody, ``warning`` waits for working hours."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True)
class Alerts:
    """Where alerts go, by severity, and where the runbooks are that say what to do.

    :param runbooks: address below which ``<runbook>.md`` is found.
    """

    critical: sns.ITopic
    warning: sns.ITopic
    runbooks: str = "docs/runbooks"

    def topic(self, severity: Severity) -> sns.ITopic:
        """The topic of ``severity``."""
        return self.critical if severity is Severity.CRITICAL else self.warning

    def runbook(self, name: str) -> str:
        """Address of the runbook ``name``."""
        return f"{self.runbooks.rstrip('/')}/{name}.md"
