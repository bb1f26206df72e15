"""The web ACL: floods per address, bodies, known bad senders, common attacks; and what it must let through."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from hypothesis import given
from hypothesis import strategies as st

from hardened.shield import ShieldAdvanced
from hardened.topics import Alerts
from hardened.web_acl import AclRules, AddressLimit, WebAcl
from hardened.web_acl_rules import over
from soc2.rules.waf import GROUPS

ORIGIN = "https://app.example"
RULES = AclRules(
    limit=AddressLimit(requests=100, seconds=60),
    trusted_limit=AddressLimit(requests=10_000, seconds=300),
    trusted_cidrs=("203.0.113.0/24",),
    max_body_bytes=262_144,
    inspected_body_kb=64,
    origin=ORIGIN,
)


def template(make: Callable[[Stack], object]) -> dict[str, Any]:
    """The resources of a stack that ``make`` fills."""
    stack = Stack(App(), "Bench", env=Environment(region="eu-west-1"))
    make(stack)
    return dict(Template.from_stack(stack).to_json()["Resources"])


def build(acl: AclRules = RULES, **options: Any) -> dict[str, Any]:
    """The template's resources of one ACL."""
    return template(lambda stack: WebAcl(stack, "WebAcl", name="alex-test-api", rules=acl, **options))


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return build()


def kinds(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in resources.values() if r["Type"] == kind]


def only(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    (properties,) = kinds(resources, kind)
    return properties


def rules(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in only(resources, "AWS::WAFv2::WebACL")["Rules"]}


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


def protected(stack: Stack) -> None:
    """An API's stage and a load balancer behind one ACL, and the load balancer under Shield Advanced."""
    api = apigw.RestApi(stack, "Api")
    api.root.add_method("GET")
    balancer = elb.ApplicationLoadBalancer(stack, "Alb", vpc=ec2.Vpc(stack, "Vpc"), internet_facing=True)
    acl = WebAcl(stack, "WebAcl", name="alex-test-api", rules=RULES)
    acl.protect(api.deployment_stage.stage_arn)
    acl.protect(balancer.load_balancer_arn, id="Alb")
    shield = ShieldAdvanced(stack, "Shield", email="oncall@alex.example", phone="+4930123456")
    shield.protect("Alb", name="alex-test", resource_arn=balancer.load_balancer_arn)


def test_stages_and_load_balancers_stand_behind_the_acl() -> None:
    """SEC-01, SEC-03: an ACL without an association protects nothing."""
    made = template(protected)
    behind = [json.dumps(a["ResourceArn"]) for a in kinds(made, "AWS::WAFv2::WebACLAssociation")]
    assert len(behind) == 2
    assert any("/restapis/" in arn and "/stages/" in arn for arn in behind)
    assert any(arn == json.dumps({"Ref": name}) for arn in behind for name in made if name.startswith("Alb"))
    assert only(made, "AWS::Shield::Protection")["ResourceArn"] in [
        a["ResourceArn"] for a in kinds(made, "AWS::WAFv2::WebACLAssociation")
    ]


def test_a_distribution_names_its_acl_itself() -> None:
    """SEC-02: WAF refuses an association with a distribution only at deployment; this says so at once."""
    acl = WebAcl(Stack(App(), "Bench"), "WebAcl", name="x", rules=RULES, where="CLOUDFRONT")
    with pytest.raises(ValueError, match="web_acl_id"):
        acl.protect("arn:aws:cloudfront::111122223333:distribution/E1")


def test_shields_response_team_may_look_and_knows_whom_to_call() -> None:
    """SEC-04: a subscription that nobody has opened the account to brings nobody at night."""
    made = template(protected)
    role = only(made, "AWS::Shield::DRTAccess")["RoleArn"]["Fn::GetAtt"][0]
    assert "AWSShieldDRTAccessPolicy" in json.dumps(made[role]["Properties"]["ManagedPolicyArns"])
    trust = made[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [s["Principal"] for s in trust] == [{"Service": "drt.shield.amazonaws.com"}]
    engagement = only(made, "AWS::Shield::ProactiveEngagement")
    assert engagement["ProactiveEngagementStatus"] == "ENABLED"
    assert engagement["EmergencyContactList"] == [{"EmailAddress": "oncall@alex.example", "PhoneNumber": "+4930123456"}]
