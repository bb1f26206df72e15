"""What is backed up, how long, where to, and how often a restore is tried (DR-02, DR-04, SYS-15).

Two classes of data, each with a plan of its own: what clients own is kept for weeks, records of what was decided for
years. Every recovery point is copied to the recovery region, into the vault of `stacks.recovery`.
"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened import Backup, Database
from hardened.backup import LockedVault, Protected, VaultLock
from hardened.restore_test import Restorable, RestoreTest
from settings import Settings
from stacks.base import removal_policy

DAYS_PER_YEAR = 365.25


def back_up(
    scope: Construct,
    *,
    settings: Settings,
    key: kms.IKey,
    database: Database,
    client_tables: Sequence[dynamodb.TableV2],
    audit_tables: Sequence[dynamodb.TableV2],
) -> LockedVault:
    """Plan the backups of the database and of all tables, their copies, and the restores that prove them.

    :returns: the vault that they fill.
    """
    chosen = settings.backup
    vault = LockedVault(
        scope, "BackupVault", key=key, lock=vault_lock(settings), removal_policy=removal_policy(settings)
    )
    Backup(
        scope,
        "Backup",
        vault=vault,
        copies=backup.BackupVault.from_backup_vault_arn(scope, "RecoveryVault", recovery_vault_arn(settings))
        if chosen.copy_region
        else None,
        protected=(
            Protected(
                name="client-data",
                resources=[database.cluster_arn, *(table.table_arn for table in client_tables)],
                daily_days=chosen.keep_days,
            ),
            Protected(
                name="audit-records",
                resources=[table.table_arn for table in audit_tables],
                daily_days=chosen.keep_days,
                monthly_days=round(settings.retention.audit_years * DAYS_PER_YEAR),
            ),
        ),
    )
    if chosen.restore_test != "none":
        RestoreTest(
            scope,
            "RestoreTest",
            name=f"alex-{settings.name}",
            vault=vault,
            frequency=chosen.restore_test,
            stores=(
                Restorable(kind="Aurora", arns=[database.cluster_arn], into=database.restored_into),
                Restorable(kind="DynamoDB", arns=[table.table_arn for table in (*client_tables, *audit_tables)]),
            ),
        )
    return vault


def vault_lock(settings: Settings) -> VaultLock | None:
    """The lock of every vault of the environment."""
    chosen = settings.backup
    if chosen.vault_lock == "none":
        return None
    grace = chosen.lock_grace_days if chosen.vault_lock == "compliance" else None
    return VaultLock(keep_days=chosen.lock_days, grace_days=grace)


def recovery_vault_name(settings: Settings) -> str:
    """Name of the vault in the recovery region: an interface, because no reference crosses regions."""
    return f"alex-{settings.name}-recovery"


def recovery_vault_arn(settings: Settings) -> str:
    """ARN of the vault in the recovery region."""
    where = f"{settings.backup.copy_region}:{Aws.ACCOUNT_ID}"
    return f"arn:{Aws.PARTITION}:backup:{where}:backup-vault:{recovery_vault_name(settings)}"
