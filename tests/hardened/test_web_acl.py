"""The web ACL: floods per address, known bad senders, common attacks; and what it must let through."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from hardened.web_acl import AclRules, AddressLimit, WebAcl

LIMITS = AclRules(
    limit=AddressLimit(requests=100, seconds=60),
    trusted_limit=AddressLimit(requests=10_000, seconds=300),
    trusted_cidrs=("203.0.113.0/24",),
)


def build(acl: AclRules = LIMITS) -> dict[str, Any]:
    """The template's resources of one ACL."""
    stack = Stack(App(), "Bench")
    WebAcl(stack, "WebAcl", name="alex-test-api", rules=acl)
    return dict(Template.from_stack(stack).to_json()["Resources"])


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return build()


def kinds(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in resources.values() if r["Type"] == kind]


def rules(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (acl,) = kinds(resources, "AWS::WAFv2::WebACL")
    return {rule["Name"]: rule for rule in acl["Rules"]}


def test_a_flood_from_one_address_is_answered_429(resources: dict[str, Any]) -> None:
    """SEC-01, API-04."""
    rule = rules(resources)["RatePerAddress"]
    statement = rule["Statement"]["RateBasedStatement"]
    assert (statement["Limit"], statement["EvaluationWindowSec"], statement["AggregateKeyType"]) == (100, 60, "IP")
    answer = rule["Action"]["Block"]["CustomResponse"]
    assert answer["ResponseCode"] == 429
    assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "60"}]
    (acl,) = kinds(resources, "AWS::WAFv2::WebACL")
    body = json.loads(acl["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"])
    assert body["error"]["code"] == "throttled"


def test_an_office_behind_one_address_has_a_limit_of_its_own(resources: dict[str, Any]) -> None:
    """SEC-01: trusted networks are excluded from the general limit and included in theirs, by the same set."""
    general = rules(resources)["RatePerAddress"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
    trusted = rules(resources)["RatePerTrustedAddress"]["Statement"]["RateBasedStatement"]
    assert trusted["Limit"] == 10_000
    assert general["NotStatement"]["Statement"] == trusted["ScopeDownStatement"]
    (addresses,) = kinds(resources, "AWS::WAFv2::IPSet")
    assert addresses["Addresses"] == ["203.0.113.0/24"]


def test_without_trusted_networks_one_limit_holds_for_everybody() -> None:
    alone = AclRules(limit=LIMITS.limit, trusted_limit=LIMITS.trusted_limit)
    found = rules(build(alone))
    assert "RatePerTrustedAddress" not in found
    assert "ScopeDownStatement" not in found["RatePerAddress"]["Statement"]["RateBasedStatement"]


def test_common_attacks_are_blocked(resources: dict[str, Any]) -> None:
    """SEC-01: SQL injection without an override; only the two rules that would refuse the API's own use count."""
    counted = {
        name: [o["Name"] for o in rule["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides", [])]
        for name, rule in rules(resources).items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert counted == {
        "AWSManagedRulesAmazonIpReputationList": [],
        "AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"],
        "AWSManagedRulesKnownBadInputsRuleSet": [],
        "AWSManagedRulesSQLiRuleSet": [],
        "AWSManagedRulesBotControlRuleSet": ["CategoryHttpLibrary", "SignalNonBrowserUserAgent"],
    }
    priorities = [rule["Priority"] for rule in rules(resources).values()]
    assert len(set(priorities)) == len(priorities)


def test_bot_control_is_billed_apart_and_can_be_left_out() -> None:
    """SEC-03, COST-01."""
    without = AclRules(limit=LIMITS.limit, trusted_limit=LIMITS.trusted_limit, bot_control=False)
    found = rules(build(without))
    assert "AWSManagedRulesBotControlRuleSet" not in found
    assert "AWSManagedRulesSQLiRuleSet" in found


def test_the_acls_log_keeps_no_tokens(resources: dict[str, Any]) -> None:
    (logging,) = kinds(resources, "AWS::WAFv2::LoggingConfiguration")
    assert logging["RedactedFields"] == [{"SingleHeader": {"Name": "authorization"}}]
    names = [g.get("LogGroupName") for g in kinds(resources, "AWS::Logs::LogGroup")]
    assert "aws-waf-logs-alex-test-api" in names
