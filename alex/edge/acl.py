"""A web ACL as a template states it: rules in their order, address sets resolved.

What this does not know it refuses: a statement that was silently passed over would make a replay say that nothing is
blocked, or that everything is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal

Json = Mapping[str, Any]
ACL, IP_SET = "AWS::WAFv2::WebACL", "AWS::WAFv2::IPSet"
Action = Literal["block", "count", "allow"]
Network = IPv4Network | IPv6Network
BY_DEFAULT_KB = 16
"""So much of a body API Gateway and CloudFront hand over when the ACL says nothing."""


class AclError(Exception):
    """The template's ACL is not one that can be judged here; the text names rule and reason."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    :param action: what a match leads to; for a group, ``count`` when all its rules only count, otherwise ``block``.
    :param status: of the answer to who is blocked.
    """

    name: str
    statement: Json
    action: Action
    labels: tuple[str, ...] = ()
    status: int = 403


@dataclass(frozen=True)
class Acl:
    """A web ACL.

    :param sets: addresses by the logical id of their set.
    """

    name: str
    scope: str
    rules: tuple[Rule, ...]
    sets: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    inspected_bytes: int = BY_DEFAULT_KB * 1024

    def rule(self, name: str) -> Rule | None:
        """The rule of that name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def addresses(self, reference: Json) -> tuple[Network, ...]:
        """What an IP set reference names.

        :raises AclError: the set is not in the template.
        """
        arn = reference.get("Arn")
        name = arn.get("Fn::GetAtt", ("",))[0] if isinstance(arn, Mapping) else ""
        if name not in self.sets:
            raise AclError(f"{self.name}: the address set {arn} is not in the template")
        return self.sets[name]


def acls(template: Json) -> list[Acl]:
    """The web ACLs of a CloudFormation template."""
    resources = {key: r.get("Properties", {}) for key, r in template.get("Resources", {}).items()}
    types = {key: r["Type"] for key, r in template.get("Resources", {}).items()}
    sets = {
        key: tuple(ip_network(address) for address in resources[key].get("Addresses", ()))
        for key, kind in types.items()
        if kind == IP_SET
    }
    return [_acl(key, resources[key], sets) for key, kind in types.items() if kind == ACL]


def _acl(key: str, properties: Json, sets: Mapping[str, tuple[Network, ...]]) -> Acl:
    name = str(properties.get("Name", key))
    if "Allow" not in properties["DefaultAction"]:
        raise AclError(f"{name}: its default is not to allow")
    read = properties.get("AssociationConfig", {}).get("RequestBody", {})
    sizes = {int(one["DefaultSizeInspectionLimit"].removeprefix("KB_")) for one in read.values()} or {BY_DEFAULT_KB}
    return Acl(
        name=name,
        scope=properties["Scope"],
        rules=tuple(_rule(name, rule) for rule in sorted(properties["Rules"], key=lambda rule: int(rule["Priority"]))),
        sets=sets,
        inspected_bytes=min(sizes) * 1024,
    )


def _rule(acl: str, rule: Json) -> Rule:
    stated = rule.get("OverrideAction") or rule.get("Action") or {}
    actions: dict[str, Action] = {"Count": "count", "None": "block", "Block": "block", "Allow": "allow"}
    kind = next(iter(stated), "")
    if kind not in actions:
        raise AclError(f"{acl}, rule {rule['Name']}: the action {kind or 'nothing'} is not known here")
    return Rule(
        name=rule["Name"],
        statement=rule["Statement"],
        action=actions[kind],
        labels=tuple(label["Name"] for label in rule.get("RuleLabels", ())),
        status=stated.get("Block", {}).get("CustomResponse", {}).get("ResponseCode", 403),
    )
