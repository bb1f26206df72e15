"""What AWS Config judges, and what sets the account's settings again when somebody takes them away (COMP-03)."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from settings import ENVIRONMENTS, load

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
ROOT = Path(__file__).resolve().parent.parent.parent
SESSION = botocore.session.get_session()


def pack_of(assembly: Any) -> dict[str, dict[str, Any]]:
    """Rules of the conformance pack, by AWS's identifier."""
    [pack] = assembly.of_type("AWS::Config::ConformancePack").values()
    assert len(pack["TemplateBody"].encode()) <= 51_200
    found = [resource["Properties"] for resource in json.loads(pack["TemplateBody"])["Resources"].values()]
    return {rule["Source"]["SourceIdentifier"]: rule for rule in found}


def criteria() -> set[str]:
    """Ids of the SOC 2 criteria."""
    files = (ROOT / "policy" / "soc2" / "criteria").glob("*.toml")
    return {one["id"] for file in files for one in tomllib.loads(file.read_text("utf-8"))["criterion"]}


@ALL_ENVIRONMENTS
def test_each_rule_is_named_once_and_serves_a_criterion(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-03: a rule twice is billed and told twice; one without a criterion is evidence of nothing."""
    made = assembly(environment)
    pack = pack_of(made)
    alone = {rule["Source"]["SourceIdentifier"]: rule for rule in made.of_type("AWS::Config::ConfigRule").values()}
    assert not set(pack) & set(alone)
    known = criteria()
    for identifier, rule in (pack | alone).items():
        named, _, holds = rule["Description"].partition(": ")
        assert set(named.split(", ")) <= known, identifier
        assert holds.endswith(")"), identifier
        assert len(rule["Description"]) <= 256, identifier
        assert len(rule["ConfigRuleName"]) <= 128, identifier
    demanded = {
        "CLOUD_TRAIL_ENABLED", "MULTI_REGION_CLOUD_TRAIL_ENABLED", "RDS_STORAGE_ENCRYPTED",
        "DYNAMODB_TABLE_ENCRYPTED_KMS", "S3_DEFAULT_ENCRYPTION_KMS", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
        "GUARDDUTY_ENABLED_CENTRALIZED", "SECURITYHUB_ENABLED", "VPC_FLOW_LOGS_ENABLED",
    }  # fmt: skip
    assert demanded <= set(pack)


@ALL_ENVIRONMENTS
def test_rules_of_the_whole_account_are_judged_in_one_region(environment: str, assembly: Callable[[str], Any]) -> None:
    """COST-01: users and the root user are the same in every region."""
    assert ("ROOT_ACCOUNT_MFA_ENABLED" in pack_of(assembly(environment))) is (environment != "prod-dr")


def test_the_rules_exist() -> None:
    """COMP-03: one mistyped identifier fails the pack, and with it the deployment."""
    from aws_cdk import aws_config as config

    from hardened.config_rules import SOC2_RULES

    names = [name for name in dir(config.ManagedRuleIdentifiers) if name.isupper()]
    known = {getattr(config.ManagedRuleIdentifiers, name) for name in names}
    assert len(known) > 250
    assert [rule.identifier for rule in SOC2_RULES if rule.identifier not in known] == []


def test_a_pack_that_is_too_large_is_refused(throwaway: Any) -> None:
    """COMP-03: Config takes 51,200 bytes; the deployment would fail after everything else was made."""
    from hardened.config_rules import ManagedRule
    from hardened.conformance import ConformancePack

    rules = [ManagedRule(f"RULE_{number}", "x" * 200, ("CC6.1",)) for number in range(200)]
    with pytest.raises(ValueError, match="split it"):
        ConformancePack(throwaway, "Pack", name="too-large", rules=rules, recorder=None)


def remediations(assembly: Any) -> dict[str, dict[str, Any]]:
    """By the name of their rule."""
    return {one["ConfigRuleName"]: one for one in assembly.of_type("AWS::Config::RemediationConfiguration").values()}


@ALL_ENVIRONMENTS
def test_the_accounts_settings_are_set_and_kept_set(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-07, SEC-08, SEC-19, IAM-01: what one click in the console undoes must come back by itself."""
    made, chosen = assembly(environment), load(environment).singletons
    kept = {
        "alex-s3-account-level-public-access-blocks-periodic": chosen.s3_account_block,
        "alex-ec2-ebs-encryption-by-default": chosen.ebs_encryption,
        "alex-iam-password-policy": chosen.password_policy,
        "alex-inspector-lambda-standard-scan-enabled": chosen.inspector,
    }
    found = remediations(made)
    assert set(found) == {name for name, choice in kept.items() if choice == "create"}
    for name, one in found.items():
        assert one["Automatic"] is True, name
        assert one["TargetType"] == "SSM_DOCUMENT", name
        [role] = one["Parameters"]["AutomationAssumeRole"]["StaticValue"]["Values"]
        assert "AccountSettings" in str(role), name
    rules = {rule["ConfigRuleName"] for rule in made.of_type("AWS::Config::ConfigRule").values()}
    assert rules == {name for name, choice in kept.items() if choice != "leave"}


def test_passwords_are_as_the_settings_say(assembly: Callable[[str], Any]) -> None:
    """IAM-01: the rule and what repairs it must ask for the same, or each would undo the other."""
    figures, made = load("prod").compliance.passwords, assembly("prod")
    expected = {
        "MinimumPasswordLength": str(figures.min_length),
        "MaxPasswordAge": str(figures.max_age_days),
        "PasswordReusePrevention": str(figures.remembered),
        **{f"Require{kind}": "true" for kind in ("LowercaseCharacters", "UppercaseCharacters", "Numbers", "Symbols")},
    }
    assert (figures.min_length, figures.max_age_days) == (14, 90)
    [rule] = [
        one
        for one in made.of_type("AWS::Config::ConfigRule").values()
        if one["Source"]["SourceIdentifier"] == "IAM_PASSWORD_POLICY"
    ]
    assert rule["InputParameters"] == expected
    set_to = remediations(made)["alex-iam-password-policy"]["Parameters"]
    assert {name: set_to[name]["StaticValue"]["Values"] for name in expected} == {
        name: [value] for name, value in expected.items()
    }


@ALL_ENVIRONMENTS
def test_automation_documents_call_what_aws_has(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-08, SEC-19: a mistyped call is found only when it is needed."""
    documents = assembly(environment).of_type("AWS::SSM::Document", "Compliance")
    assert documents
    for where, document in documents.items():
        content = document["Content"]
        assert (document["DocumentType"], content["schemaVersion"]) == ("Automation", "0.3"), where
        given = {f"{{{{ {name} }}}}" for name in content["parameters"]}
        for_config = "Quarantine" not in where
        assert (content["assumeRole"] == "{{ AutomationAssumeRole }}") is for_config, where
        if for_config:  # the role that Config names is the document's own
            assert "Role" in str(content["parameters"]["AutomationAssumeRole"]["default"]), where
        else:
            assert all("allowedPattern" in one for one in content["parameters"].values()), where
        for step in content["mainSteps"]:
            assert step["action"] == "aws:executeAwsApi"
            inputs = dict(step["inputs"])
            shape = SESSION.get_service_model(inputs.pop("Service")).operation_model(inputs.pop("Api")).input_shape
            assert shape is not None
            assert set(inputs) <= set(shape.members), where
            assert set(shape.required_members) <= set(inputs), where
            asked = {value for value in inputs.values() if isinstance(value, str) and value.startswith("{{")}
            assert asked <= given, where


def test_volumes_get_the_customer_key(assembly: Callable[[str], Any]) -> None:
    """SEC-08: AWS's own document would encrypt with AWS's key."""
    [document] = [
        one
        for where, one in assembly("prod").of_type("AWS::SSM::Document", "Compliance").items()
        if "EncryptVolumes" in where
    ]
    steps = [step["inputs"] for step in document["Content"]["mainSteps"]]
    assert [step["Api"] for step in steps] == ["ModifyEbsDefaultKmsKeyId", "EnableEbsEncryptionByDefault"]
    assert "Key" in str(steps[0]["KmsKeyId"])
