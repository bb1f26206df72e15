"""Placement: in which groups and subnets functions and databases lie (NET-01, NET-04, DATA-01)."""

from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.network import is_public
from soc2.template import Resource
from soc2.values import Undecided, is_true, items, shown, some

_CLUSTER = (("VpcSecurityGroupIds",), ())

_GROUPS = (("SecurityGroupIds",), ())

ATTACHED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "AWS::AmazonMQ::Broker": (("SecurityGroups",), ()),
    "AWS::ApiGatewayV2::VpcLink": _GROUPS,
    "AWS::CodeBuild::Project": (("VpcConfig", "SecurityGroupIds"), ("VpcConfig", "Subnets")),
    "AWS::DAX::Cluster": _GROUPS,
    "AWS::DMS::ReplicationInstance": _CLUSTER,
    "AWS::DocDB::DBCluster": _CLUSTER,
    "AWS::EC2::Instance": (("SecurityGroupIds",), ("SecurityGroupIds",)),
    "AWS::EC2::LaunchTemplate": (
        ("LaunchTemplateData", "SecurityGroupIds"),
        ("LaunchTemplateData", "SecurityGroupIds"),
    ),
    "AWS::EC2::NetworkInterface": (("GroupSet",), ()),
    "AWS::EC2::VPCEndpoint": (("SecurityGroupIds",), ("SubnetIds",)),
    "AWS::ECS::Service": (
        ("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
        ("NetworkConfiguration", "AwsvpcConfiguration", "Subnets"),
    ),
    "AWS::EFS::MountTarget": (("SecurityGroups",), ()),
    "AWS::ElastiCache::CacheCluster": _CLUSTER,
    "AWS::ElastiCache::ReplicationGroup": _GROUPS,
    "AWS::ElastiCache::ServerlessCache": _GROUPS,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (("SecurityGroups",), ("SecurityGroups",)),
    "AWS::Lambda::Function": (("VpcConfig", "SecurityGroupIds"), ("VpcConfig", "SubnetIds")),
    "AWS::MSK::Cluster": (("BrokerNodeGroupInfo", "SecurityGroups"), ()),
    "AWS::Neptune::DBCluster": _CLUSTER,
    "AWS::OpenSearchService::Domain": (("VPCOptions", "SecurityGroupIds"), ("VPCOptions", "SubnetIds")),
    "AWS::RDS::DBCluster": _CLUSTER,
    "AWS::RDS::DBInstance": (("VPCSecurityGroups",), ()),
    "AWS::RDS::DBProxy": _CLUSTER,
    "AWS::Redshift::Cluster": _CLUSTER,
    "AWS::RedshiftServerless::Workgroup": _GROUPS,
    "AWS::SageMaker::Model": (("VpcConfig", "SecurityGroupIds"), ("VpcConfig", "Subnets")),
}
"""What has a network interface: where it names its groups, and what shows that it has one (nothing: it always has)."""

EXPOSED = {
    "AWS::AmazonMQ::Broker": "false",
    "AWS::DMS::ReplicationInstance": "true",
    "AWS::Neptune::DBInstance": "false",
    "AWS::RDS::DBCluster": "true",
    "AWS::RDS::DBInstance": "true",
    "AWS::Redshift::Cluster": "false",
    "AWS::RedshiftServerless::Workgroup": "false",
}
"""What PubliclyAccessible may turn out to be where a template says nothing (RDS asks the VPC)."""

SUBNET_GROUPS = (
    "AWS::DAX::SubnetGroup",
    "AWS::DMS::ReplicationSubnetGroup",
    "AWS::DocDB::DBSubnetGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::Neptune::DBSubnetGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Redshift::ClusterSubnetGroup",
)


@rule(
    "SOC2-VPC-DEFAULT-GROUP",
    "Network interfaces have security groups of their own, not the VPC's default group",
    on=tuple(ATTACHED),
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.MEDIUM,
    fix="name a group that the template defines among the security groups (CDK: security_groups=[...])",
    requirements=("NET-04",),
)
def default_group(resource: Resource) -> Findings:
    """What names no group gets the default one, in which all members reach each other."""
    where, shows = ATTACHED[resource.type]
    if shows and not items(resource.get(*shows)):
        raise NotApplicable("it has no network interface, or its groups are named elsewhere")
    if resource.type == "AWS::RDS::DBInstance" and resource.get("DBClusterIdentifier"):
        raise NotApplicable("its cluster names the groups")
    if resource.get("VpcEndpointType") == "GatewayLoadBalancer":
        raise NotApplicable("endpoints of gateway load balancers have no groups")
    groups = items(resource.get(*where))
    if not groups:
        yield Broken("no security group is named, so it gets the VPC's default group", at=".".join(where))
    elif some(lambda group: str(group).endswith(".DefaultSecurityGroup}"), groups):
        yield Broken("it uses the VPC's default group", at=".".join(where))


@rule(
    "SOC2-DB-PRIVATE",
    "Databases and brokers have no public address",
    on=tuple(EXPOSED),
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.CRITICAL,
    fix="set PubliclyAccessible to false (CDK: publicly_accessible=False)",
    requirements=("NET-01", "DATA-01"),
)
def private_database(store: Resource) -> Findings:
    """RDS decides by the VPC's gateway when nothing is said, so it must be said."""
    if store.type == "AWS::RDS::DBCluster" and str(store.get("Engine")).startswith("aurora"):
        raise NotApplicable("each instance of the cluster says so for itself")
    if is_true(store.get("PubliclyAccessible", default=EXPOSED[store.type])):
        yield Broken(f"PubliclyAccessible is {shown(store.get('PubliclyAccessible'))}", at="PubliclyAccessible")


@rule(
    "SOC2-DB-SUBNETS",
    "Databases lie in subnets without a route to an internet gateway",
    on=SUBNET_GROUPS,
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.HIGH,
    fix="list isolated subnets in SubnetIds (CDK: SubnetSelection(subnet_type=SubnetType.PRIVATE_ISOLATED))",
    requirements=("NET-01",),
)
def database_subnets(group: Resource) -> Findings:
    """One public subnet suffices: the next failover may move the database there."""

    def judge(value: Any) -> Findings:
        subnet = group.assembly.target(value, "AWS::EC2::Subnet")
        if subnet is None:
            raise Undecided(f"the subnet {shown(value)} is not in the template")
        if is_public(subnet):
            yield Broken(f"{subnet.logical_id} has a route to an internet gateway", detail=subnet.logical_id)

    yield from each(judge, items(group.get("SubnetIds")))
