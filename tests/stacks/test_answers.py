"""What answers findings by itself: the remediation's rights, and the quarantine of a stolen key (COMP-03, SEC-05)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.test_compliance_events import config, guardduty, matches, rules_of
from tests.stacks.test_compliance_stack import synthesised


def test_the_remediation_gets_changes_of_our_rules_only(assembly: Callable[[str], Any]) -> None:
    """COMP-03: rules of somebody else in the account are theirs to answer."""
    [rule] = [rule for where, rule in rules_of(assembly("prod"), on_bus=True).items() if "Remediate" in where]
    assert "RemediationFunction" in str(rule["Targets"])
    assert matches(rule, config("NON_COMPLIANT"))
    assert matches(rule, config("COMPLIANT"))
    theirs = config("NON_COMPLIANT")
    theirs["detail"]["configRuleName"] = "securityhub-rds-storage-encrypted"
    assert not matches(rule, theirs)
    [permission] = assembly("prod").of_type("AWS::Lambda::Permission", "Compliance").values()
    assert permission["Principal"] == "events.amazonaws.com"
    assert "Remediate" in str(permission["SourceArn"])


def test_the_remediation_can_do_three_things(assembly: Callable[[str], Any]) -> None:
    """IAM-05: the one function that changes the account by itself; none of the others may have these rights."""
    own = {"events:PutEvents", "s3:PutBucketPublicAccessBlock", "securityhub:BatchImportFindings"}
    made = assembly("prod").of_type("AWS::IAM::Policy", "Compliance")
    [policy] = [p for where, p in made.items() if "RemediationRole" in where]
    granted = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert own <= granted
    assert not {action for action in granted - own if action.split(":")[0] not in ("logs", "sqs", "kms")}
    others = str(assembly("prod").of_type("AWS::IAM::ManagedPolicy", "Security"))
    assert not any(action in others for action in own)


STOLEN = {
    "resourceType": "AccessKey",
    "accessKeyDetails": {"userType": "IAMUser", "accessKeyId": "AKIAEXAMPLE", "userName": "eve"},
}


@pytest.mark.parametrize(
    ("severity", "details", "starts"),
    [
        (8, {}, True),
        (6.9, {}, False),
        (8, {"userType": "Role", "accessKeyId": "ASIAEXAMPLE"}, False),
    ],
)
def test_quarantine_answers_stolen_keys_of_users_only(
    severity: float, details: dict[str, str], starts: bool, assembly: Callable[[str], Any]
) -> None:
    """SEC-05: disabling the wrong key stops somebody's work; of a role's session there is nothing to disable."""
    resource = STOLEN | {"accessKeyDetails": {**STOLEN["accessKeyDetails"], **details}}  # type: ignore[dict-item]
    [rule] = [rule for where, rule in rules_of(assembly("prod"), on_bus=True).items() if "Quarantine" in where]
    assert matches(rule, guardduty(severity, **resource)) is starts
    template = rule["Targets"][0]["InputTransformer"]["InputTemplate"]
    filled = json.loads(template.replace("<user>", '"eve"').replace("<key>", '"AKIAEXAMPLE"'))
    assert filled == {"UserName": ["eve"], "AccessKeyId": ["AKIAEXAMPLE"]}


def test_quarantine_is_off_until_somebody_switches_it_on(
    assembly: Callable[[str], Any], cdk_context: Any, stub_bundles: Any, tmp_path: Path
) -> None:
    """SEC-05: a false finding must not stop people whom nobody has asked."""

    def state(rules: dict[str, Any]) -> str:
        [found] = [rule["State"] for where, rule in rules.items() if "Quarantine" in where]
        return str(found)

    assert state(assembly("prod").of_type("AWS::Events::Rule", "Compliance")) == "DISABLED"
    made = synthesised("compliance: {quarantine: true}\n", tmp_path, cdk_context, stub_bundles)["Resources"]
    on = {name: r["Properties"] for name, r in made.items() if r["Type"] == "AWS::Events::Rule"}
    assert state(on) == "ENABLED"
