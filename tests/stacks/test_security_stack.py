"""Keys, alert topics and the log archive: what must never change (SYS-03, SYS-15)."""

from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS, load

ADMINISTRATION = {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DisableKeyRotation"}
USE = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
ENCRYPTED = {
    "AWS::S3::Bucket": ""
    "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::RDS::DBCluster": "KmsKeyId",
    "AWS::DynamoDB::GlobalTable": "Replicas.0.SSESpecification.KMSMasterKeyId",
    "AWS::Lambda::Function": "KmsKeyArn",
    "AWS::Backup::BackupVault": "EncryptionKeyArn",
    "AWS::CloudTrail::Trail": "KMSKeyId",
}


def _actions(statement: dict[str, Any]) -> set[str]:
    actions = statement["Action"]
    return set(actions) if isinstance(actions, list) else {actions}


def _at(properties: Any, path: str) -> Any:
    for part in path.split("."):
        try:
            properties = properties[int(part)] if part.isdigit() else properties[part]
        except (KeyError, IndexError):
            return None
    return properties


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_that_stores_is_encrypted_with_a_customer_key(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """SYS-03: one forgotten log group or queue would hold client data under a key that nobody here controls.

    The access-log buckets are the exception: S3 cannot deliver there with a customer key.
    """
    made = assembly(environment)
    bare = [
        where
        for resource_type, path in ENCRYPTED.items()
        for where, properties in made.of_type(resource_type).items()
        if "Key" not in str(_at(properties, path)) and "/AccessLogs" not in where
    ]
    assert bare == []
    assert len(made.of_type("AWS::S3::Bucket")) >= 5


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_keys_rotate_and_duties_are_separate(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-12: whoever can open data must not be able to destroy its key, and the reverse."""
    keys = assembly(environment).of_type("AWS::KMS::Key")
    assert len({where.split("/")[0] for where in keys}) >= 2
    assert len(keys) >= 6
    for where, key in keys.items():
        assert key["EnableKeyRotation"] is True, where
        statements = key["KeyPolicy"]["Statement"]
        assert not any("kms:*" in _actions(s) for s in statements), where
        administrate = [s for s in statements if s["Effect"] == "Allow" and _actions(s) & ADMINISTRATION]
        for statement in administrate:
            assert not _actions(statement) & USE, where
            named = "KeyAdministrators" in str(statement["Principal"])
            deployment = "cfn-exec-role" in str(statement.get("Condition", {}).get("ArnEquals", ""))
            assert named or deployment, f"{where}: administration for {statement['Principal']}"
        never, only_through_services = [s for s in statements if s["Effect"] == "Deny"]
        assert "KeyAdministrators" in str(never["Principal"])
        assert _actions(never) >= USE
        assert _actions(only_through_services) >= USE
        assert set(only_through_services["Condition"]) == {"ArnEquals", "Null"}
        assert "cfn-exec-role" in str(only_through_services["Condition"]["ArnEquals"]["aws:PrincipalArn"])
        assert only_through_services["Condition"]["Null"] == {"kms:ViaService": "true"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_services_use_keys_for_this_account_only(environment: str, assembly: Callable[[str], Any]) -> None:
    """Without a source account another customer's alarm could make the service use our key for them.

    EventBridge is the exception that AWS documents: for queues and topics it names no account, and a condition would
    silence every alert.
    """
    for where, key in assembly(environment).of_type("AWS::KMS::Key").items():
        for statement in key["KeyPolicy"]["Statement"]:
            if statement["Principal"] == {"Service": "events.amazonaws.com"}:
                if condition := statement.get("Condition"):  # an encrypted bus, which it does name
                    assert condition["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}, where
                    assert ":event-bus/" in str(condition), where
                else:
                    assert _actions(statement) <= {"kms:Decrypt", "kms:GenerateDataKey*"}, where
            elif "Service" in statement["Principal"]:
                assert "AWS::AccountId" in str(statement.get("Condition")), f"{where}: {statement['Principal']}"


def test_key_administrators_need_a_second_factor(assembly: Callable[[str], Any]) -> None:
    """ACCT-05: a stolen access key alone must not reach the keys' administration."""
    roles = {w: r for w, r in assembly("prod").of_type("AWS::IAM::Role").items() if "KeyAdministrators" in w}
    assert {where.split("/")[0] for where in roles} >= {"Security", "Compliance", "Recovery"}
    for role in roles.values():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        assert "Policies" not in role
        assert "ManagedPolicyArns" not in role


@pytest.mark.parametrize(
    ("environment", "mode", "days"),
    [("prod", "COMPLIANCE", 2557), ("prod-dr", "COMPLIANCE", 2557), ("staging", "GOVERNANCE", 365)],
)
def test_archived_logs_cannot_be_changed_for_years(
    environment: str, mode: str, days: int, assembly: Callable[[str], Any]
) -> None:
    """OBS-26, LAKE-16, COMP-16: whoever broke in would first want the logs to forget it."""
    [archive] = [p for w, p in assembly(environment).of_type("AWS::S3::Bucket").items() if "LogArchive" in w]
    assert archive["ObjectLockEnabled"] is True
    assert archive["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": mode, "Days": days}
    [rule] = archive["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] > days
    assert rule["Transitions"] == [{"StorageClass": "GLACIER", "TransitionInDays": 90}]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_bucket_is_private_tls_only_versioned_and_logged(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """SEC-07, SEC-09, SEC-10, COMP-06."""
    made = assembly(environment)
    policies = str(made.of_type("AWS::S3::BucketPolicy"))
    for where, bucket in made.of_type("AWS::S3::Bucket").items():
        assert all(bucket["PublicAccessBlockConfiguration"].values()), where
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, where
        assert "AccessLogs" in where or "AccessLogs" in str(bucket["LoggingConfiguration"]), where
    assert policies.count("'aws:SecureTransport': 'false'") == len(made.of_type("AWS::S3::Bucket"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_log_groups_expire_as_the_settings_say(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-26: production keeps seven years, development a month."""
    settings = load(environment)
    for where, group in assembly(environment).of_type("AWS::Logs::LogGroup").items():
        expected = settings.network.flow_log_days if "FlowLogs" in where else settings.logs.hot_retention_days
        assert group["RetentionInDays"] == expected, where


@pytest.mark.parametrize(
    ("environment", "policy"), [("local", "Delete"), ("dev", "Delete"), ("staging", "Retain"), ("prod", "Retain")]
)
def test_state_outlives_its_stack_where_it_matters(
    environment: str, policy: str, assembly: Callable[[str], Any]
) -> None:
    """Deleting a stack by mistake must not delete production's data; a developer's leftovers should go."""
    made = assembly(environment)
    kinds = (
        "AWS::S3::Bucket",
        "AWS::DynamoDB::GlobalTable",
        "AWS::KMS::Key",
        "AWS::RDS::DBCluster",
        "AWS::SecretsManager::Secret",
    )
    assert {r["DeletionPolicy"] for kind in kinds for r in made.raw(kind).values()} == {policy}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_secret_stands_in_a_functions_environment(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-13: an environment variable is readable to everybody who may describe the function."""
    for where, function in assembly(environment).of_type("AWS::Lambda::Function").items():
        for name, value in function["Environment"]["Variables"].items():
            assert "resolve:secretsmanager" not in str(value), f"{where}: {name}"
            assert not any(word in name for word in ("PASSWORD", "API_KEY", "TOKEN", "PRIVATE")), f"{where}: {name}"
            assert "SECRET" not in name or name.endswith("_ARN"), f"{where}: {name}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_resources_carry_the_tags_that_costs_and_audits_read(environment: str, assembly: Callable[[str], Any]) -> None:
    """COST-02."""
    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Lambda::Function", "AWS::RDS::DBCluster", "AWS::SQS::Queue"):
        for where, properties in assembly(environment).of_type(kind).items():
            tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
            assert tags.keys() >= {"Project", "Environment", "Owner", "CostCenter", "DataClassification"}, where
            assert tags["Environment"] == environment
