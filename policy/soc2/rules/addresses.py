"""Addresses: from where security groups and network ACLs admit (NET-04, NET-05)."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

from soc2.assembly import Assembly
from soc2.reading import each
from soc2.rule import Broken, Findings, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, number, references_of, shown, some

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE = tuple(
    ipaddress.ip_network(cidr)
    for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7")
)
"""RFC 1918, carrier-grade addresses (which VPCs may use), loopback and unique local addresses."""

ADMIN_PORTS = {
    22: "SSH",
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
    5439: "Redshift",
    6379: "Redis",
    8182: "Neptune",
    9042: "Cassandra",
    9200: "OpenSearch",
    11211: "Memcached",
    27017: "MongoDB",
}
"""Ports of remote administration and of databases."""

BALANCERS = ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancing::LoadBalancer")


def _entries(subject: Resource) -> list[Any]:
    """Ingress rules: those inside a group, or the one that is a resource of its own."""
    if subject.type == "AWS::EC2::SecurityGroup":
        return items(subject.get("SecurityGroupIngress"))
    return [subject.properties]


def _sources(entry: Any, assembly: Assembly) -> Iterator[Any]:
    for name in ("CidrIp", "CidrIpv6"):
        if name in entry:
            yield entry[name]
    if "SourcePrefixListId" in entry:
        value = entry["SourcePrefixListId"]
        prefixes = assembly.target(value, "AWS::EC2::PrefixList")
        if prefixes is None:
            raise Undecided(f"the prefix list {shown(value)} is not in the template")
        yield from (listed.get("Cidr") for listed in items(prefixes.get("Entries")))


def _public(cidr: Any, assembly: Assembly) -> Network | None:
    """``cidr`` as a network unless it is private. A VPC's own range, by reference, is private."""
    if assembly.target(cidr, "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::VPCCidrBlock"):
        return None
    try:
        network = ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        raise Undecided(f"{shown(cidr)} is known after deployment only") from None
    inside = any(network.version == own.version and network.subnet_of(own) for own in PRIVATE)  # type: ignore[arg-type]
    return None if inside else network


def _is_everywhere(cidr: Any, assembly: Assembly) -> bool:
    """Two halves or a few large blocks make the whole internet, too, so the limit is not length zero."""
    network = _public(cidr, assembly)
    return network is not None and network.prefixlen < 8


def _protocol(entry: Any) -> str:
    name = str(entry.get("IpProtocol", "-1")).lower()
    return {"6": "tcp", "17": "udp", "all": "-1"}.get(name, name)


def _ports(entry: Any) -> range:
    """The ports that a rule opens; those of ICMP's kind are none."""
    protocol = _protocol(entry)
    if protocol == "-1":
        return range(65536)
    if protocol not in ("tcp", "udp"):
        return range(0)
    first, last = int(number(entry.get("FromPort"))), int(number(entry.get("ToPort"), default=65535))
    return range(max(first, 0), (65535 if last < 0 else last) + 1)


def _is_web(entry: Any) -> bool:
    return _protocol(entry) == "tcp" and _ports(entry) in (range(80, 81), range(443, 444))


def _belongs_to_balancer(subject: Resource) -> bool:
    group: Resource | None = subject
    if subject.type != "AWS::EC2::SecurityGroup":
        value = subject.get("GroupId")
        group = subject.assembly.target(value, "AWS::EC2::SecurityGroup")
        if group is None and not references_of(value):
            raise Undecided(f"the group {shown(value)} is not in the template")
    return group is not None and some(
        lambda kind: some(lambda _balancer: True, group.linked(kind, "SecurityGroups")), BALANCERS
    )


@rule(
    "SOC2-VPC-INGRESS",
    "Security groups admit nobody from the whole internet, except to a load balancer's web ports",
    on=("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.HIGH,
    fix="name a peer group in SourceSecurityGroupId instead of CidrIp (CDK: connections.allow_from(peer, port))",
    requirements=("NET-04",),
)
def ingress(subject: Resource) -> Findings:
    """Only TCP 80 or 443, to a group that a load balancer has, may be open."""

    def judge(entry: Any) -> Findings:
        if not some(lambda cidr: _is_everywhere(cidr, subject.assembly), _sources(entry, subject.assembly)):
            return
        if not (_is_web(entry) and _belongs_to_balancer(subject)):
            ports = f"{entry.get('FromPort', 'all')}-{entry.get('ToPort', 'all')}"
            yield Broken(f"{_protocol(entry)} {ports} is open to the internet", detail=f"{_protocol(entry)}:{ports}")

    yield from each(judge, _entries(subject))


@rule(
    "SOC2-VPC-ADMIN-PORTS",
    "Security groups admit to ports of administration and databases from private networks only",
    on=("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.CRITICAL,
    fix="name a peer group in SourceSecurityGroupId, and administer through Session Manager "
    "(CDK: connections.allow_from(peer, port))",
    requirements=("NET-04", "IAM-07"),
)
def admin_ports(subject: Resource) -> Findings:
    """A single public address counts as well: it is whose it is today."""

    def judge(entry: Any) -> Findings:
        open_ports = [f"{port} ({name})" for port, name in ADMIN_PORTS.items() if port in _ports(entry)]
        if open_ports:
            yield from each(lambda cidr: of(cidr, open_ports), _sources(entry, subject.assembly))

    def of(cidr: Any, open_ports: list[str]) -> Findings:
        network = _public(cidr, subject.assembly)
        if network is not None:
            shown_ports = ", ".join(open_ports[:4]) + (" and more" if len(open_ports) > 4 else "")
            yield Broken(f"{network} reaches {shown_ports}", detail=f"{network}:{open_ports[0].split()[0]}")

    yield from each(judge, _entries(subject))


@rule(
    "SOC2-NACL",
    "Subnets have a network ACL of their own, which does not admit everything from everywhere",
    on=("AWS::EC2::Subnet", "AWS::EC2::NetworkAclEntry"),
    criteria=("CC6.6",),
    severity=Severity.LOW,
    fix="associate an AWS::EC2::NetworkAcl that admits named ports (CDK: NetworkAcl(..., subnet_selection=...))",
    requirements=("NET-05",),
)
def network_acl(subject: Resource) -> Findings:
    """The VPC's default ACL admits everything."""
    if subject.type == "AWS::EC2::Subnet":
        if not some(_is_own_acl, subject.linked("AWS::EC2::SubnetNetworkAclAssociation", "SubnetId")):
            yield Broken("it has the VPC's default network ACL")
        return
    cidrs = [subject.get(name) for name in ("CidrBlock", "Ipv6CidrBlock") if subject.get(name, default="") != ""]
    tests: tuple[Callable[[], bool], ...] = (
        lambda: not is_true(subject.get("Egress")),
        lambda: str(subject.get("RuleAction")).lower() == "allow",
        lambda: number(subject.get("Protocol")) == -1,
        lambda: some(lambda cidr: _is_everywhere(cidr, subject.assembly), cidrs),
    )
    if every(lambda test: test(), tests):
        yield Broken("it admits all protocols from everywhere", at="Protocol")


def _is_own_acl(association: Resource) -> bool:
    return not str(association.get("NetworkAclId")).endswith(".DefaultNetworkAcl}")
