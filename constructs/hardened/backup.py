"""Backups of what a stack holds, in a vault of their own (DR-02, SYS-15).

Decision: the plan stands in the stack of the data and names its resources, so that a table that nobody selected is a
finding at synthesis. Recovery points are encrypted with the audit key: whoever may read the data may not open its
copies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened.defaults import kept_after_creation
from hardened.service_roles import service_role

COLD_AFTER = Duration.days(90)
"""AWS keeps what is cold for 90 days more at least, so only what is kept for years is worth it."""


@dataclass(frozen=True, kw_only=True)
class VaultLock:
    """How early recovery points may be deleted: never before ``keep_days`` days.

    :param grace_days: after so many days nobody can take the lock off any more, root and AWS included (compliance
        mode); None: whoever may change the vault still can (governance mode).
    """

    keep_days: int
    grace_days: int | None


@dataclass(frozen=True, kw_only=True)
class Protected:
    """The resources of one class of data, and how long their recovery points are kept.

    :param resources: ARNs.
    :param daily_days: days that each day's recovery point is kept, here and in the recovery region.
    :param monthly_days: days that each month's first one is kept, in cold storage; None: none is made.
    """

    name: str
    resources: Sequence[str]
    daily_days: int
    monthly_days: int | None = None


class LockedVault(backup.BackupVault):
    """A vault with a customer key and, where ``lock`` says so, a lock."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        lock: VaultLock | None,
        removal_policy: RemovalPolicy,
        name: str | None = None,
    ) -> None:
        """Make the vault.

        :param name: only where another region has to know it; otherwise CDK's.
        """
        super().__init__(
            scope,
            construct_id,
            backup_vault_name=name,
            encryption_key=key,
            lock_configuration=backup.LockConfiguration(
                min_retention=Duration.days(lock.keep_days),
                changeable_for=Duration.days(lock.grace_days) if lock.grace_days else None,
            )
            if lock
            else None,
            removal_policy=kept_after_creation(removal_policy),
        )


class Backup(Construct):
    """One plan a class of data into ``vault``; each recovery point is copied to ``copies``, a vault in another region.

    :param copies: None where an environment has no recovery region.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vault: backup.IBackupVault,
        protected: Sequence[Protected],
        copies: backup.IBackupVault | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._vault, self._copies = vault, copies
        role = backup_role(self, "Role", "Backup")
        for data in protected:
            rules = [self._rule("daily", events.Schedule.cron(hour="5", minute="30"), data.daily_days)]
            if data.monthly_days:
                monthly = events.Schedule.cron(day="1", hour="7", minute="30")
                rules.append(self._rule("monthly", monthly, data.monthly_days, cold=True))
            title = data.name.title().replace("-", "")
            plan = backup.BackupPlan(self, title, backup_vault=vault, backup_plan_rules=rules)
            resources = [backup.BackupResource.from_arn(arn) for arn in data.resources]
            plan.add_selection("Selection", role=role, resources=resources)

    def _rule(
        self, name: str, schedule: events.Schedule, keep_days: int, *, cold: bool = False
    ) -> backup.BackupPlanRule:
        kept = Duration.days(keep_days)
        moved = COLD_AFTER if cold else None
        copy = backup.BackupPlanCopyActionProps
        return backup.BackupPlanRule(
            rule_name=name,
            schedule_expression=schedule,
            start_window=Duration.hours(1),
            completion_window=Duration.hours(8),
            delete_after=kept,
            move_to_cold_storage_after=moved,
            copy_actions=[
                copy(destination_backup_vault=self._copies, delete_after=kept, move_to_cold_storage_after=moved)
            ]
            if self._copies
            else None,
        )


def backup_role(scope: Construct, construct_id: str, kind: Literal["Backup", "Restores"]) -> iam.Role:
    """The role that AWS Backup takes to make recovery points or to restore them."""
    return service_role(
        scope,
        construct_id,
        service=iam.ServicePrincipal("backup.amazonaws.com"),
        policy=f"service-role/AWSBackupServiceRolePolicyFor{kind}",
        because="AWS keeps the permissions that its backup service needs for each data store.",
    )
