"""Alarms that services announce as events instead of metrics (OBS-13, NET-11, SEC-15, DR-02).

Decision: an event becomes a readable message with its runbook. These are rare and each time a matter of its own (a job,
a certificate, a secret, a backup), so they are sent as they come. What may come a hundred at a time, as violations do
after one careless change, is counted instead (`hardened.compliance_bus`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts, Severity


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """An event that somebody must hear of.

    :param says: what happened, ending with the requirement's id; ``{word}`` is replaced by the event's value.
    :param words: word -> path in the event, for example ``$.detail.state``.
    """

    source: str
    kinds: tuple[str, ...]
    detail: Mapping[str, Any]
    says: str
    runbook: str
    words: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.WARNING


ENDED_BADLY = ["Failed", "Stopped"]
JOB_STATUS = ("TrainingJobStatus", "ProcessingJobStatus", "TransformJobStatus", "HyperParameterTuningJobStatus")


def announcements(*, certificate_days: int) -> dict[str, Announcement]:
    """What AWS announces to the platform's people; certificates from ``certificate_days`` days before their end."""
    which = {"which": "$.resources[0]"}
    return {
        "SageMakerJobFailed": Announcement(
            source="aws.sagemaker",
            kinds=tuple(
                f"SageMaker {job} Job State Change"
                for job in ("Training", "Processing", "Transform", "HyperParameter Tuning")
            ),
            detail={"$or": [{status: ENDED_BADLY} for status in JOB_STATUS]},
            says="The SageMaker job {which} failed or was stopped. [OBS-13]",
            words=which,
            runbook="sagemaker-job-failed",
        ),
        "CertificateExpiring": Announcement(
            source="aws.acm",
            kinds=("ACM Certificate Approaching Expiration",),
            detail={"DaysToExpiry": [{"numeric": ["<=", certificate_days]}]},
            says="The certificate of {domain} ends in {days} days and has not renewed itself. [NET-11]",
            words={"domain": "$.detail.CommonName", "days": "$.detail.DaysToExpiry"},
            runbook="certificate-expiry",
        ),
        "CertificateExpired": Announcement(
            source="aws.acm",
            kinds=("ACM Certificate Expired",),
            detail={},
            says="The certificate {which} has expired; whoever relies on it is refused. [NET-11]",
            words=which,
            runbook="certificate-expiry",
            severity=Severity.CRITICAL,
        ),
        "RotationFailed": Announcement(
            source="aws.secretsmanager",
            kinds=("AWS Service Event via CloudTrail",),
            detail={"eventName": ["RotationFailed", "RotationAbandoned", "TestRotationFailed"]},
            says="A secret was not rotated ({what}): {which}. It stays as it is and grows older. [SEC-15]",
            words={"what": "$.detail.eventName", "which": "$.detail.additionalEventData.SecretId"},
            runbook="rotation-failed",
        ),
        "BackupFailed": Announcement(
            source="aws.backup",
            kinds=("Backup Job State Change", "Copy Job State Change"),
            detail={"state": ["FAILED", "ABORTED", "EXPIRED"]},
            says="A backup or its copy ended as {state}: {which}. {reason} [DR-02]",
            words={"state": "$.detail.state", "which": "$.detail.resourceArn", "reason": "$.detail.statusMessage"},
            runbook="backup-failed",
        ),
        "RestoreFailed": Announcement(
            source="aws.backup",
            kinds=("Restore Job State Change",),
            detail={"status": ["FAILED", "ABORTED"]},
            says="A restore ended as {status}: {which}. {reason} If it was a try, the backup may be worthless. [DR-02]",
            words={
                "status": "$.detail.status",
                "which": "$.detail.restoreJobId",
                "reason": "$.detail.statusMessage",
            },
            runbook="backup-failed",
        ),
    }


class Announcements(Construct):
    """Sends each event to the topic of its severity; what cannot be delivered waits in a queue with an alarm."""

    def __init__(
        self, scope: Construct, id: str, *, announced: Mapping[str, Announcement], name: str, alerts: Alerts
    ) -> None:
        """Make a rule for each; ``name`` as people know them, for the queue's alarm."""
        super().__init__(scope, id)
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
        self.rules: dict[str, events.Rule] = {}
        for event, one in announced.items():
            text, _, requirements = one.says.rpartition(" [")
            words = {word: events.EventField.from_path(path) for word, path in one.words.items()}
            message = f"{text.format(**words)} Runbook: {alerts.runbook(one.runbook)} [{requirements}"
            rule = events.Rule(
                self,
                event,
                event_pattern=events.EventPattern(
                    source=[one.source], detail_type=list(one.kinds), detail=dict(one.detail) or None
                ),
            )
            rule.add_target(
                targets.SnsTopic(
                    alerts.topic(one.severity),
                    message=events.RuleTargetInput.from_text(message),
                    dead_letter_queue=undelivered.queue,
                )
            )
            self.rules[event] = rule
