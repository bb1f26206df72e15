"""What can open a connection to what, computed from templates alone: routes, security groups, network ACLs (NET-04,
NET-05).

Decision: a connection needs a route, egress of the source, ingress of the destination, both ACLs on the way there, and
both ACLs on the way back to any ephemeral port. Gateways of AWS's own (endpoints' and databases' interfaces) count as
hosts in their subnets. What this cannot see: endpoint policies, IAM, and anything outside the templates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

Template = Mapping[str, Any]
EPHEMERAL_SAMPLES = (1024, 32768, 65535)
INTERNET_ADDRESS = IPv4Address("198.51.100.7")
"""An address for documentation: stands for any host of the internet."""


@dataclass(frozen=True)
class Rule:
    """One allowed flow: ports, and the other side as addresses or as a security group."""

    low: int
    high: int
    network: IPv4Network | None = None
    group: str | None = None
    allows: bool = True

    def admits(self, port: int, address: IPv4Address, groups: Iterable[str]) -> bool:
        """Whether traffic on ``port`` with a peer at ``address`` in ``groups`` fits."""
        if not self.low <= port <= self.high:
            return False
        return address in self.network if self.network else self.group in tuple(groups)


@dataclass
class Subnet:
    """A subnet with what its route table and its ACL let through."""

    name: str
    network: IPv4Network
    tier: str
    routes: dict[str, str] = field(default_factory=dict)
    acl_in: list[Rule] = field(default_factory=list)
    acl_out: list[Rule] = field(default_factory=list)

    @property
    def address(self) -> IPv4Address:
        """An address for a host in it."""
        return self.network[10]


@dataclass(frozen=True)
class Host:
    """Something with a network interface: in which subnets, in which security groups. No subnet: on the internet."""

    name: str
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


INTERNET = Host("the internet")


class Reachability:
    """The network of a stage's templates (stack name -> template)."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._exports = {
            output["Export"]["Name"]: output["Value"]
            for template in templates.values()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        self._resources = [item for t in templates.values() for item in t["Resources"].items()]
        self.subnets: dict[str, Subnet] = {}
        self.ingress: dict[str, list[Rule]] = {}
        self.egress: dict[str, list[Rule]] = {}
        self._read_subnets()
        self._read_groups()

    def hosts(self, resource_type: str) -> list[Host]:
        """Hosts of a type: ``AWS::Lambda::Function``, ``AWS::EC2::VPCEndpoint`` or ``AWS::RDS::DBCluster``."""
        return [
            host
            for key, r in self._resources
            if r["Type"] == resource_type and (host := self._host(key, r["Properties"]))
        ]

    def connects(self, source: Host, destination: Host, port: int) -> bool:
        """Whether ``source`` can open a TCP connection to ``destination``, from some subnet of the one to some of the
        other."""
        starts = self._of_host(source)
        ends = self._of_host(destination)
        return any(self._connects(source, start, destination, end, port) for start in starts for end in ends)

    def _of_host(self, host: Host) -> Sequence[Subnet | None]:
        return [self.subnets[name] for name in host.subnets] or [None]

    def _connects(self, source: Host, start: Subnet | None, destination: Host, end: Subnet | None, port: int) -> bool:
        here = start.address if start else INTERNET_ADDRESS
        there = end.address if end else INTERNET_ADDRESS
        if start is None and end is None:
            return False
        if end is None and (start is None or "0.0.0.0/0" not in start.routes):
            return False
        if start is None and (end is None or end.routes.get("0.0.0.0/0") != "internet"):
            return False
        leaves = start is None or _any(self.egress, source.groups, port, there, destination.groups)
        enters = end is None or _any(self.ingress, destination.groups, port, here, source.groups)
        go = (start is None or _acl(start.acl_out, (port,), there)) and (end is None or _acl(end.acl_in, (port,), here))
        back = (end is None or _acl(end.acl_out, EPHEMERAL_SAMPLES, here)) and (
            start is None or _acl(start.acl_in, EPHEMERAL_SAMPLES, there)
        )
        return leaves and enters and go and back

    def _host(self, key: str, properties: Template) -> Host | None:
        placement = properties.get("VpcConfig", properties)
        groups = placement.get("SecurityGroupIds") or placement.get("VpcSecurityGroupIds") or ()
        subnets = placement.get("SubnetIds") or self._subnet_group(properties)
        if not groups or not subnets:
            return None
        return Host(key, tuple(map(self._id, subnets)), tuple(map(self._id, groups)))

    def _subnet_group(self, properties: Template) -> list[Any]:
        wanted = self._id(properties.get("DBSubnetGroupName", ""))
        return next((r["Properties"]["SubnetIds"] for key, r in self._resources if key == wanted), [])

    def _id(self, value: Any) -> str:
        """Logical id that a reference leads to."""
        if isinstance(value, Mapping):
            if "Ref" in value:
                return str(value["Ref"])
            if "Fn::GetAtt" in value:
                return str(value["Fn::GetAtt"][0])
            if "Fn::ImportValue" in value:
                return self._id(self._exports[value["Fn::ImportValue"]])
        return str(value)

    def _of_type(self, resource_type: str) -> list[tuple[str, Template]]:
        return [(key, r["Properties"]) for key, r in self._resources if r["Type"] == resource_type]

    def _read_subnets(self) -> None:
        for key, p in self._of_type("AWS::EC2::Subnet"):
            tags = {tag["Key"]: tag["Value"] for tag in p["Tags"]}
            self.subnets[key] = Subnet(key, _network(p["CidrBlock"]), tags.get("aws-cdk:subnet-name", ""))
        tables = {
            self._id(p["SubnetId"]): self._id(p["RouteTableId"])
            for _, p in self._of_type("AWS::EC2::SubnetRouteTableAssociation")
        }
        acls = {
            self._id(p["SubnetId"]): self._id(p["NetworkAclId"])
            for _, p in self._of_type("AWS::EC2::SubnetNetworkAclAssociation")
        }
        for subnet in self.subnets.values():
            for _, p in self._of_type("AWS::EC2::Route"):
                if self._id(p["RouteTableId"]) == tables[subnet.name] and "DestinationCidrBlock" in p:
                    subnet.routes[p["DestinationCidrBlock"]] = "internet" if "GatewayId" in p else "nat"
            entries = [
                p
                for _, p in self._of_type("AWS::EC2::NetworkAclEntry")
                if self._id(p["NetworkAclId"]) == acls.get(subnet.name)
            ]
            for p in sorted(entries, key=lambda entry: int(entry["RuleNumber"])):
                if p["Protocol"] in (-1, 6):
                    ports = p.get("PortRange", {"From": 0, "To": 65535})
                    rule = Rule(ports["From"], ports["To"], _network(p["CidrBlock"]), allows=p["RuleAction"] == "allow")
                    (subnet.acl_out if p.get("Egress") else subnet.acl_in).append(rule)

    def _read_groups(self) -> None:
        for key, p in self._of_type("AWS::EC2::SecurityGroup"):
            self.ingress[key] = [self._rule(r, "SourceSecurityGroupId") for r in p.get("SecurityGroupIngress", ())]
            self.egress[key] = [self._rule(r, "DestinationSecurityGroupId") for r in p.get("SecurityGroupEgress", ())]
        for _, p in self._of_type("AWS::EC2::SecurityGroupIngress"):
            self.ingress[self._id(p["GroupId"])].append(self._rule(p, "SourceSecurityGroupId"))
        for _, p in self._of_type("AWS::EC2::SecurityGroupEgress"):
            self.egress[self._id(p["GroupId"])].append(self._rule(p, "DestinationSecurityGroupId"))

    def _rule(self, rule: Template, peer: str) -> Rule:
        everything = rule["IpProtocol"] in ("-1", -1)
        low, high = (0, 65535) if everything else (rule["FromPort"], rule["ToPort"])
        if rule["IpProtocol"] == "icmp":
            low, high = 1, 0  # CDK's "nothing": no TCP port at all
        if "CidrIp" in rule:
            return Rule(low, high, network=_network(rule["CidrIp"]))
        return Rule(low, high, group=self._id(rule[peer]))


def _network(cidr: str) -> IPv4Network:
    network = ip_network(cidr)
    assert isinstance(network, IPv4Network)
    return network


def _any(
    rules: Mapping[str, list[Rule]], groups: Iterable[str], port: int, peer: IPv4Address, peers: Iterable[str]
) -> bool:
    return any(rule.admits(port, peer, tuple(peers)) for group in groups for rule in rules[group])


def _acl(rules: Iterable[Rule], ports: Iterable[int], peer: IPv4Address) -> bool:
    """The first entry that fits decides; none: refused."""
    entries = tuple(rules)
    return all(next((rule.allows for rule in entries if rule.admits(port, peer, ())), False) for port in ports)
