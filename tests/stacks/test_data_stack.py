"""The data: what keeps it, and what may never be weakened in production (SYS-04)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hardened.migrations import migrations_hash
from settings import ENVIRONMENTS, load

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _cluster(made: Any) -> dict[str, Any]:
    [cluster] = made.of_type("AWS::RDS::DBCluster").values()
    return dict(cluster)


@ALL_ENVIRONMENTS
def test_the_database_speaks_the_data_api_with_iam_and_tls(environment: str, assembly: Callable[[str], Any]) -> None:
    """DATA-01, IAM-07: functions reach it with IAM, and whoever gets a connection needs TLS."""
    made = assembly(environment)
    cluster = _cluster(made)
    assert cluster["EnableHttpEndpoint"] is True
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["StorageEncrypted"] is True
    [parameters] = made.of_type("AWS::RDS::DBClusterParameterGroup").values()
    assert parameters["Parameters"]["rds.force_ssl"] == "1"
    for instance in made.of_type("AWS::RDS::DBInstance").values():
        assert instance["PubliclyAccessible"] is False
        assert instance["DBInstanceClass"] == "db.serverless"


@ALL_ENVIRONMENTS
def test_capacity_backup_and_protection_are_the_settings(environment: str, assembly: Callable[[str], Any]) -> None:
    """DATA-02, DATA-03, DR-03: a figure that did not arrive would only be noticed in the incident that needs it."""
    wanted, made = load(environment).aurora, assembly(environment)
    cluster = _cluster(made)
    scaling = cluster["ServerlessV2ScalingConfiguration"]
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (wanted.min_acu, wanted.max_acu)
    assert scaling.get("SecondsUntilAutoPause") == wanted.auto_pause_seconds
    assert cluster["BackupRetentionPeriod"] == wanted.backup_days
    assert cluster["DeletionProtection"] is wanted.deletion_protection
    assert len(made.of_type("AWS::RDS::DBInstance")) == 1 + wanted.readers
    targets = made.of_type("AWS::ApplicationAutoScaling::ScalableTarget", "Data").values()
    expected = [(wanted.readers, wanted.readers_max)] if wanted.readers_max > wanted.readers else []
    assert [(t["MinCapacity"], t["MaxCapacity"]) for t in targets] == expected


@pytest.mark.parametrize("environment", ["prod", "prod-dr"])
def test_production_refuses_deletion_and_never_pauses(environment: str, assembly: Callable[[str], Any]) -> None:
    """DATA-01, DATA-02: stated as facts of the template, whatever the settings say one day."""
    made = assembly(environment)
    cluster = _cluster(made)
    assert cluster["DeletionProtection"] is True
    assert cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] > 0
    assert cluster["BackupRetentionPeriod"] == 35
    for table in made.of_type("AWS::DynamoDB::GlobalTable").values():
        assert all(replica["DeletionProtectionEnabled"] for replica in table["Replicas"])


@pytest.mark.parametrize("environment", ["staging", "prod", "prod-dr"])
def test_readers_are_added_by_the_role_that_may(environment: str, assembly: Callable[[str], Any]) -> None:
    """DATA-03: CDK's own default is a role without permissions; at the first peak no reader would come."""
    [target] = assembly(environment).of_type("AWS::ApplicationAutoScaling::ScalableTarget", "Data").values()
    role = "role/aws-service-role/rds.application-autoscaling.amazonaws.com/"
    assert f"{role}AWSServiceRoleForApplicationAutoScaling_RDSCluster" in str(target["RoleARN"])


@ALL_ENVIRONMENTS
def test_the_database_is_watched(environment: str, assembly: Callable[[str], Any]) -> None:
    """DATA-05: its log exists, encrypted, before the first line is written; monitoring is on; insights where 2 ACU
    allow them."""
    made = assembly(environment)
    cluster = _cluster(made)
    assert cluster["EnableCloudwatchLogsExports"] == ["postgresql"]
    names = [g.get("LogGroupName") for g in made.of_type("AWS::Logs::LogGroup", "Data").values()]
    assert f"/aws/rds/cluster/{cluster['DBClusterIdentifier']}/postgresql" in names
    insights = load(environment).aurora.min_acu >= 2
    for instance in made.of_type("AWS::RDS::DBInstance").values():
        assert instance["MonitoringInterval"] == 60
        assert bool(instance.get("EnablePerformanceInsights")) is insights


@ALL_ENVIRONMENTS
def test_the_databases_password_rotates(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-15: by our function, on the settings' rhythm, and not in the middle of a deployment."""
    [schedule] = assembly(environment).of_type("AWS::SecretsManager::RotationSchedule", "Data").values()
    assert schedule["RotationRules"] == {"ScheduleExpression": f"rate({load(environment).secrets.rotation_days} days)"}
    assert schedule["RotateImmediatelyOnUpdate"] is False
    assert "RotationFunction" in str(schedule["RotationLambdaARN"])


@ALL_ENVIRONMENTS
def test_tables_have_the_keys_and_expiry_that_the_functions_expect(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """A table without its time-to-live grows for ever; one with another key refuses every write."""
    tables = assembly(environment).of_type("AWS::DynamoDB::GlobalTable", "Data")
    shape = {
        where.split("/")[1].rstrip("0123456789ABCDEF"): (
            [key["AttributeName"] for key in table["KeySchema"]],
            table.get("TimeToLiveSpecification", {}).get("AttributeName"),
        )
        for where, table in tables.items()
    }
    assert shape == {
        "Audit": (["job_id", "entry_id"], None),
        "Rate": (["subject"], "expires_at"),
        "Idempotency": (["id"], "expiration"),
        "Usage": (["subject"], "expires_at"),
        "Breaker": (["subject"], "expires_at"),
        "TaskTokens": (["review_id"], "expires_at"),
    }
    for where, table in tables.items():
        [replica] = table["Replicas"]
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, where


@ALL_ENVIRONMENTS
def test_audit_records_can_be_written_and_never_changed(environment: str, assembly: Callable[[str], Any]) -> None:
    """XAI-04: no role of the application may delete or overwrite what an agent decided."""
    made = assembly(environment)
    changing = {"dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:*"}
    for where, policy in {**made.of_type("AWS::IAM::Policy"), **made.of_type("AWS::IAM::ManagedPolicy")}.items():
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if statement["Effect"] == "Allow" and changing & set(actions):
                assert "Audit" not in str(statement["Resource"]), where


@ALL_ENVIRONMENTS
def test_only_database_clients_get_its_secret(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-07: the list of who may read the database's password, complete."""
    made = assembly(environment)
    readers = {
        where.split("/")[1].split("Role")[0]
        for where, policy in made.of_type("AWS::IAM::Policy").items()
        if "secretsmanager:GetSecretValue" in str(policy) and "DatabaseCredentials" in str(policy)
    }
    agents = {"Planner", "Tagger", "Reporter", "Charter", "Retirement", "Sweeper"}
    clients = {"Migrations", "Rotation", *agents, "Review", "Decision", "Api"}
    assert readers == clients


def test_migrations_run_when_a_file_changed_and_only_then(tmp_path: Path) -> None:
    """DATA-08: the hash is the custom resource's property; a deployment compares it."""
    (tmp_path / "0001_a.sql").write_text("create table a();")
    first = migrations_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("not a migration")
    assert migrations_hash(tmp_path) == first
    (tmp_path / "0002_b.sql").write_text("create table b();")
    assert migrations_hash(tmp_path) != first


def test_a_folder_without_migrations_is_an_error(tmp_path: Path) -> None:
    """A typing error in the path would deploy an empty database and call it migrated."""
    with pytest.raises(ValueError, match="no migrations"):
        migrations_hash(tmp_path)
