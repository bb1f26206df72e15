"""Network ACLs: the stateless second layer of each subnet tier (NET-05).

Decision: a tier's ACL says which tier may talk to it, on which port; everything else is refused, in both directions.
Traffic to the VPC's DNS and to instance metadata never passes an ACL. ``EPHEMERAL`` lets answers come back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

ANYWHERE = "0.0.0.0/0"
EPHEMERAL = (1024, 65535)
HTTPS = (443, 443)
POSTGRESQL = (5432, 5432)


class Tier(StrEnum):
    """A tier of subnets: web, application, data, models."""

    PUBLIC = "public"
    PRIVATE = "private"
    ISOLATED = "isolated"
    AI = "ai"


@dataclass(frozen=True)
class Pass:
    """TCP traffic that an ACL lets through: the other side's addresses, and the destination ports."""

    peers: tuple[str, ...]
    ports: tuple[int, int]


def protect_tiers(scope: Construct, *, vpc: ec2.Vpc, cidr: str) -> None:
    """Give each tier of ``vpc`` its ACL."""
    cidrs = {tier: tuple(s.ipv4_cidr_block for s in _subnets(vpc, tier)) for tier in Tier}
    anywhere, inside, application = (ANYWHERE,), (cidr,), cidrs[Tier.PRIVATE]
    inbound = {
        Tier.PUBLIC: (Pass(anywhere, HTTPS), Pass(anywhere, EPHEMERAL)),
        Tier.PRIVATE: (Pass(inside, HTTPS), Pass(anywhere, EPHEMERAL)),
        Tier.ISOLATED: (Pass(application, POSTGRESQL),),
        Tier.AI: (Pass(application, HTTPS), Pass(anywhere, EPHEMERAL)),
    }
    outbound = {
        Tier.PUBLIC: (Pass(anywhere, HTTPS), Pass(anywhere, EPHEMERAL)),
        Tier.PRIVATE: (Pass(anywhere, HTTPS), Pass(cidrs[Tier.ISOLATED], POSTGRESQL), Pass(inside, EPHEMERAL)),
        Tier.ISOLATED: (Pass(application, EPHEMERAL),),
        Tier.AI: (Pass(anywhere, HTTPS), Pass(inside, EPHEMERAL)),
    }
    for tier in Tier:
        acl = ec2.NetworkAcl(
            scope, f"{tier.value.title()}Acl", vpc=vpc, subnet_selection=ec2.SubnetSelection(subnet_group_name=tier)
        )
        _entries(acl, "In", ec2.TrafficDirection.INGRESS, inbound[tier])
        _entries(acl, "Out", ec2.TrafficDirection.EGRESS, outbound[tier])


def _subnets(vpc: ec2.Vpc, tier: Tier) -> list[ec2.ISubnet]:
    return vpc.select_subnets(subnet_group_name=tier).subnets


def _entries(acl: ec2.NetworkAcl, prefix: str, direction: ec2.TrafficDirection, passes: Iterable[Pass]) -> None:
    rules = [(peer, rule.ports) for rule in passes for peer in rule.peers]
    for number, (peer, (low, high)) in enumerate(rules, start=1):
        acl.add_entry(
            f"{prefix}{number}",
            cidr=ec2.AclCidr.ipv4(peer),
            rule_number=number * 100,
            traffic=ec2.AclTraffic.tcp_port_range(low, high),
            direction=direction,
            rule_action=ec2.Action.ALLOW,
        )
