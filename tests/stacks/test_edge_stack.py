"""The edge as it is deployed: one rule set before the API and for CloudFront, and Shield (SYS-13)."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from settings import ENVIRONMENTS, load
from tests.stacks.edges import MADE, TRUSTED, of_type, template_of, until, with_overlay

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


@pytest.mark.parametrize("environment", MADE)
def test_the_edge_stands_alone_in_the_region_that_cloudfront_reads(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """SEC-02: elsewhere AWS refuses the scope; a reference to another region would need functions of CDK's.

    What stands in the same region may look at it, as the dashboards do.
    """
    made = assembly(environment)
    template = made.templates["Edge"]
    assert "Fn::ImportValue" not in str(template)
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


def test_from_another_region_the_edge_still_goes_to_us_east_1(
    ungated_app: Any, stub_bundles: Any, tmp_path: Path
) -> None:
    """SEC-02, DR-01: an environment elsewhere has an edge too; CDK refuses a stage that refers to it across regions."""
    from aws_cdk import Stack
    from aws_cdk.assertions import Template

    from stacks.stage import PlatformStage

    settings = with_overlay(tmp_path, "prod-dr", waf={"edge": "create"})
    stage = PlatformStage(ungated_app, settings=settings, bundles=stub_bundles)
    edge = cast(Stack, stage.node.find_child("Edge"))
    assert (settings.region, edge.region) == ("us-west-2", "us-east-1")
    text = json.dumps(Template.from_stack(edge).to_json())
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
    somebody = ["oncall@alex.example"]
    alarms = {"subscribers": {"critical": somebody, "warning": somebody, "security": somebody}}
    settings = with_overlay(tmp_path, "prod", waf=counting, shield=ADVANCED, alarms=alarms)
    app = App(outdir=str(tmp_path / "out"), context=cdk_context)
    PlatformStage(app, settings=settings, bundles=stub_bundles)
    if open_:
        assert synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF).exists()
        return
    with pytest.raises(GateError, match=r"RISK-41"):
        synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF)
