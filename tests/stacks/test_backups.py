"""What would be gone after a disaster, and what is proven to come back (DR-02, DR-04, SYS-15)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import settings

ENVIRONMENTS = pytest.mark.parametrize("environment", settings.ENVIRONMENTS)
WITH_COPIES = pytest.mark.parametrize("environment", ["prod", "prod-dr"])
STORES = ("AWS::RDS::DBCluster", "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")


def plans(made: Any) -> dict[str, list[dict[str, Any]]]:
    """Rules of each plan by the plan's name."""
    found = made.of_type("AWS::Backup::BackupPlan").values()
    return {plan["BackupPlan"]["BackupPlanName"]: plan["BackupPlan"]["BackupPlanRule"] for plan in found}


@ENVIRONMENTS
def test_every_store_is_in_one_plan(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: a table that somebody adds without a plan would be missed on the day it is lost."""
    made = assembly(environment)
    stores = [where.split("/")[1] for kind in STORES for where in made.of_type(kind)]
    selected = [
        json.dumps(arn)
        for selection in made.of_type("AWS::Backup::BackupSelection").values()
        for arn in selection["BackupSelection"]["Resources"]
    ]
    assert len(stores) == 7
    for store in stores:
        assert len([arn for arn in selected if f'"{store}"' in arn]) == 1, store


@ENVIRONMENTS
def test_each_class_of_data_is_kept_as_the_settings_say(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02, COMP-16: clients' data for weeks, records of decisions for years, the latter in cold storage."""
    wanted = settings.load(environment)
    client, audit = plans(assembly(environment)).values()
    assert [rule["Lifecycle"]["DeleteAfterDays"] for rule in client] == [wanted.backup.keep_days]
    daily, monthly = audit
    assert daily["Lifecycle"]["DeleteAfterDays"] == wanted.backup.keep_days
    years = wanted.retention.audit_years
    assert monthly["Lifecycle"] == {
        "DeleteAfterDays": pytest.approx(years * 365.25, abs=1), "MoveToColdStorageAfterDays": 90,
    }  # fmt: skip
    if environment.startswith("prod"):
        assert (wanted.backup.keep_days, years) == (35, 7)


@ENVIRONMENTS
def test_vaults_are_locked_as_the_settings_say(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: who has stolen an administrator's key could delete the backups before asking for money."""
    wanted = settings.load(environment).backup
    vaults = assembly(environment).of_type("AWS::Backup::BackupVault")
    assert len(vaults) == (2 if wanted.copy_region else 1)
    for vault in vaults.values():
        lock = vault.get("LockConfiguration")
        if wanted.vault_lock == "none":
            assert lock is None
        else:
            grace = {"ChangeableForDays": wanted.lock_grace_days} if wanted.vault_lock == "compliance" else {}
            assert lock == {"MinRetentionDays": wanted.lock_days, **grace}


@WITH_COPIES
def test_every_recovery_point_is_copied_to_the_other_region(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: a region that is gone takes the backups with it that lie there."""
    made, wanted = assembly(environment), settings.load(environment)
    assert wanted.backup.copy_region not in {wanted.region, None}
    rules = [rule for found in plans(made).values() for rule in found]
    assert len(rules) == 3
    name = made.of_type("AWS::Backup::BackupVault", "Recovery")
    [vault] = name.values()
    for rule in rules:
        [copy] = rule["CopyActions"]
        target = json.dumps(copy["DestinationBackupVaultArn"])
        assert f":{wanted.backup.copy_region}:" in target
        assert f":backup-vault:{vault['BackupVaultName']}" in target
        assert copy["Lifecycle"] == rule["Lifecycle"]


@WITH_COPIES
def test_the_copies_have_a_key_of_their_own_region(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: a copy that only the lost region's key opens is no copy; and no reference crosses the regions."""
    made = assembly(environment)
    recovery = made.templates["Recovery"]
    assert "Fn::ImportValue" not in json.dumps(recovery)
    [vault] = made.of_type("AWS::Backup::BackupVault", "Recovery").values()
    [key] = made.of_type("AWS::KMS::Key", "Recovery")
    assert vault["EncryptionKeyArn"] == {"Fn::GetAtt": [key.split("/")[1], "Arn"]}


@ENVIRONMENTS
def test_restores_are_tried_of_every_kind_of_store(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: a backup that nobody has restored is a hope; a database restored into the default VPC would fail."""
    made, wanted = assembly(environment), settings.load(environment).backup
    tried = made.of_type("AWS::Backup::RestoreTestingSelection").values()
    if wanted.restore_test == "none":
        assert not tried
        return
    [plan] = made.of_type("AWS::Backup::RestoreTestingPlan").values()
    assert ("SUN#1" in plan["ScheduleExpression"]) is (wanted.restore_test == "monthly")
    [vault] = made.of_type("AWS::Backup::BackupVault", "Data")
    assert plan["RecoveryPointSelection"]["IncludeVaults"] == [{"Fn::GetAtt": [vault.split("/")[1], "BackupVaultArn"]}]
    kinds = {selection["ProtectedResourceType"]: selection for selection in tried}
    assert set(kinds) == {"Aurora", "DynamoDB"}
    assert len(kinds["DynamoDB"]["ProtectedResourceArns"]) == 6
    assert set(kinds["Aurora"]["RestoreMetadataOverrides"]) == {"dbSubnetGroupName", "vpcSecurityGroupIds"}


@ENVIRONMENTS
def test_every_table_can_be_restored_to_any_second(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-04: between two nightly backups lies a day of decisions."""
    tables = assembly(environment).of_type("AWS::DynamoDB::GlobalTable")
    assert len(tables) == 6
    for where, table in tables.items():
        for replica in table["Replicas"]:
            assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, where


@ENVIRONMENTS
def test_every_bucket_keeps_versions(environment: str, assembly: Callable[[str], Any]) -> None:
    """DR-02: an object overwritten by mistake is still there."""
    buckets = assembly(environment).of_type("AWS::S3::Bucket")
    assert buckets
    for where, bucket in buckets.items():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, where
