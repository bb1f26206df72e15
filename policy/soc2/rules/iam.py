"""Identity policies: how exactly they say what may be done to what (IAM-05 to IAM-07).

Decision: a finding names the value, for example ``Action::s3:*``, so that accepting one wildcard accepts no other. The
exception to named resources is made by AWS alone: actions that it knows no resource type for (`unscoped_actions`).
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any

from soc2.arns import has_wildcard, is_everything, names_one
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.statements import GRANTS, RESOURCE_POLICIES, TRUST, Statement, statements
from soc2.template import Resource
from soc2.values import items, references_of, shown, some

LIMITING_KEYS = {
    "bedrock:inferenceprofilearn",
    "cloudwatch:namespace",
    "ec2:instanceid",
    "ec2:networkinterfaceid",
    "ec2:parentsnapshot",
    "ec2:parentvolume",
    "ec2:subnet",
    "ec2:subnetid",
    "ec2:volumeid",
    "ec2:vpc",
    "ec2:vpcid",
    "ecs:cluster",
    "ecs:service",
    "iam:awsservicename",
    "kms:requestalias",
    "kms:resourcealiases",
    "kms:viaservice",
    "lambda:functionarn",
    "s3:dataaccesspointarn",
    "secretsmanager:name",
    "secretsmanager:secretid",
    "ses:fromaddress",
}
"""Conditions that say which resource is meant, beside its tags. Not among them: the caller's account or organisation
(all resources of an account are still all), tags of the request, and the service that a role is passed to."""


@lru_cache(1)
def unscoped_actions() -> frozenset[str]:
    """Actions in lower case that can be granted on ``*`` only; made by ``python -m alex.iam_actions``."""
    data = json.loads(files("soc2").joinpath("data", "unscoped_actions.json").read_text("utf-8"))
    return frozenset(f"{service}:{name}".lower() for service, names in data["actions"].items() for name in names)


def refuse_boundaries(resource: Resource) -> None:
    """Leave out policies that only limit what others give.

    :raises NotApplicable: roles have it as their permissions boundary, and nobody has it as a policy.
    """
    holders = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
    if resource.type == "AWS::IAM::ManagedPolicy" and any(
        resource.key in references_of(holder.get("PermissionsBoundary")) for holder in resource.referrers(*holders)
    ):
        named = some(bool, (items(resource.get(kind)) for kind in ("Roles", "Users", "Groups")))
        attached = (holder for kind in holders for holder in resource.linked(kind, "ManagedPolicyArns"))
        if not named and not some(lambda _holder: True, attached):
            raise NotApplicable("it is a permissions boundary: it limits what others give, and gives nothing")


def of_allows(resource: Resource, judge: Callable[[Statement], Iterable[Broken]]) -> Findings:
    """What ``judge`` finds in each Allow of the resource's policies.

    :raises NotApplicable: it has none.
    """
    refuse_boundaries(resource)
    found = statements(resource)
    if not found:
        raise NotApplicable("it has no policy document of its own")
    yield from each(lambda statement: judge(statement) if statement.allows else (), found)


def limited(statement: Statement, *, without: str = "") -> bool:
    """Whether a condition says which resources are meant."""
    return statement.demands(
        lambda key: (
            key != without and (key in LIMITING_KEYS or key.startswith("aws:resourcetag/") or ":resourcetag/" in key)
        )
    )


@rule(
    "SOC2-IAM-ACTION",
    "Policies allow actions one by one, without wildcards",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3"),
    severity=Severity.HIGH,
    fix="list in Statement.Action the actions that are used (CDK: a grant method, or iam.PolicyStatement(actions=...))",
    requirements=("IAM-05",),
)
def action(resource: Resource) -> Findings:
    yield from of_allows(resource, lambda statement: each(_wild_action(statement), statement.values("Action")))


def _wild_action(statement: Statement) -> Callable[[Any], list[Broken]]:
    def judge(value: Any) -> list[Broken]:
        found = f"{shown(value)} allows every action of that name, also future ones"
        return [Broken(found, at=f"{statement.at}.Action", detail=f"Action::{value}")] if has_wildcard(value) else []

    return judge


@rule(
    "SOC2-IAM-RESOURCE",
    "Policies name the resources of every action that AWS can limit to resources",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3", "C1.1"),
    severity=Severity.HIGH,
    fix="put ARNs in Statement.Resource, or a condition on the resource's tag (CDK: resource.grant_...(role))",
    requirements=("IAM-05", "IAM-06", "IAM-07"),
)
def resource_named(resource: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        def of_action(value: Any) -> list[Broken]:
            wide = (
                value.lower() not in unscoped_actions()
                and some(is_everything, statement.resources)
                and not limited(statement)
            )
            found = f"{shown(value)} is allowed on every resource, and could name one"
            return [Broken(found, at=f"{statement.at}.Resource", detail=f"Action::{value}")] if wide else []

        yield from each(of_action, statement.actions)

    yield from of_allows(resource, judge)


@rule(
    "SOC2-IAM-RESOURCE-PATTERN",
    "Wildcards in a policy's ARNs stand only for what is within a named resource",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3"),
    severity=Severity.MEDIUM,
    fix="name the resource before the first wildcard in Statement.Resource (CDK: f'{bucket.bucket_arn}/*')",
    requirements=("IAM-05",),
)
def resource_pattern(resource: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        def of_resource(value: Any) -> list[Broken]:
            wide = not is_everything(value) and not names_one(value) and not limited(statement)
            found = f"{shown(value)} covers resources that it does not name"
            return [Broken(found, at=f"{statement.at}.Resource", detail=f"Resource::{value}")] if wide else []

        yield from each(of_resource, statement.resources)

    yield from of_allows(resource, judge)


@rule(
    "SOC2-IAM-NOT",
    "No policy allows everything but what it lists",
    on=(*GRANTS, *RESOURCE_POLICIES),
    criteria=("CC6.1", "CC6.3"),
    severity=Severity.HIGH,
    fix="use Action, Resource and Principal in statements that allow; NotAction, NotResource and NotPrincipal only in "
    "those that deny",
    requirements=("IAM-05",),
)
def inverted(resource: Resource) -> Findings:
    refuse_boundaries(resource)
    found = statements(resource)
    if resource.type == "AWS::IAM::Role":
        found += statements(resource, TRUST)
    if not found:
        raise NotApplicable("it has no policy document of its own")

    def judge(statement: Statement) -> Findings:
        for element in ("NotAction", "NotResource", "NotPrincipal"):
            if statement.has(element) and statement.allows:
                yield Broken(f"{element} in an Allow lets in all the rest", at=statement.at, detail=element)

    yield from each(judge, found)
