"""Web ACLs in stacks of their own, as their templates state them."""

from collections.abc import Callable
from typing import Any

from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Template

from hardened.web_acl import AclRules, AddressLimit, WebAcl

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


def kinds(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in resources.values() if r["Type"] == kind]


def only(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    (properties,) = kinds(resources, kind)
    return properties


def rules(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in only(resources, "AWS::WAFv2::WebACL")["Rules"]}
