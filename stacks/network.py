"""The VPC with its tiers, endpoints and flow logs (SYS-02)."""

from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened import Endpoints, Network
from settings import Settings
from stacks.base import PlatformStack


class NetworkStack(PlatformStack):
    """Where functions and the database live; ``network`` gives the placements."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, log_archive: s3.IBucket) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: network")
        chosen = settings.network
        self.network = Network(
            self, "Network", cidr=chosen.cidr, zones=chosen.availability_zones, nat_gateways=chosen.nat_gateways
        )
        self.endpoints = Endpoints(self, "Endpoints", network=self.network, choice=chosen.interface_endpoints)
        self.network.log_flows(archive=log_archive)
