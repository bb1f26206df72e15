"""Alarms of what all parts share: tables, the account's concurrency, backups (OBS-09, OBS-14, DR-02)."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.topics import Alerts, Severity

HOUR, DAY = Duration.hours(1), Duration.days(1)
THROTTLED = ("ReadThrottleEvents", "WriteThrottleEvents")
NOT_BACKED_UP = ("NumberOfBackupJobsFailed", "NumberOfBackupJobsAborted", "NumberOfBackupJobsExpired")


def total(namespace: str, names: Sequence[str], dimensions: Mapping[str, str], period: Duration) -> cw.MathExpression:
    """The sum of several counts of one thing; a count that was never written is 0."""
    metrics = {
        f"m{index}": cw.Metric(
            namespace=namespace, metric_name=name, dimensions_map=dict(dimensions), period=period, statistic="Sum"
        )
        for index, name in enumerate(names)
    }
    return cw.MathExpression(
        expression=" + ".join(f"FILL({key}, 0)" for key in metrics),
        using_metrics=dict(metrics),
        period=period,
        label=" and ".join(names),
    )


class TableAlarms(Construct):
    """Throttled requests of each table and each of its indexes: an index is throttled under its own name (OBS-14)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tables: Mapping[str, dynamodb.ITableV2],
        indexes: Mapping[str, Sequence[str]],
        name: str,
        alerts: Alerts,
    ) -> None:
        """Watch ``tables``; ``indexes`` names those of a table by the table's title."""
        super().__init__(scope, id)
        for title, table in tables.items():
            for index in (None, *indexes.get(title, ())):
                said = title if index is None else f"{title}-{index.replace('_', '-')}"
                dimensions = {"TableName": table.table_name}
                alarm(
                    self,
                    said,
                    name=f"{name}-table-{said.lower()}-throttles",
                    metric=total(
                        "AWS/DynamoDB",
                        THROTTLED,
                        dimensions | ({"GlobalSecondaryIndexName": index} if index else {}),
                        FIVE_MINUTES,
                    ),
                    threshold=0,
                    alerts=alerts,
                    severity=Severity.WARNING,
                    runbook="table-throttles",
                    description=f"DynamoDB throttled requests to the table {title}"
                    f"{f', index {index}' if index else ''}: one key is too hot. [OBS-14]",
                )


class AccountAlarms(Construct):
    """Lambda's concurrency in this account and region, which every function without a reserve shares (OBS-09)."""

    def __init__(self, scope: Construct, id: str, *, quota: int, pct: float, name: str, alerts: Alerts) -> None:
        """Tell when more than ``pct`` percent of ``quota`` executions are taken, reserved ones included."""
        super().__init__(scope, id)
        alarm(
            self,
            "Concurrency",
            name=f"{name}-account-concurrency",
            metric=cw.Metric(
                namespace="AWS/Lambda",
                metric_name="ClaimedAccountConcurrency",
                period=FIVE_MINUTES,
                statistic="Maximum",
            ),
            threshold=quota * pct / 100,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="account-concurrency",
            description=f"More than {pct:g}% of the account's {quota:,} concurrent executions are taken: soon every "
            "function without a reserve is throttled. Ask for a higher quota, or find what runs so often. [OBS-09]",
        )


class BackupAlarms(Construct):
    """Backups that failed, and backups that nobody heard of (DR-02)."""

    def __init__(self, scope: Construct, id: str, *, vault: str, silence_days: int, name: str, alerts: Alerts) -> None:
        """Watch the vault named ``vault``, which is filled daily.

        :param silence_days: so many days without a backup are an alarm; one alone may only be late.
        """
        super().__init__(scope, id)
        dimensions = {"BackupVaultName": vault}
        alarm(
            self,
            "Failed",
            name=f"{name}-backup-failed",
            # An hour: these metrics come every five minutes, so that the newest five are never there yet.
            metric=total("AWS/Backup", NOT_BACKED_UP, dimensions, HOUR),
            threshold=0,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="backup-failed",
            description="A backup failed, was aborted or ran out of time; the newest recovery point is older than it "
            "should be. The event of AWS Backup on this topic says of what and why. [DR-02]",
        )
        alarm(
            self,
            "Missing",
            name=f"{name}-backup-missing",
            metric=total("AWS/Backup", ("NumberOfBackupJobsCompleted",), dimensions, DAY),
            threshold=1,
            below=True,
            periods=silence_days,
            missing=cw.TreatMissingData.BREACHING,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="backup-missing",
            description=f"No backup was completed for {silence_days} days: the plan does not run at all. Also raised "
            "once by the first deployment. [DR-02]",
        )
