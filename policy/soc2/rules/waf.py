"""Web ACLs: what of a request is refused before the API sees it (SEC-01 to SEC-03)."""

from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, items, shown, some

STAGE, REST_API = "AWS::ApiGateway::Stage", "AWS::ApiGateway::RestApi"


ASSOCIATION = "AWS::WAFv2::WebACLAssociation"

GROUPS = {
    "common": ("AWSManagedRulesCommonRuleSet",),
    "known-bad-inputs": ("AWSManagedRulesKnownBadInputsRuleSet",),
    "sql-injection": ("AWSManagedRulesSQLiRuleSet",),
    "ip-reputation": ("AWSManagedRulesAmazonIpReputationList",),
}
"""Managed rule groups that every web ACL has. Another vendor's group named after OWASP counts as the common one."""


def _exists(resource: Resource, of_type: str, *path: str) -> bool:
    return some(lambda _found: True, resource.linked(of_type, *path))


@rule(
    "SOC2-API-WAF",
    "What the internet can call stands behind a web ACL",
    on=(
        STAGE,
        "AWS::AppSync::GraphQLApi",
        "AWS::CloudFront::Distribution",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ),
    criteria=("CC6.6", "CC6.8"),
    severity=Severity.HIGH,
    fix="add an AWS::WAFv2::WebACLAssociation with its ARN in ResourceArn, or WebACLId for CloudFront "
    "(CDK: CfnWebACLAssociation; Distribution(web_acl_id=...))",
    requirements=("SEC-01", "SEC-02", "SEC-03"),
)
def web_acl(resource: Resource) -> Findings:
    """What only a VPC can reach needs none."""
    if resource.type == "AWS::CloudFront::Distribution":
        associated = bool(resource.get("DistributionConfig", "WebACLId"))
    elif resource.type == STAGE:
        associated = some(lambda way: way(resource), (_associated_by_reference, _associated_by_name))
    else:
        associated = _associated_by_reference(resource)
    if associated:
        return
    if elsewhere := resource.assembly.profile.elsewhere.get(ASSOCIATION):
        raise NotApplicable(elsewhere)
    if not _is_inside(resource):
        yield Broken("no web ACL is associated with it")


def _associated_by_reference(resource: Resource) -> bool:
    return _exists(resource, ASSOCIATION, "ResourceArn")


def _associated_by_name(stage: Resource) -> bool:
    """An ARN may name the API by reference and its stage in plain words."""
    api, name = stage.assembly.target(stage.get("RestApiId"), REST_API), stage.get("StageName", default="")
    return api is not None and some(
        lambda association: str(association.get("ResourceArn")).endswith(f"/stages/{name}"),
        api.linked(ASSOCIATION, "ResourceArn"),
    )


def _is_inside(resource: Resource) -> bool:
    """Whether nothing on the internet reaches it, or it forwards packets, which no web ACL can read."""
    if resource.type == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        internal = resource.get("Scheme", default="internet-facing") == "internal"
        return bool(internal or resource.get("Type", default="application") != "application")
    if resource.type == "AWS::AppSync::GraphQLApi":
        return bool(resource.get("Visibility") == "PRIVATE")
    api = resource.assembly.target(resource.get("RestApiId"), REST_API) if resource.type == STAGE else None
    return api is not None and some(
        lambda kind: bool(kind == "PRIVATE"), items(api.get("EndpointConfiguration", "Types"))
    )


@rule(
    "SOC2-WAF-GROUPS",
    "Web ACLs block common attacks, known bad inputs, SQL injection and addresses of ill repute",
    on="AWS::WAFv2::WebACL",
    criteria=("CC6.6", "CC6.8"),
    severity=Severity.HIGH,
    fix="add the managed rule group to Rules with OverrideAction None (CDK: CfnWebACL.RuleProperty)",
    requirements=("SEC-01", "SEC-02", "SEC-03"),
)
def managed_groups(acl: Resource) -> Findings:
    """A group that only counts reports an attack and lets it in. Single rules of a group may count."""

    def judge(group: str) -> Findings:
        if not some(lambda found: _blocks_with(found, group), items(acl.get("Rules"))):
            yield Broken(f"no {group} group that blocks", at="Rules", detail=group)

    yield from each(judge, GROUPS)


def _blocks_with(found: Any, group: str) -> bool:
    managed = found.get("Statement", {}).get("ManagedRuleGroupStatement", {})
    name, vendor = str(managed.get("Name", "")), managed.get("VendorName", "AWS")
    of_another = vendor != "AWS" and group == "common" and "owasp" in name.lower()
    return (of_another or (vendor == "AWS" and name in GROUPS[group])) and "Count" not in found.get(
        "OverrideAction", {}
    )


@rule(
    "SOC2-WAF-RATE",
    "Web ACLs block addresses that send too many requests",
    on="AWS::WAFv2::WebACL",
    criteria=("CC6.6", "A1.1"),
    severity=Severity.MEDIUM,
    fix="add a rule with a RateBasedStatement and Action Block (CDK: CfnWebACL.RateBasedStatementProperty)",
    requirements=("SEC-01", "SEC-02", "SEC-03"),
)
def rate(acl: Resource) -> Findings:
    """The rule may stand in a rule group that the ACL refers to."""
    if not some(lambda found: _limits(acl, found), items(acl.get("Rules"))):
        yield Broken("no rate-based rule blocks", at="Rules")


def _limits(acl: Resource, found: Any) -> bool:
    statement = found.get("Statement", {})
    if "RateBasedStatement" in statement:
        return "Block" in found.get("Action", {})
    if "RuleGroupReferenceStatement" not in statement or "Count" in found.get("OverrideAction", {}):
        return False
    value = statement["RuleGroupReferenceStatement"].get("Arn")
    group = acl.assembly.target(value, "AWS::WAFv2::RuleGroup")
    if group is None:
        raise Undecided(f"the rule group {shown(value)} is not in the template")
    return some(
        lambda inner: "RateBasedStatement" in inner.get("Statement", {}) and "Block" in inner.get("Action", {}),
        items(group.get("Rules")),
    )


@rule(
    "SOC2-WAF-LOGS",
    "Web ACLs log what they decide",
    on="AWS::WAFv2::WebACL",
    criteria=("CC7.2", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="add an AWS::WAFv2::LoggingConfiguration with its ARN in ResourceArn (CDK: CfnLoggingConfiguration)",
    requirements=("SEC-01", "OBS-29"),
)
def web_acl_logs(acl: Resource) -> Findings:
    """An attack is reconstructed from them."""
    if not _exists(acl, "AWS::WAFv2::LoggingConfiguration", "ResourceArn"):
        yield Broken("no LoggingConfiguration names it")
