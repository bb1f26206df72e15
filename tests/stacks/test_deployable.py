"""What CloudFormation and IAM would refuse, although every template is valid by itself (CICD-02)."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load
from soc2.rules.iam import unscoped_actions

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
# Longest names that AWS accepts; what has no explicit name is named, and shortened, by CloudFormation.
LONGEST = {
    ("AWS::Bedrock::Guardrail", "Name"): 50,
    ("AWS::Backup::BackupVault", "BackupVaultName"): 50,
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"): 63,
    ("AWS::Cognito::UserPoolDomain", "Domain"): 63,
    ("AWS::CloudWatch::Alarm", "AlarmName"): 255,
    ("AWS::CloudWatch::Dashboard", "DashboardName"): 255,
    ("AWS::ApiGateway::Authorizer", "Name"): 128,
}
INLINE_POLICY, KEY_POLICY, BUCKET_POLICY = 10_240, 32_768, 20_480
ROOM = 0.8  # tokens are longer once they are ARNs; a policy over this share has no room for the next grant


def _text(value: Any) -> str:
    """A value as AWS receives it, with stand-ins as long as what only a deployment knows."""
    if not isinstance(value, dict):
        return str(value)
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part) for part in parts)
    return "111122223333" if value == {"Ref": "AWS::AccountId"} else "x" * 10


@ALL_ENVIRONMENTS
def test_names_fit_and_are_their_environments(environment: str, assembly: Callable[[str], Any]) -> None:
    """A name too long fails in the middle of a deployment; one without the environment collides with another's."""
    made = assembly(environment)
    mark = environment.replace("-", "-?")
    for (kind, key), longest in LONGEST.items():
        for where, properties in made.of_type(kind).items():
            if key in properties:
                name = _text(properties[key])
                assert len(name) <= longest, (where, name)
                assert re.search(mark, name), (where, name)
    [cluster] = made.of_type("AWS::RDS::DBCluster").values()
    assert re.fullmatch(r"[a-z](?:-?[a-z0-9])*", cluster["DBClusterIdentifier"])
    for kind, key in (("AWS::Lambda::Function", "FunctionName"), ("AWS::IAM::Role", "RoleName")):
        assert all(key not in p for p in made.of_type(kind).values()), f"{kind}: CloudFormation names it"
    for topic in made.of_type("AWS::Bedrock::Guardrail").values():
        for denied in topic["TopicPolicyConfig"]["TopicsConfig"]:
            assert len(denied["Definition"]) <= 200
            assert re.fullmatch(r"[0-9a-zA-Z\-_ !?.]{1,100}", denied["Name"])


@ALL_ENVIRONMENTS
def test_policies_and_templates_leave_room(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM counts characters, CloudFormation resources and bytes; the next agent must not be the one too many."""
    made = assembly(environment)
    for name, template in made.templates.items():
        assert len(template["Resources"]) <= 500 * ROOM, name
        assert len(json.dumps(template)) <= 1_000_000 * ROOM, name
    for kind, key, limit in (
        ("AWS::IAM::Policy", "PolicyDocument", INLINE_POLICY),
        ("AWS::KMS::Key", "KeyPolicy", KEY_POLICY),
        ("AWS::S3::BucketPolicy", "PolicyDocument", BUCKET_POLICY),
    ):
        for where, properties in made.of_type(kind).items():
            assert len(json.dumps(properties[key], separators=(",", ":"))) <= limit * ROOM, where


def _wild(made: Any) -> Iterator[tuple[str, str]]:
    """Role or managed policy, and the action or resource with a wildcard that one of its allowing statements has."""
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for where, properties in made.of_type(kind).items():
            for statement in properties["PolicyDocument"]["Statement"]:
                for key in ("Action", "Resource"):
                    values = statement[key] if isinstance(statement[key], list) else [statement[key]]
                    for value in values:
                        if statement["Effect"] == "Allow" and "*" in _text(value):
                            yield where, _text(value)


@ALL_ENVIRONMENTS
def test_every_wildcard_is_known(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-05: policies whose actions know no resources, the boundary, and the one folder that Config names files in."""
    known = {
        (r"FunctionPoliciesTraces", r"\*"),
        (r"FunctionPoliciesInterfaces", r"\*"),
        (r"FunctionPoliciesBoundary", r"\*"),
        (r"RotationRoleDefaultPolicy", r"\*"),
        (r"WorkflowMost", r"\*"),
        (r"WorkflowRoleDefaultPolicy", r"\*"),
        (r"DecisionRoleDefaultPolicy", r"\*"),
        (r"ArchiverRoleDefaultPolicy", r"\*"),
        (r"/\w*Most", r"\*"),
        (r"AccountSettings\w+RoleDefaultPolicy", r"\*"),
        (r"RemediationRoleDefaultPolicy", r"arn:.+:s3:::\*"),
        (r"QuarantineDisableAccessKeyRoleDefaultPolicy", r"arn:.+:iam::111122223333:user/\*"),
        (r"PersonalDataRoleDefaultPolicy", r"arn:.+:macie2:[\w-]+:111122223333:classification-job/\*"),
        (r"RecorderRoleDefaultPolicy", r".+/AWSLogs/111122223333/Config/\*"),
    }
    found = set(_wild(assembly(environment)))
    assert found
    for where, value in found:
        assert any(re.search(path, where) and re.fullmatch(wild, value) for path, wild in known), (where, value)


@pytest.mark.parametrize("environment", ["staging", "prod", "prod-dr"])
def test_a_failed_first_deployment_can_be_repeated(environment: str, assembly: Callable[[str], Any]) -> None:
    """What a failed creation leaves behind keeps its name, and the next attempt would find the name taken."""
    made = assembly(environment)
    for kind, key in (("AWS::Logs::LogGroup", "LogGroupName"), ("AWS::Backup::BackupVault", "BackupVaultName")):
        named = {w: r for w, r in made.raw(kind).items() if key in r["Properties"]}
        assert named, kind
        for where, resource in named.items():
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", where
            assert resource["UpdateReplacePolicy"] == "Retain", where


@ALL_ENVIRONMENTS
def test_stacks_say_what_they_are_and_productions_refuse_to_go(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """CONF-02: a stack that nobody can place is deleted by somebody who tidies up."""
    made = assembly(environment)
    assert all(t["Description"].startswith("Alex: ") for t in made.templates.values())
    folder = made.folder / f"assembly-Alex-{environment}"
    artifacts = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"].values()
    stacks = [a["properties"] for a in artifacts if a["type"] == "aws:cloudformation:stack"]
    assert {bool(s.get("terminationProtection")) for s in stacks} == {load(environment).is_production}


# Overlays that somebody writes for a real account; each makes resources that no environment's own file makes.
OVERLAYS = {
    "an account, people, offices and another issuer": (
        "prod",
        """
account: "111122223333"
alarms:
  subscribers:
    critical: [oncall@alex.example, "https://oncall.example/hooks/alex"]
    warning: [team@alex.example]
    security: [security@alex.example]
waf: {trusted_egress_cidrs: ["198.51.100.0/24"]}
auth:
  trusted_issuers:
    - {issuer: "https://a.example", jwks_url: "https://a.example/jwks", audience: web, audience_claim: azp}
""",
    ),
    "an account that has everything already": (
        "prod-dr",
        """
singletons:
  {trail: adopt, guardduty: adopt, config_recorder: adopt, security_hub: adopt, api_gateway_account: adopt,
   macie: adopt, inspector: adopt, access_analyzer: adopt, ebs_encryption: adopt}
api: {cache_ttl_seconds: 0}
functions: {architecture: x86_64, python: "3.12", provisioned_concurrency_critical: 0}
planner: {reserved_concurrency: null}
""",
    ),
    "development inside its network": (
        "dev",
        "functions: {in_vpc: true}\nnetwork: {interface_endpoints: full}\n",
    ),
}


@pytest.mark.parametrize("what", OVERLAYS)
def test_the_gate_is_open_for_what_an_account_adds(
    what: str, cdk_context: Any, stub_bundles: Any, tmp_path: Path
) -> None:
    """An overlay must not meet, at the first deployment, a finding that no test of ours has seen."""
    from aws_cdk import App

    from app import judged_as
    from soc2 import SWITCHED_OFF, synthesise
    from stacks.stage import PlatformStage

    environment, text = OVERLAYS[what]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(text)
    app = App(outdir=str(tmp_path / "out"), context=cdk_context)
    settings = load(environment, overlay)
    PlatformStage(app, settings=settings, bundles=stub_bundles)
    assert (synthesise(app, profile=judged_as(settings), switched_off=SWITCHED_OFF) / "evidence.json").exists()


@ALL_ENVIRONMENTS
def test_every_grant_has_an_effect(environment: str, assembly: Callable[[str], Any]) -> None:
    """CICD-02: an action that AWS knows no resource for, granted on a named one, is refused in AWS and works here."""
    lost, made = [], assembly(environment)
    for where, properties in (made.of_type("AWS::IAM::Policy") | made.of_type("AWS::IAM::ManagedPolicy")).items():
        for statement in properties["PolicyDocument"]["Statement"]:
            actions, resources = (
                value if isinstance(value, list) else [value] for value in (statement["Action"], statement["Resource"])
            )
            if statement["Effect"] == "Allow" and "*" not in resources:
                lost += [(where, action) for action in actions if action.lower() in unscoped_actions()]
    assert lost == []
