"""The network: gateways, endpoints, addresses, flow logs."""

from collections.abc import Iterator

from costs.month import HOURS, Month, Use, measures
from costs.resource import Resource


@measures("AWS::EC2::NatGateway")
def nat(_found: Resource, month: Month) -> Iterator[Use]:
    """Every hour, and every gigabyte in either direction."""
    yield Use("vpc.nat_hour", HOURS, fixed=True)
    yield Use("vpc.nat_gb", month.usage.nat_gb)


@measures("AWS::EC2::EIP")
def address(_found: Resource, _month: Month) -> Iterator[Use]:
    """A public address, used or not."""
    yield Use("vpc.public_ipv4_hour", HOURS, fixed=True)


@measures("AWS::EC2::VPCEndpoint")
def endpoint(found: Resource, month: Month) -> Iterator[Use]:
    """An interface in every zone, every hour; gateways are free."""
    if found.get("VpcEndpointType", default="Gateway") == "Interface":
        yield Use("vpc.endpoint_hour", HOURS * max(1, len(found.get("SubnetIds", default=()))), fixed=True)
        yield Use("vpc.endpoint_gb", month.usage.endpoint_gb)


@measures("AWS::EC2::FlowLog")
def flow_log(found: Resource, month: Month) -> Iterator[Use]:
    """By where it is delivered; what it costs to keep is the log group's or the bucket's."""
    to_bucket = found.get("LogDestinationType") == "s3"
    yield Use("cloudwatch.vended_logs_s3" if to_bucket else "cloudwatch.vended_logs", month.usage.flow_log_gb)
