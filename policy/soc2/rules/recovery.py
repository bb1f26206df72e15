"""What is left after a failure: backups by the service, replicas, protection from deletion (DR-01, DR-04, DR-11).

Decision: they cost money and hold up a developer, so most are demanded of production only.
"""

from typing import Any

from soc2.reading import GLOBAL_TABLE, each
from soc2.resolve import ABSENT, resolve
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, is_true, items, number, shown, some

CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"
TABLES = ("AWS::DynamoDB::Table", GLOBAL_TABLE)
STORES = (*TABLES, CLUSTER, INSTANCE, "AWS::EFS::FileSystem", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
"""What keeps data that exists nowhere else."""


def production_only(resource: Resource) -> None:
    """Leave the rule where the environment holds no client data.

    :raises NotApplicable: it is not production.
    """
    if not resource.assembly.profile.production:
        raise NotApplicable("demanded of production only")


def standalone(instance: Resource) -> None:
    """Leave the rule for a member of a cluster, which is judged as a whole.

    :raises NotApplicable: it is a member.
    :raises Undecided: it is one in other cases than the present one.
    """
    if instance.type == INSTANCE and instance.get("DBClusterIdentifier"):
        raise NotApplicable("a member of a cluster, which has this property")
    if instance.type == INSTANCE and "DBClusterIdentifier" in instance.raw.get("Properties", {}):
        raise Undecided("it is a member of a cluster in some cases only")


def unretained(resource: Resource, default: str = "Delete") -> Findings:
    """A finding for each of the two policies under which deletion takes the resource's content with it."""
    for name, otherwise in (("DeletionPolicy", default), ("UpdateReplacePolicy", "Delete")):
        value = resolve(resource.raw.get(name, ABSENT), resource.stack)
        value = otherwise if value is ABSENT else value
        if value not in ("Retain", "RetainExceptOnCreate", "Snapshot"):
            yield Broken(f"{name} is {shown(value)}", at=f"../{name}", detail=name)


def _off_in_a_replica(table: Resource, *path: str) -> Findings:
    """A finding where the flag is off: in the table, or in a replica of a global one."""
    of_replicas = table.type == GLOBAL_TABLE
    paths = [("Replicas", index) for index, _ in enumerate(items(table.get("Replicas")))] if of_replicas else [()]

    def off(replica: tuple[Any, ...]) -> Broken | None:
        value = table.get(*replica, *path)
        at = ".".join(str(step) for step in (*replica, *path))
        return None if is_true(value) else Broken(f"{path[-1]} is {shown(value)}", at=at)

    yield from each(off, paths)


@rule(
    "SOC2-DDB-PITR",
    "Tables can be restored to any moment of the last weeks",
    on=TABLES,
    criteria=("CC7.5", "A1.2"),
    severity=Severity.HIGH,
    fix="set PointInTimeRecoveryEnabled (CDK: point_in_time_recovery_specification=...)",
    requirements=("DR-04",),
)
def table_recovery(table: Resource) -> Findings:
    production_only(table)
    yield from _off_in_a_replica(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")


@rule(
    "SOC2-DDB-DELETION",
    "Tables are protected from deletion",
    on=TABLES,
    criteria=("A1.2", "CC6.1"),
    severity=Severity.MEDIUM,
    fix="set DeletionProtectionEnabled to true (CDK: deletion_protection=True)",
    requirements=("DR-02",),
)
def table_deletion(table: Resource) -> Findings:
    production_only(table)
    yield from _off_in_a_replica(table, "DeletionProtectionEnabled")


@rule(
    "SOC2-RDS-BACKUP",
    "Databases keep automatic backups long enough",
    on=(CLUSTER, INSTANCE),
    criteria=("CC7.5", "A1.2"),
    severity=Severity.HIGH,
    fix="set BackupRetentionPeriod in days (CDK: backup=BackupProps(retention=...), or backup_retention=...)",
    requirements=("DR-02",),
)
def database_backup(database: Resource) -> Findings:
    standalone(database)
    needed = database.assembly.profile.backup_retention_days
    days = number(database.get("BackupRetentionPeriod"), default=1)
    if days < needed:
        yield Broken(f"backups are kept for {days:g} days, not for {needed}", at="BackupRetentionPeriod")


@rule(
    "SOC2-RDS-DELETION",
    "Databases are protected from deletion",
    on=(CLUSTER, INSTANCE),
    criteria=("A1.2", "CC6.1"),
    severity=Severity.HIGH,
    fix="set DeletionProtection to true (CDK: deletion_protection=True)",
    requirements=("DR-02",),
)
def database_deletion(database: Resource) -> Findings:
    production_only(database)
    standalone(database)
    value = database.get("DeletionProtection")
    if not is_true(value):
        yield Broken(f"DeletionProtection is {shown(value)}", at="DeletionProtection")


@rule(
    "SOC2-RDS-MULTIAZ",
    "Databases survive the loss of an availability zone",
    on=(CLUSTER, INSTANCE),
    criteria=("CC9.1", "A1.1", "A1.2"),
    severity=Severity.HIGH,
    fix="give the cluster a second AWS::RDS::DBInstance (CDK: readers=[...]), or set MultiAZ (CDK: multi_az=True)",
    requirements=("DR-11", "DATA-03"),
)
def database_zones(database: Resource) -> Findings:
    """A cluster with DBClusterInstanceClass is spread over three zones by the service."""
    production_only(database)
    standalone(database)
    if some(is_true, (database.get("MultiAZ"), bool(database.get("DBClusterInstanceClass")))):
        return
    if database.type == INSTANCE:
        yield Broken(f"MultiAZ is {shown(database.get('MultiAZ'))}", at="MultiAZ")
        return
    if database.get("EngineMode") == "serverless":
        raise NotApplicable("Aurora Serverless v1 has no instances to spread, and moves to another zone by itself")
    for count, _ in enumerate(database.linked(INSTANCE, "DBClusterIdentifier"), start=1):
        if count == 2:
            return
    yield Broken("it has fewer than two instances")


@rule(
    "SOC2-STATEFUL-RETAIN",
    "Data outlives the stack that made its store",
    on=STORES,
    criteria=("A1.2", "C1.1"),
    severity=Severity.HIGH,
    fix="set DeletionPolicy and UpdateReplacePolicy to Retain or Snapshot (CDK: removal_policy=RemovalPolicy.RETAIN)",
    requirements=("DR-02",),
)
def stateful_retained(resource: Resource) -> Findings:
    """CloudFormation takes a snapshot of a database when nothing is said, but not when it replaces one."""
    production_only(resource)
    standalone(resource)
    yield from unretained(resource, default="Snapshot" if resource.type in (CLUSTER, INSTANCE) else "Delete")
