"""Backups of what a stack holds, in a vault of their own (DR-02, SYS-15).

Decision: the plan stands in the stack of the data and names its resources, so that a table that nobody selected is a
finding at synthesis. Recovery points are encrypted with the audit key: whoever may read the data may not open its
copies.
"""

from collections.abc import Sequence
from datetime import date

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.defaults import kept_after_creation


class Backup(Construct):
    """A daily backup of ``resources`` (ARNs), kept for ``keep_days`` days.

    :param locked: recovery points cannot be deleted before their time, by anybody without the vault's own permission.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resources: Sequence[str],
        keep_days: int,
        key: kms.IKey,
        locked: bool,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        lock = backup.LockConfiguration(min_retention=Duration.days(min(keep_days, 7))) if locked else None
        self.vault = backup.BackupVault(
            self,
            "Vault",
            encryption_key=key,
            lock_configuration=lock,
            removal_policy=kept_after_creation(removal_policy),
        )
        self.plan = backup.BackupPlan(
            self,
            "Plan",
            backup_vault=self.vault,
            backup_plan_rules=[
                backup.BackupPlanRule(
                    rule_name="daily",
                    schedule_expression=events.Schedule.cron(hour="5", minute="30"),
                    start_window=Duration.hours(1),
                    completion_window=Duration.hours(8),
                    delete_after=Duration.days(keep_days),
                )
            ],
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSBackupServiceRolePolicyForBackup")
            ],
        )
        self.plan.add_selection(
            "Selection", role=role, resources=[backup.BackupResource.from_arn(arn) for arn in resources]
        )
        acknowledge(
            role,
            rule="AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]",
            reason="AWS keeps the permissions that its backup service needs for each data store; only that service "
            "can assume the role.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-7",
            mitigated_by="a trust policy for the backup service alone",
        )
