"""Web ACL capacity units (WCU): what a template's rules use of what an ACL may hold.

AWS refuses an ACL over 5,000, and bills one over 1,500 extra for each request. The figures are AWS's published ones
(WAF Developer Guide, the pages of each rule statement and of each managed group, read 2026-11); `CheckCapacity` of
WAF's API is what counts.
"""

from collections.abc import Mapping

from alex.edge.acl import Acl, AclError, Json

INCLUDED, MOST = 1_500, 5_000
GROUPS: Mapping[str, int] = {
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesBotControlRuleSet": 50,
}
"""Managed groups; bot control at its common level."""

BASE: Mapping[str, int] = {
    "IPSetReferenceStatement": 1,
    "LabelMatchStatement": 1,
    "SizeConstraintStatement": 1,
    "RegexMatchStatement": 3,
    "RateBasedStatement": 2,
}
BYTES: Mapping[str, int] = {"EXACTLY": 2, "STARTS_WITH": 2, "ENDS_WITH": 2, "CONTAINS": 10, "CONTAINS_WORD": 10}
TRANSFORMATION = 10
"""Each text transformation; NONE is none."""


def units(acl: Acl) -> dict[str, int]:
    """Units by rule, in the rules' order.

    :raises AclError: a statement whose figure is not known here.
    """
    return {rule.name: _units(acl.name, rule.statement) for rule in acl.rules}


def _units(acl: str, statement: Json) -> int:
    (kind, detail) = next(iter(statement.items()))
    if kind in {"AndStatement", "OrStatement"}:
        return sum(_units(acl, one) for one in detail["Statements"])
    if kind == "NotStatement":
        return _units(acl, detail["Statement"])
    only = _units(acl, detail["ScopeDownStatement"]) if detail.get("ScopeDownStatement") else 0
    if kind == "ManagedRuleGroupStatement" and detail["Name"] in GROUPS:
        return GROUPS[detail["Name"]] + only
    if kind == "ByteMatchStatement":
        base = BYTES[detail["PositionalConstraint"]]
    elif kind in BASE:
        base = BASE[kind]
    else:
        raise AclError(f"{acl}: nothing is known here about the capacity of {detail.get('Name', kind)}")
    steps = [step for step in detail.get("TextTransformations", ()) if step["Type"] != "NONE"]
    return base + only + TRANSFORMATION * len(steps)
