"""The web ACL: floods per address, bodies, known bad senders, common attacks; and what it must let through."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_sns as sns
from hypothesis import given
from hypothesis import strategies as st

from hardened.topics import Alerts
from hardened.web_acl import WebAcl
from hardened.web_acl_rules import over
from soc2.rules.waf import GROUPS
from tests.hardened.web_acls import ORIGIN, RULES, build, kinds, only, rules, template


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return build()


def answer(resources: dict[str, Any], rule: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and error code of a rule's refusal."""
    said = rules(resources)[rule]["Action"]["Block"]["CustomResponse"]
    body = only(resources, "AWS::WAFv2::WebACL")["CustomResponseBodies"][said["CustomResponseBodyKey"]]
    assert body["ContentType"] == "APPLICATION_JSON"
    headers = {h["Name"]: h["Value"] for h in said["ResponseHeaders"]}
    return said["ResponseCode"], headers, json.loads(body["Content"])["error"]["code"]


def test_a_flood_from_one_address_is_answered_429(resources: dict[str, Any]) -> None:
    """SEC-01, API-04: in the API's envelope, and so that the front end's browsers may read when to come back."""
    statement = rules(resources)["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert (statement["Limit"], statement["EvaluationWindowSec"], statement["AggregateKeyType"]) == (100, 60, "IP")
    status, headers, code = answer(resources, "RatePerAddress")
    assert (status, code) == (429, "throttled")
    assert headers["Retry-After"] == "60"
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Cache-Control"] == "no-store"


def test_an_office_behind_one_address_has_a_limit_of_its_own(resources: dict[str, Any]) -> None:
    """SEC-01: trusted networks are excluded from the general limit and included in theirs, by the same set."""
    general = rules(resources)["RatePerAddress"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
    trusted = rules(resources)["RatePerTrustedAddress"]["Statement"]["RateBasedStatement"]
    assert trusted["Limit"] == 10_000
    assert general["NotStatement"]["Statement"] == trusted["ScopeDownStatement"]
    assert only(resources, "AWS::WAFv2::IPSet")["Addresses"] == ["203.0.113.0/24"]


def test_an_office_has_addresses_of_both_kinds() -> None:
    """SEC-01: WAF keeps IPv4 and IPv6 in separate sets; an office whose browsers prefer IPv6 would be throttled."""
    made = build(replace(RULES, trusted_cidrs=("203.0.113.0/24", "2001:db8:51::/48")))
    sets = {s["IPAddressVersion"]: s["Addresses"] for s in kinds(made, "AWS::WAFv2::IPSet")}
    assert sets == {"IPV4": ["203.0.113.0/24"], "IPV6": ["2001:db8:51::/48"]}
    trusted = rules(made)["RatePerTrustedAddress"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
    members = [s["IPSetReferenceStatement"]["Arn"]["Fn::GetAtt"][0] for s in trusted["OrStatement"]["Statements"]]
    assert {made[name]["Properties"]["IPAddressVersion"] for name in members} == {"IPV4", "IPV6"}


def test_without_trusted_networks_one_limit_holds_for_everybody() -> None:
    """SEC-01: an empty set would be refused by WAF, and a limit for nobody be billed."""
    made = build(replace(RULES, trusted_cidrs=()))
    assert "RatePerTrustedAddress" not in rules(made)
    assert "ScopeDownStatement" not in rules(made)["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert kinds(made, "AWS::WAFv2::IPSet") == []


def test_common_attacks_are_blocked(resources: dict[str, Any]) -> None:
    """SEC-01, SEC-03: SQL injection without an override; only two rules that would refuse the API's use count."""
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
    assert {group for names in GROUPS.values() for group in names} <= counted.keys()
    assert all(rules(resources)[name]["OverrideAction"] == {"None": {}} for name in counted)
    priorities = [rule["Priority"] for rule in rules(resources).values()]
    assert len(set(priorities)) == len(priorities)


def test_bot_control_is_billed_apart_and_comes_last(resources: dict[str, Any]) -> None:
    """SEC-03, COST-01: what another rule refuses is not looked at by the group that costs per request."""
    assert max(rules(resources).values(), key=lambda rule: int(rule["Priority"]))["Name"].endswith("BotControlRuleSet")
    without = rules(build(replace(RULES, bot_control=False)))
    assert "AWSManagedRulesBotControlRuleSet" not in without
    assert "AWSManagedRulesSQLiRuleSet" in without


def test_what_declares_too_large_a_body_is_refused(resources: dict[str, Any]) -> None:
    """API-06, SEC-01: 413 before 10 MB are carried to a function that would refuse them."""
    assert answer(resources, "BodyTooLarge")[::2] == (413, "too_large")
    statement = rules(resources)["BodyTooLarge"]["Statement"]["RegexMatchStatement"]
    assert statement["FieldToMatch"] == {"SingleHeader": {"Name": "content-length"}}
    assert not re.search(statement["RegexString"], "262144")
    assert re.search(statement["RegexString"], "262145")


@given(limit=st.integers(1, 10_000_000), declared=st.integers(0, 20_000_000), zeros=st.integers(0, 3))
def test_a_declared_length_is_compared_as_a_number(limit: int, declared: int, zeros: int) -> None:
    """API-06: WAF compares texts; one digit wrong in the expression refuses every large portfolio, or none."""
    assert bool(re.search(over(limit), "0" * zeros + str(declared))) == (declared > limit)
    assert len(over(limit)) <= 512, "WAF takes no longer expression"


@given(st.text(alphabet="0123456789 +-.eExX,", max_size=12).filter(lambda text: not text.isdigit()))
def test_only_numbers_are_lengths(text: str) -> None:
    """API-06: whatever is no number is not for this rule; the gateway refuses it."""
    assert not re.search(over(1), text)


@pytest.mark.parametrize(("where", "host"), [("REGIONAL", "API_GATEWAY"), ("CLOUDFRONT", "CLOUDFRONT")])
def test_bodies_are_read_as_far_as_waf_can(where: str, host: str) -> None:
    """SEC-01: by default an attack behind 16 KB of spaces is not looked at; beyond 64 KB the log says so."""
    made = build(where=where)
    reads = only(made, "AWS::WAFv2::WebACL")["AssociationConfig"]["RequestBody"]
    assert reads == {host: {"DefaultSizeInspectionLimit": "KB_64"}}
    rule = rules(made)["BodyPartlyRead"]
    assert rule["Action"] == {"Count": {}}
    statement = rule["Statement"]["SizeConstraintStatement"]
    assert (statement["ComparisonOperator"], statement["Size"]) == ("GT", 65_536)
    assert statement["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}


def test_counting_refuses_nothing_and_labels_everything() -> None:
    """SEC-01: a first deployment must not turn clients away because of a rule that nobody has tried on them."""
    made = rules(build(replace(RULES, count_until=date(2026, 12, 31))))
    assert made.keys() == rules(build()).keys()
    for name, rule in made.items():
        assert rule.get("OverrideAction", rule.get("Action")) == {"Count": {}}, name
        assert "Block" not in json.dumps(rule), name
        assert rule.get("RuleLabels") or "ManagedRuleGroupStatement" in rule["Statement"], name
    labels = [label["Name"] for rule in made.values() for label in rule.get("RuleLabels", [])]
    assert labels == ["alex:rate-limit", "alex:trusted-rate-limit", "alex:body-too-large", "alex:body-partly-read"]


def test_neither_log_nor_samples_keep_tokens_or_bodies(resources: dict[str, Any]) -> None:
    """SEC-01, OBS-29: who may read the log could sign in as a client; the log's redaction leaves samples alone."""
    redacted = only(resources, "AWS::WAFv2::LoggingConfiguration")["RedactedFields"]
    headers = ["authorization", "cookie", "x-api-key"]
    assert redacted == [*({"SingleHeader": {"Name": name}} for name in headers), {"QueryString": {}}]
    kept = only(resources, "AWS::WAFv2::WebACL")["DataProtectionConfig"]["DataProtections"]
    assert {p["Action"] for p in kept} == {"SUBSTITUTION"}
    by_kind = {p["Field"]["FieldType"]: p for p in kept}
    assert by_kind["SINGLE_HEADER"]["Field"]["FieldKeys"] == headers
    assert by_kind.keys() == {"SINGLE_HEADER", "QUERY_STRING", "BODY"}
    assert [kind for kind, p in by_kind.items() if p["ExcludeRuleMatchDetails"]] == ["QUERY_STRING"]
    names = [g.get("LogGroupName") for g in kinds(resources, "AWS::Logs::LogGroup")]
    assert names == ["aws-waf-logs-alex-test-api"]


def test_regional_and_cloudfront_have_one_rule_set() -> None:
    """SEC-02: a rule that is added for the API and forgotten at the edge leaves a way in."""
    both = replace(RULES, trusted_cidrs=("203.0.113.0/24", "2001:db8:51::/48"))
    regional, edge = build(both), build(both, where="CLOUDFRONT")
    assert rules(regional) == rules(edge)
    assert only(edge, "AWS::WAFv2::WebACL")["Scope"] == "CLOUDFRONT"
    assert {s["Scope"] for s in kinds(edge, "AWS::WAFv2::IPSet")} == {"CLOUDFRONT"}


def watched(where: Any) -> dict[str, Any]:
    """The alarm of an ACL."""

    def make(stack: Stack) -> None:
        topic = sns.Topic(stack, "Topic")
        acl = WebAcl(stack, "WebAcl", name="alex-test-api", rules=RULES, where=where)
        acl.watch(surge=500, alerts=Alerts(critical=topic, warning=topic))

    return only(template(make), "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize(("where", "region"), [("REGIONAL", {"Region": "eu-west-1"}), ("CLOUDFRONT", {})])
def test_a_surge_of_refusals_is_told(where: str, region: dict[str, str]) -> None:
    """SEC-01: an attack, or a rule that refuses clients; an alarm on a metric with other dimensions never rings."""
    alarm = watched(where)
    dimensions = {d["Name"]: d["Value"] for d in alarm["Dimensions"]}
    assert dimensions == {"WebACL": "alex-test-api", "Rule": "ALL"} | region
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/WAFV2", "BlockedRequests", "Sum")
    assert (alarm["Threshold"], alarm["Period"]) == (500, 300)
    assert "waf-blocked-surge.md" in alarm["AlarmDescription"]
    acl = only(build(), "AWS::WAFv2::WebACL")
    assert acl["Name"] == acl["VisibilityConfig"]["MetricName"] == "alex-test-api"
