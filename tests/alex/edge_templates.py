"""Templates with one web ACL, in few words."""

from typing import Any

from alex.edge import acl as acls
from alex.edge import replay
from alex.edge.requests import Request

NONE = [{"Priority": 0, "Type": "NONE"}]
AGENT = {"user-agent": "Mozilla/5.0"}
SQLI = "AWSManagedRulesSQLiRuleSet"


def rule(name: str, statement: dict[str, Any], action: str = "Block", **others: Any) -> dict[str, Any]:
    return {"Name": name, "Statement": statement, "Action": {action: {}}, **others}


def group(name: str, override: str = "None", **others: Any) -> dict[str, Any]:
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name, **others}}
    return {"Name": name, "Statement": statement, "OverrideAction": {override: {}}}


def field(kind: str = "Body", **detail: Any) -> dict[str, Any]:
    return {"FieldToMatch": {kind: detail}, "TextTransformations": NONE}


def template(*rules: dict[str, Any], name: str = "alex-prod-api", **properties: Any) -> dict[str, Any]:
    """A template with one ACL, its rules in this order, and two sets of addresses."""
    numbered = [{"Priority": number, **one} for number, one in enumerate(rules)]
    acl = {"Name": name, "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "Rules": numbered, **properties}
    return {
        "Resources": {
            "Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": acl},
            "V4": {"Type": "AWS::WAFv2::IPSet", "Properties": {"Addresses": ["203.0.113.0/24"]}},
            "V6": {"Type": "AWS::WAFv2::IPSet", "Properties": {"Addresses": ["2001:db8:51::/48"]}},
        }
    }


def from_set(name: str) -> dict[str, Any]:
    return {"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": [name, "Arn"]}}}


def judged(made: dict[str, Any], **sent: Any) -> replay.Outcome:
    """What becomes of one line."""
    given = {"id": "x", "ip": "198.51.100.7", "path": "/api/accounts", "headers": AGENT, **sent}
    (outcome,) = replay.replay(acls.acls(made)[0], [Request.model_validate(given)])
    return outcome


def blocked(statement: dict[str, Any], **sent: Any) -> bool:
    return judged(template(rule("R", statement)), **sent).verdict == "block"


def limited(limit: int = 10, seconds: int = 60, only: dict[str, Any] | None = None) -> dict[str, Any]:
    scope = {"ScopeDownStatement": only} if only else {}
    rate = {"Limit": limit, "EvaluationWindowSec": seconds, "AggregateKeyType": "IP", **scope}
    return {"RateBasedStatement": rate}
