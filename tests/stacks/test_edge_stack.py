"""The edge as it is deployed: one rule set before the API and for CloudFront, judged by replayed requests (SYS-13)."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from alex.edge import capacity, replay, requests
from alex.edge.acl import Acl, acls
from alex.edge.requests import SAMPLES, Request
from alex.guardrails.corpus import PASSES, cases
from alex.portfolios import GALLERY
from settings import ENVIRONMENTS, Settings, load

TRUSTED = {"trusted_egress_cidrs": ["198.51.100.0/24", "2001:db8:51::/48"]}
ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
MADE = [name for name in ENVIRONMENTS if load(name).waf.edge == "create"]


def with_overlay(tmp_path: Path, environment: str, **sections: Any) -> Settings:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(sections))
    return load(environment, overlay)


def template_of(app: Any, settings: Settings) -> dict[str, Any]:
    """The edge stack alone, as an environment with ``settings`` has it."""
    from aws_cdk import Environment, Stage
    from aws_cdk.assertions import Template

    from stacks.edge import EdgeStack

    stage = Stage(app, "Alex", env=Environment(region=settings.region))
    return dict(Template.from_stack(EdgeStack(stage, "Edge", settings=settings)).to_json())


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r.get("Properties", {}) for r in template["Resources"].values() if r["Type"] == kind]


@pytest.mark.parametrize("environment", MADE)
def test_the_edge_stands_alone_in_the_region_that_cloudfront_reads(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """SEC-02: elsewhere AWS refuses the scope; a reference to another region would need functions of CDK's."""
    made = assembly(environment)
    template = made.templates["Edge"]
    assert "Fn::ImportValue" not in str(template)
    assert f"Alex-{environment}-Edge" not in str([t for name, t in made.templates.items() if name != "Edge"])
    (acl,) = of_type(template, "AWS::WAFv2::WebACL")
    assert acl["Scope"] == "CLOUDFRONT"
    assert template["Outputs"]["EdgeAclArn"]["Value"]["Fn::GetAtt"][1] == "Arn"
    manifest = json.loads((made.folder / f"assembly-Alex-{environment}" / "manifest.json").read_text("utf-8"))
    (where,) = [
        a["environment"]
        for a in manifest["artifacts"].values()
        if a.get("properties", {}).get("stackName") == f"Alex-{environment}-Edge"
    ]
    assert where.endswith("/us-east-1")


def test_from_another_region_the_edge_still_goes_to_us_east_1(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-02, DR-01: the recovery region may make an edge of its own."""
    template = template_of(ungated_app, with_overlay(tmp_path, "prod-dr", waf={"edge": "create"}))
    text = json.dumps(template)
    assert "us-west-2" not in text
    assert "logs.us-east-1.amazonaws.com" in text


@ALL_ENVIRONMENTS
def test_an_acl_that_protects_nothing_is_made_only_where_it_will(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """SEC-02, COST-01: an ACL is billed without a distribution too; CloudFront is global, so production's is enough."""
    assert ("Edge" in assembly(environment).templates) == (load(environment).waf.edge == "create")
    assert MADE == ["local", "staging", "prod"]


@ALL_ENVIRONMENTS
def test_rules_follow_the_settings(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01, SEC-02, API-06: limits, body sizes, bot control, and what a surge is."""
    settings = load(environment)
    for name, limit in (("Api", settings.waf.api_rate_per_ip), ("Edge", settings.waf.edge_rate_per_ip)):
        if name not in assembly(environment).templates:
            continue
        template = assembly(environment).templates[name]
        (properties,) = of_type(template, "AWS::WAFv2::WebACL")
        rules = {rule["Name"]: rule for rule in properties["Rules"]}
        rate = rules["RatePerAddress"]["Statement"]["RateBasedStatement"]
        assert (rate["Limit"], rate["EvaluationWindowSec"]) == (limit.requests, limit.seconds)
        assert "RatePerTrustedAddress" not in rules
        refusal = rules["BodyTooLarge"]["Action"]["Block"]["CustomResponse"]
        assert {"Name": "Access-Control-Allow-Origin", "Value": settings.api.allowed_origin} in refusal[
            "ResponseHeaders"
        ]
        declared = rules["BodyTooLarge"]["Statement"]["RegexMatchStatement"]["RegexString"]
        assert re.search(declared, str(settings.api.max_body_bytes + 1))
        assert not re.search(declared, str(settings.api.max_body_bytes))
        size = rules["BodyPartlyRead"]["Statement"]["SizeConstraintStatement"]["Size"]
        assert size == settings.waf.inspected_body_kb * 1024
        assert ("AWSManagedRulesBotControlRuleSet" in rules) == settings.waf.bot_control
        (alarm,) = [a for a in of_type(template, "AWS::CloudWatch::Alarm") if a.get("MetricName") == "BlockedRequests"]
        assert alarm["Threshold"] == settings.waf.surge_requests
        assert alarm["AlarmName"] == f"{properties['Name']}-waf-blocked-surge"
        assert alarm["AlarmActions"]


@ALL_ENVIRONMENTS
def test_the_acl_stands_before_the_stage(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01: CloudFront's waits for its distribution, and a load balancer there is none yet."""
    (association,) = assembly(environment).of_type("AWS::WAFv2::WebACLAssociation").values()
    assert "/stages/" in json.dumps(association["ResourceArn"])
    resources = assembly(environment).templates["Api"]["Resources"]
    named = association["WebACLArn"]["Fn::GetAtt"][0]
    assert resources[named]["Properties"]["Name"] == f"alex-{environment}-api"


def deployed(made: Any) -> list[Acl]:
    """The web ACLs of an environment."""
    return [acl for template in made.templates.values() for acl in acls(template)]


@ALL_ENVIRONMENTS
def test_capacity_is_within_what_the_price_includes(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01, COST-01: over 1,500 units each request costs more; an overlay with offices adds a few."""
    for acl in deployed(assembly(environment)):
        assert sum(capacity.units(acl).values()) < capacity.INCLUDED - 20, acl.name


def test_there_are_requests_of_every_kind() -> None:
    """SYS-13: SQLi, XSS, bad bots, floods, bodies, offices, and clients who only look like attackers."""
    lines = requests.read(SAMPLES)
    assert len(lines) >= 60
    assert {"sqli", "xss", "bot", "flood", "body", "trusted", "clean"} <= {line.kind for line in lines}
    assert all(line.expect for line in lines)
    assert all(line.by for line in lines if line.expect == "block")


def told(outcome: replay.Outcome) -> tuple[str, str, str]:
    return outcome.request.id, outcome.verdict, outcome.decided.rule if outcome.decided else str([*outcome.counted])


@ALL_ENVIRONMENTS
def test_attacks_are_blocked_and_clients_are_not(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-01, SEC-02, SEC-03: every line as it expects, on every ACL as it was synthesised."""
    found = deployed(assembly(environment))
    assert len(found) == (2 if environment in MADE else 1)
    for acl in found:
        outcomes = replay.replay(acl, requests.read(SAMPLES))
        assert [told(o) for o in outcomes if not o.as_expected] == []
        skipped = {o.request.kind for o in outcomes if o.skipped}
        assert skipped <= ({"trusted"} if load(environment).waf.bot_control else {"trusted", "bot", "clean"})


def test_offices_get_through_where_others_do_not(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-01: with trusted networks no line is left out: an office's flood within its limit passes, its attack not."""
    (acl,) = acls(template_of(ungated_app, with_overlay(tmp_path, "prod", waf=TRUSTED)))
    outcomes = replay.replay(acl, requests.read(SAMPLES))
    assert [told(o) for o in outcomes if not o.as_expected or o.skipped] == []
    by_id = {o.request.id: o for o in outcomes}
    assert by_id["trusted-office"].total == 150
    over = by_id["trusted-office-over-its-limit"]
    waf = load("prod").waf
    assert over.first_blocked == waf.trusted_egress_rate_per_ip.requests + 1
    assert by_id["flood-over"].first_blocked == waf.edge_rate_per_ip.requests + 1


def until(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_while_it_counts_everybody_gets_in_and_is_labelled(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-01: nobody is refused by a rule that nobody tried, and the log shows who would have been, and by which."""
    settings = with_overlay(tmp_path, "prod", waf={"mode": "count", "count_until": until(30), **TRUSTED})
    (acl,) = acls(template_of(ungated_app, settings))
    outcomes = replay.replay(acl, requests.read(SAMPLES))
    assert [told(o) for o in outcomes if o.blocked or o.skipped or not o.as_expected] == []
    attacks = [o for o in outcomes if o.request.expect == "block"]
    assert len(attacks) >= 40
    assert all(o.request.by in {match.rule for match in o.counted.values()} for o in attacks)
    assert all(o.labels for o in attacks)


def posted(number: int, path: str, body: Any) -> Request:
    headers = {"user-agent": "Mozilla/5.0", "content-type": "application/json"}
    sender = f"198.18.{number // 250}.{number % 250}"
    return Request.model_validate(
        {
            "id": f"x-{number}",
            "ip": sender,
            "method": "POST",
            "path": path,
            "headers": headers,
            "body": json.dumps(body),
        }
    )


def test_nothing_that_our_clients_write_looks_like_an_attack(assembly: Callable[[str], Any]) -> None:
    """SEC-01: the harmless questions of the guardrails' set, and whole portfolios, against production's ACL."""
    texts = [case.text for case in cases() if case.expected == PASSES]
    bodies = [("/api/analyze", {"question": text}) for text in texts]
    bodies += [("/api/positions", json.loads(json.dumps(vars(one), default=str))) for one in GALLERY.values()]
    sent = [posted(number, path, body) for number, (path, body) in enumerate(bodies)]
    assert len(sent) > 400
    acl = next(acl for acl in deployed(assembly("prod")) if acl.scope == "REGIONAL")
    assert [(o.request.body, o.decided) for o in replay.replay(acl, sent) if o.blocked] == []


ADVANCED = {
    "tier": "advanced",
    "subscription_confirmed": True,
    "contact_email": "oncall@alex.example",
    "contact_phone": "+4930123456",
}


def test_shield_advanced_is_made_only_when_a_person_has_confirmed_it(ungated_app: Any, tmp_path: Path) -> None:
    """SEC-04: without a subscription the deployment fails; with one, nobody is called unless the contacts are set."""
    settings = with_overlay(tmp_path, "prod", shield=ADVANCED)
    made = template_of(ungated_app, settings)
    (engagement,) = of_type(made, "AWS::Shield::ProactiveEngagement")
    assert engagement["EmergencyContactList"] == [
        {"EmailAddress": settings.shield.contact_email, "PhoneNumber": settings.shield.contact_phone}
    ]
    assert len(of_type(made, "AWS::Shield::DRTAccess")) == 1


@ALL_ENVIRONMENTS
def test_no_environment_orders_a_subscription(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-04: standard protects without a resource."""
    assert load(environment).shield.tier == "standard"
    assert not [t for t in _types(assembly(environment)) if t.startswith("AWS::Shield::")]


def _types(made: Any) -> set[str]:
    return {r["Type"] for template in made.templates.values() for r in template["Resources"].values()}


@pytest.mark.parametrize(("days", "open_"), [(30, True), (-1, False)])
def test_counting_ends(days: int, open_: bool, cdk_context: Any, stub_bundles: Any, tmp_path: Path) -> None:
    """SEC-01, CONF-06: production counts until the day that was decided; from the next on the gate stays closed."""
    from aws_cdk import App

    from app import judged_as
    from soc2 import SWITCHED_OFF, GateError, synthesise
    from stacks.stage import PlatformStage

    counting = {"mode": "count", "count_until": until(days), **TRUSTED}
    alarms = {"email": "oncall@alex.example"}
    settings = with_overlay(tmp_path, "prod", waf=counting, shield=ADVANCED, alarms=alarms)
    app = App(outdir=str(tmp_path / "out"), context=cdk_context)
    PlatformStage(app, settings=settings, bundles=stub_bundles)
    if open_:
        assert synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF).exists()
        return
    with pytest.raises(GateError, match=r"RISK-41"):
        synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF)
