"""Backups: what a plan covers, how long it keeps them, and whether they can be deleted early (DR-02)."""

import re
from fnmatch import fnmatchcase
from typing import Any

from soc2.reading import GLOBAL_TABLE, tag_sets, tag_value
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.dead_letters import either
from soc2.rules.recovery import CLUSTER, INSTANCE, production_only, standalone
from soc2.template import Resource
from soc2.values import Undecided, items, known, number, references_of, shown, some

SELECTION = "AWS::Backup::BackupSelection"

FEWEST_BACKUP_DAYS = 30
"""A fault that is found at the end of the month can still be undone."""

ARNS = {
    "AWS::DynamoDB::Table": ("dynamodb", "table/", "TableName"),
    GLOBAL_TABLE: ("dynamodb", "table/", "TableName"),
    CLUSTER: ("rds", "cluster:", "DBClusterIdentifier"),
    INSTANCE: ("rds", "db:", "DBInstanceIdentifier"),
    "AWS::EFS::FileSystem": ("elasticfilesystem", "file-system/", "FileSystemId"),
}
"""What is backed up: service and kind in its ARN, and the property that names it."""


@rule(
    "SOC2-BACKUP-PLAN",
    "Every database, table and file system is in a backup plan",
    on=tuple(ARNS),
    criteria=("CC7.5", "CC9.1", "A1.2", "C1.1"),
    severity=Severity.HIGH,
    fix="name it in an AWS::Backup::BackupSelection by ARN or tag (CDK: plan.add_selection(resources=[...]))",
    requirements=("DR-02",),
)
def backup_plan(resource: Resource) -> Findings:
    production_only(resource)
    standalone(resource)
    elsewhere = resource.assembly.profile.elsewhere.get("AWS::Backup::BackupPlan")
    if elsewhere:
        raise NotApplicable(f"backups are planned elsewhere: {elsewhere}")
    if not some(lambda selection: _selects(selection, resource), resource.assembly.possible(SELECTION)):
        yield Broken("no backup selection names it, its kind or its tags")


def _selects(selection: Resource, resource: Resource) -> bool:
    """Named or tagged (everything, where neither is said), and with all conditions met, and not excluded."""
    named, tagged, excluded = (
        items(selection.get("BackupSelection", name)) for name in ("Resources", "ListOfTags", "NotResources")
    )
    conditions = selection.get("BackupSelection", "Conditions", default={})
    demanded = [(operator, condition) for operator, found in conditions.items() for condition in items(found)]

    def chosen() -> bool:
        return either(
            lambda: not named and not tagged,
            lambda: some(lambda arn: _is_arn_of(arn, resource), named),
            lambda: some(lambda condition: _is_tagged(resource, "StringEquals", condition), tagged),
        )

    return not either(
        lambda: not chosen(),
        lambda: some(lambda pair: not _is_tagged(resource, *pair), demanded),
        lambda: some(lambda arn: _is_arn_of(arn, resource), excluded),
    )


def _is_arn_of(arn: Any, resource: Resource) -> bool:
    if references_of(known(arn)):
        return resource.key in references_of(arn)
    service, kind, name_property = ARNS[resource.type]
    parts = re.sub(r"\$\{AWS::\w+\}", "*", str(arn)).split(":", 5)
    if parts == ["*"]:
        return True
    if len(parts) < 6 or not fnmatchcase(service, parts[2]):
        return False
    name = resource.get(name_property)
    if parts[5] in ("*", f"{kind}*"):
        return True
    if not name and "*" in parts[5]:
        raise Undecided(f"whether the name that {resource.logical_id} will get is like {parts[5]}")
    return fnmatchcase(f"{kind}{name}", parts[5])


def _is_tagged(resource: Resource, operator: str, condition: Any) -> bool:
    key, wanted = known(condition.get("ConditionKey")), known(condition.get("ConditionValue"))
    value = known(tag_value(tag_sets(resource)[0], str(key).removeprefix("aws:ResourceTag/")))
    met = value == wanted or ("Like" in operator and value is not None and fnmatchcase(str(value), str(wanted)))
    return met != ("Not" in operator)


@rule(
    "SOC2-BACKUP-LOCK",
    "Backups cannot be deleted early",
    on="AWS::Backup::BackupVault",
    criteria=("A1.2", "CC6.1"),
    severity=Severity.MEDIUM,
    fix="set LockConfiguration.MinRetentionDays (CDK: lock_configuration=LockConfiguration(min_retention=...))",
    requirements=("DR-02",),
)
def backup_lock(vault: Resource) -> Findings:
    production_only(vault)
    days = vault.get("LockConfiguration", "MinRetentionDays")
    if number(days) < 1:
        yield Broken(f"LockConfiguration.MinRetentionDays is {shown(days)}", at="LockConfiguration")


@rule(
    "SOC2-BACKUP-RULE",
    f"Backup plans keep some backups for {FEWEST_BACKUP_DAYS} days at least",
    on="AWS::Backup::BackupPlan",
    criteria=("A1.2",),
    severity=Severity.MEDIUM,
    fix="give a rule of the plan Lifecycle.DeleteAfterDays (CDK: BackupPlanRule(delete_after=Duration.days(...)))",
    requirements=("DR-02",),
)
def backup_rule(plan: Resource) -> Findings:
    """A rule that says nothing keeps its backups for ever."""
    production_only(plan)

    def keeps(found: Any) -> bool:
        return number(found.get("Lifecycle", {}).get("DeleteAfterDays"), FEWEST_BACKUP_DAYS) >= FEWEST_BACKUP_DAYS

    if not some(keeps, items(plan.get("BackupPlan", "BackupPlanRule"))):
        yield Broken("every rule deletes its backups earlier", at="BackupPlan.BackupPlanRule")
