"""Threat detection, and the events that must reach a person (SEC-19, SEC-21, COMP-04, COMP-05)."""

from datetime import date
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_securityhub as securityhub
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts

GUARDDUTY_FEATURES = ("S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS")
STANDARDS = ("cis-aws-foundations-benchmark/v/3.0.0", "aws-foundational-security-best-practices/v/1.0.0")

ALERTING_EVENTS: dict[str, dict[str, Any]] = {
    "GuardDutyFinding": {
        "source": ["aws.guardduty"],
        "detail_type": ["GuardDuty Finding"],
        "detail": {"severity": [{"numeric": [">=", 4]}]},
    },
    "SecurityHubFinding": {
        "source": ["aws.securityhub"],
        "detail_type": ["Security Hub Findings - Imported"],
        "detail": {"findings": {"Severity": {"Label": ["HIGH", "CRITICAL"]}, "Workflow": {"Status": ["NEW"]}}},
    },
    "RootUsed": {
        "detail_type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
        # Not what AWS's own services do on root's behalf (CIS benchmark, "root account usage").
        "detail": {
            "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
            "eventType": [{"anything-but": ["AwsServiceEvent"]}],
        },
    },
}
"""What a person hears of at once, as event patterns. Broken rules are counted instead (`hardened.event_alarms`)."""


class ThreatDetector(Construct):
    """GuardDuty with findings every fifteen minutes. One per account and region."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.detector = guardduty.CfnDetector(
            self,
            "Detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[
                guardduty.CfnDetector.CFNFeatureConfigurationProperty(name=name, status="ENABLED")
                for name in GUARDDUTY_FEATURES
            ],
        )


class FindingsHub(Construct):
    """Security Hub with the CIS benchmark and AWS's best practices. One per account and region."""

    def __init__(self, scope: Construct, construct_id: str, *, region: str) -> None:
        super().__init__(scope, construct_id)
        self.hub = securityhub.CfnHub(
            self,
            "Hub",
            enable_default_standards=False,
            control_finding_generator="SECURITY_CONTROL",
            auto_enable_controls=True,
        )
        for standard in STANDARDS:
            name = standard.split("/")[0].title().replace("-", "")
            made = securityhub.CfnStandard(
                self, name, standards_arn=f"arn:{Aws.PARTITION}:securityhub:{region}::standards/{standard}"
            )
            made.add_resource_dependency(self.hub)


class Watch(Construct):
    """Sends each of `ALERTING_EVENTS` to the critical topic; what cannot be delivered waits in a queue with an alarm.

    :param name: what people call it, for the alarm, for example ``alex-prod-security-events``.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, alerts: Alerts) -> None:
        super().__init__(scope, construct_id)
        undelivered = DeadLetterQueue(self, "Undelivered", name=name, alerts=alerts)
        acknowledge(
            undelivered.queue,
            rule="AwsSolutions::AwsSolutions-SQS3",
            reason="It is the dead-letter queue of the event rules below, which the rule does not look for; an alarm "
            "calls a person.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-6",
            false_positive=True,
        )
        for event, pattern in ALERTING_EVENTS.items():
            rule = events.Rule(self, event, event_pattern=events.EventPattern(**pattern))
            rule.add_target(targets.SnsTopic(alerts.critical, dead_letter_queue=undelivered.queue))
