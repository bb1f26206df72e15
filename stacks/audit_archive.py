"""The AI audit trail kept for good: from the table's stream to a bucket that nobody can overwrite (XAI-05, COMP-16).

A bucket of its own, not the log archive: its retention is the audit's in every environment (logs of small environments
are not locked at all), its key the audit's, and one function writes to it.
"""

from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from hardened import ArchiveBucket, Classification, classify
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.functions import NAMESPACE, Function, FunctionDefaults, Program, Size
from hardened.grants import use_key
from hardened.streams import TableFeed
from hardened.topics import Severity
from settings import Settings
from stacks.base import PlatformStack, removal_policy

FOLDER = "ai-audit"
BY_AGENT = "by_agent"


def keep_for_good(
    scope: PlatformStack,
    table: dynamodb.TableV2,
    *,
    settings: Settings,
    key: kms.IKey,
    access_logs: s3.IBucket,
    functions: FunctionDefaults,
    code: lambda_.Code,
) -> tuple[ArchiveBucket, Function]:
    """The archive of the table's entries and the function that fills it; an alarm tells of entries that changed."""
    table.add_global_secondary_index(
        index_name=BY_AGENT,
        partition_key=dynamodb.Attribute(name="agent", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="timestamp", type=dynamodb.AttributeType.STRING),
    )
    archive = ArchiveBucket(
        scope,
        "AuditArchive",
        encryption_key=key,
        access_logs=access_logs,
        lock_mode=settings.retention.object_lock_mode,
        lock_years=settings.retention.audit_years,
        keep_days=settings.logs.hot_retention_days,
        removal_policy=removal_policy(settings),
        cold_after_days=None,
    )
    for resource in (table, archive):
        classify(resource, Classification.AUDIT)
    archiver = Function(
        scope,
        "Archiver",
        defaults=functions,
        program=Program(
            code=code,
            handler="advisor.handlers.archiver.handler",
            environment={"AUDIT_ARCHIVE": archive.bucket_name},
        ),
        size=Size(memory_mb=512, timeout_s=60),
    )
    archive.written_only_by(archiver.role, folder=FOLDER)
    use_key(archiver, key, "kms:Decrypt", "kms:GenerateDataKey")
    TableFeed(scope, "AuditFeed", table=table, consumer=archiver, alerts=functions.alerts)
    alarm(
        scope,
        "AuditTampered",
        name=f"alex-{settings.name}-audit-tampered",
        metric=cw.Metric(
            namespace=NAMESPACE,
            metric_name="AuditTampered",
            dimensions_map={"Environment": settings.name, "Service": archiver.service, "Agent": "archiver"},
            statistic="Sum",
            period=FIVE_MINUTES,
        ),
        threshold=0,
        # No incident covers it: tampering pages by itself, whatever else is wrong.
        alerts=functions.alerts.within(None),
        severity=Severity.CRITICAL,
        runbook="audit-tampered",
        description="Somebody changed or removed an entry of the AI audit trail, or put in a forged one; no "
        "function can. Run `alex audit verify` for the job in the archiver's AUDIT_TAMPERED event. [XAI-04]",
    )
    return archive, archiver
