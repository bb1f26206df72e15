"""Data at rest: the database, tables, buckets, backups, and the keys and secrets that guard them."""

from collections.abc import Iterator

from costs.month import HOURS, Month, Use, measures
from costs.resource import EstimateError, Resource


@measures("AWS::RDS::DBCluster")
def cluster(found: Resource, month: Month) -> Iterator[Use]:
    """Its one volume, however many instances read it, and backups beyond the first copy."""
    optimised = found.get("StorageType") == "aurora-iopt1"
    usage = month.usage
    yield Use("aurora.storage_io_optimized" if optimised else "aurora.storage", usage.database_gb)
    if not optimised:
        yield Use("aurora.io", usage.database_million_io)
    if found.number("BackupRetentionPeriod", default=1) > 1:
        yield Use("aurora.backup", usage.database_gb)


@measures("AWS::RDS::DBInstance")
def instance(found: Resource, month: Month) -> Iterator[Use]:
    """Capacity units: never below the cluster's minimum, and less than all day only where the cluster may pause."""
    if found.get("DBInstanceClass") != "db.serverless":
        raise EstimateError(
            f"{found.stack}/{found.logical_id}: there is no price for {found.get('DBInstanceClass')!r}: "
            "use db.serverless, or add its price to costs/prices.toml and its measure to costs/services/stores.py"
        )
    owner = month.deployment.target(found, "DBClusterIdentifier")
    scaling = "ServerlessV2ScalingConfiguration"
    least = owner.number(scaling, "MinCapacity", default=0.5) if owner else 0.5
    most = owner.number(scaling, "MaxCapacity", default=128) if owner else 128
    key = "acu_hour_io_optimized" if owner and owner.get("StorageType") == "aurora-iopt1" else "acu_hour"
    hours = HOURS if least else min(HOURS, month.usage.database_hours)
    yield Use(f"aurora.{key}", least * HOURS, fixed=True)
    yield Use(f"aurora.{key}", max(0.0, min(month.usage.database_acu, most) - least) * hours)


@measures("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")
def table(found: Resource, month: Month) -> Iterator[Use]:
    """On demand; an index is written and kept like a table of its own."""
    usage = month.usage
    copies = 1 + len(found.get("GlobalSecondaryIndexes", default=()))
    calls = usage.table_calls_per_analysis * month.analyses + usage.table_calls_per_request * month.requests
    yield Use("dynamodb.write", calls * copies)
    yield Use("dynamodb.read", calls)
    yield Use("dynamodb.storage", usage.table_gb * copies)
    if found.get("StreamSpecification"):
        yield Use("dynamodb.stream_read", calls)
    recovery = found.get("PointInTimeRecoverySpecification") or found.get(
        "Replicas", 0, "PointInTimeRecoverySpecification", default={}
    )
    if recovery.get("PointInTimeRecoveryEnabled"):
        yield Use("dynamodb.recovery", usage.table_gb)


@measures("AWS::S3::Bucket")
def bucket(_found: Resource, month: Month) -> Iterator[Use]:
    """As if nothing were ever moved to a cheaper class, and half of the requests wrote."""
    yield Use("s3.storage", month.usage.bucket_gb)
    yield Use("s3.write", month.usage.bucket_requests / 2)
    yield Use("s3.read", month.usage.bucket_requests / 2)


@measures("AWS::Backup::BackupVault")
def vault(_found: Resource, month: Month) -> Iterator[Use]:
    """Recovery points, at the price of the dearest kind that the platform keeps."""
    yield Use("backup.warm", month.usage.backup_gb)


@measures("AWS::Backup::BackupPlan")
def plan(found: Resource, month: Month) -> Iterator[Use]:
    """What its rules copy to another region or account; kept there, it is that vault's."""
    rules = found.get("BackupPlan", "BackupPlanRule", default=())
    if any(rule.get("CopyActions") for rule in rules if isinstance(rule, dict)):
        yield Use("backup.copied", month.usage.backup_gb)


@measures("AWS::Backup::RestoreTestingSelection")
def restore_test(_found: Resource, _month: Month) -> Iterator[Use]:
    """One recovery point a month; the restored copy runs for some hours, which nobody counts here."""
    yield Use("backup.restore_test", 1, fixed=True)


@measures("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
def key(_found: Resource, month: Month) -> Iterator[Use]:
    """A key in its first year; its first two rotations add one dollar a month each."""
    yield Use("kms.key", 1, fixed=True)
    yield Use("kms.request", month.usage.key_uses_per_analysis * month.analyses)


@measures("AWS::SecretsManager::Secret")
def secret(_found: Resource, month: Month) -> Iterator[Use]:
    """Kept, and read by functions that start."""
    yield Use("secrets_manager.secret", 1, fixed=True)
    yield Use("secrets_manager.call", month.usage.secret_reads)


@measures("AWS::SSM::Parameter")
def parameter(found: Resource, _month: Month) -> Iterator[Use]:
    """Standard ones are free."""
    if found.get("Tier") == "Advanced":
        yield Use("ssm.advanced_parameter", 1, fixed=True)
