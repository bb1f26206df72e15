"""Restores that are tried by themselves: a backup that nobody has restored is a hope (DR-02, A1.3).

AWS Backup restores the newest recovery point of each kind of store, measures how long that took, and deletes what it
restored. A restore that fails raises the alarm of the backups.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aws_cdk import aws_backup as backup
from constructs import Construct

from hardened.backup import backup_role

Frequency = Literal["weekly", "monthly"]
SCHEDULES: dict[Frequency, tuple[str, int]] = {
    "weekly": ("cron(0 9 ? * SUN *)", 7),
    "monthly": ("cron(0 9 ? * SUN#1 *)", 31),
}
"""When, and from how many days the recovery point may be; Sundays, hours after the night's backups."""
START_HOURS = 4
KEPT_HOURS = 4
"""What was restored is deleted after so long: time to look into it, not long enough to become a second truth."""


@dataclass(frozen=True, kw_only=True)
class Restorable:
    """Stores of one kind as AWS Backup names it, for example ``Aurora``; ``into``: where they are restored to."""

    kind: Literal["Aurora", "DynamoDB"]
    arns: Sequence[str]
    into: Mapping[str, str | list[str]] = field(default_factory=dict)


class RestoreTest(Construct):
    """Tries, as often as ``frequency`` says, to restore each of ``stores`` from ``vault``."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        vault: backup.IBackupVault,
        stores: Sequence[Restorable],
        frequency: Frequency,
    ) -> None:
        """Make the plan.

        :param name: what people call it, for example ``alex-prod``; AWS allows it no hyphens, so they become ``_``.
        """
        super().__init__(scope, construct_id)
        schedule, days = SCHEDULES[frequency]
        called = f"{name}_restore_test".replace("-", "_")
        plan = backup.CfnRestoreTestingPlan(
            self,
            "Plan",
            restore_testing_plan_name=called,
            schedule_expression=schedule,
            start_window_hours=START_HOURS,
            recovery_point_selection=backup.CfnRestoreTestingPlan.RestoreTestingRecoveryPointSelectionProperty(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[vault.backup_vault_arn],
                recovery_point_types=["SNAPSHOT"],
                selection_window_days=days,
            ),
        )
        role = backup_role(self, "Role", "Restores")
        for store in stores:
            selection = backup.CfnRestoreTestingSelection(
                self,
                store.kind,
                restore_testing_plan_name=called,
                restore_testing_selection_name=f"{called}_{store.kind.lower()}",
                protected_resource_type=store.kind,
                protected_resource_arns=list(store.arns),
                iam_role_arn=role.role_arn,
                restore_metadata_overrides={
                    key: json.dumps(value) if isinstance(value, list) else value for key, value in store.into.items()
                }
                or None,
                validation_window_hours=KEPT_HOURS,
            )
            selection.add_resource_dependency(plan)
