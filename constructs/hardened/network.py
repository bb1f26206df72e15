"""The VPC: four tiers of subnets over named zones, logged, without a way in (NET-01, NET-02, NET-05, NET-06).

Decision: functions live in the private tier and leave through endpoints or NAT on port 443 only; the database lives in
the isolated tier and admits one security group; the AI tier reaches AWS services through endpoints alone. The VPC's
default security group is used by nothing: closing it needs a custom resource, so an AWS Config rule watches it instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.grants import for_this_account
from hardened.log_groups import LogClass, of_class
from hardened.tiers import Tier, protect_tiers

DATABASE_PORT = 5432


@dataclass(frozen=True)
class FunctionNetwork:
    """Where a function runs: VPC, subnets and security groups."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_groups: tuple[ec2.ISecurityGroup, ...]


class Network(Construct):
    """The stage's VPC.

    :param cidr: address range, /16 to /19.
    :param zones: availability zones, by name.
    :param nat_gateways: 0 cuts the private tier off from the internet.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cidr: str, zones: Sequence[str], nat_gateways: int
    ) -> None:
        super().__init__(scope, construct_id)
        private = ec2.SubnetType.PRIVATE_WITH_EGRESS if nat_gateways else ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=list(zones),
            nat_gateways=nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                _tier(Tier.PUBLIC, ec2.SubnetType.PUBLIC, 24),
                _tier(Tier.PRIVATE, private, 22),
                _tier(Tier.ISOLATED, ec2.SubnetType.PRIVATE_ISOLATED, 24),
                _tier(Tier.AI, ec2.SubnetType.PRIVATE_ISOLATED, 23),
            ],
        )
        self.public = ec2.SubnetSelection(subnet_group_name=Tier.PUBLIC)
        self.functions = ec2.SubnetSelection(subnet_group_name=Tier.PRIVATE)
        self.database = ec2.SubnetSelection(subnet_group_name=Tier.ISOLATED)
        self.ai = ec2.SubnetSelection(subnet_group_name=Tier.AI)
        protect_tiers(self, vpc=self.vpc, cidr=cidr)
        self.functions_security_group = self._group("Functions", "Functions: HTTPS to endpoints and providers")
        self.functions_security_group.add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS to endpoints and providers"
        )
        self.database_clients_security_group = self._group(
            "DatabaseClients", "Password rotation: the only PostgreSQL client"
        )
        self.database_security_group = self._group("Database", "Database: PostgreSQL from password rotation only")
        self.database_clients_security_group.connections.allow_to(
            self.database_security_group, ec2.Port.tcp(DATABASE_PORT), "PostgreSQL for password rotation"
        )
        self._acknowledge()

    def placement(self, *, in_vpc: bool = True) -> FunctionNetwork | None:
        """Where an ordinary function runs; None when the environment keeps its functions outside the VPC (NET-10)."""
        return FunctionNetwork(self.vpc, self.functions, (self.functions_security_group,)) if in_vpc else None

    def database_client_placement(self) -> FunctionNetwork:
        """Where a function runs that opens a PostgreSQL connection: always inside."""
        groups = (self.functions_security_group, self.database_clients_security_group)
        return FunctionNetwork(self.vpc, self.functions, groups)

    def log_flows(self, *, archive: s3.IBucket) -> None:
        """Record accepted and rejected traffic in a log group and in the archive (NET-06)."""
        group = of_class(logs.LogGroup(self, "FlowLogs"), LogClass.FLOW)
        writer = iam.Role(self, "FlowLogsWriter", assumed_by=for_this_account("vpc-flow-logs.amazonaws.com"))
        every_minute = ec2.FlowLogMaxAggregationInterval.ONE_MINUTE
        self.vpc.add_flow_log(
            "Searchable",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, writer),
            max_aggregation_interval=every_minute,
        )
        self.vpc.add_flow_log(
            "Archived",
            destination=ec2.FlowLogDestination.to_s3(archive, "flow-logs"),
            max_aggregation_interval=every_minute,
        )

    def _group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _acknowledge(self) -> None:
        acknowledge(
            self.vpc,
            rule="NIST.800.53.R5::NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
            reason="CloudFormation cannot close the group, and a function with rights over security groups would be "
            "worse; nothing uses the group (a test reads every network interface's groups) and an AWS Config rule "
            "watches it.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-16",
            mitigated_by="nothing uses the group, which a test proves, and an AWS Config rule watches it",
        )
        for subnet in self.vpc.public_subnets:
            route = subnet.node.find_child("DefaultRoute")
            acknowledge(
                route,
                rule="NIST.800.53.R5::NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
                reason="The public tier holds NAT gateways (and later load balancers) only; no function or database "
                "has a public subnet.",
                owner="security",
                expires=date(2027, 6, 30),
                ticket="RISK-17",
                mitigated_by="no function or database has a public subnet, which a test proves",
            )


def _tier(tier: Tier, subnet_type: ec2.SubnetType, mask: int) -> ec2.SubnetConfiguration:
    public = {"map_public_ip_on_launch": False} if tier is Tier.PUBLIC else {}
    return ec2.SubnetConfiguration(name=tier.value, subnet_type=subnet_type, cidr_mask=mask, **public)
