"""Networks: what leads in and out, and what is recorded of it (NET-01, NET-03, NET-06, NET-10)."""

import json
from typing import Any, TypeVar

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, is_true, items, shown, some

Item = TypeVar("Item")

SERVICES = ("s3", "dynamodb", "secretsmanager", "kms", "logs")

WITHOUT_POLICY = ("email-smtp", "transfer.server", "appmesh-envoy-management")
"""AWS services whose endpoints take no policy."""

_PERIMETER = ("aws:principal", "aws:resource", "aws:source", "s3:resourceaccount", "s3:dataaccesspointaccount")


def is_public(subnet: Resource) -> bool:
    """Whether one of its route tables leads to an internet gateway."""
    return some(_leads_out, subnet.linked("AWS::EC2::SubnetRouteTableAssociation", "SubnetId"))


def _leads_out(association: Resource) -> bool:
    value = association.get("RouteTableId")
    table = association.assembly.target(value, "AWS::EC2::RouteTable")
    if table is None:
        raise Undecided(f"the route table {shown(value)} is not in the template")
    return some(_is_to_the_internet, table.linked("AWS::EC2::Route", "RouteTableId"))


def _is_to_the_internet(route: Resource) -> bool:
    gateway = route.get("GatewayId", default="")
    return route.assembly.target(gateway, "AWS::EC2::InternetGateway") is not None or str(gateway).startswith("igw-")


@rule(
    "SOC2-VPC-FLOWLOGS",
    "VPCs record all their traffic",
    on="AWS::EC2::VPC",
    criteria=("CC6.6", "CC7.2"),
    severity=Severity.HIGH,
    fix="add an AWS::EC2::FlowLog with TrafficType ALL (CDK: add_flow_log(traffic_type=FlowLogTrafficType.ALL))",
    requirements=("NET-06",),
)
def flow_logs(vpc: Resource) -> Findings:
    """Rejected traffic alone tells nothing of an intruder who got in."""
    if not some(lambda log: bool(log.get("TrafficType") == "ALL"), vpc.linked("AWS::EC2::FlowLog", "ResourceId")):
        yield Broken("no flow log of ALL its traffic")


@rule(
    "SOC2-VPC-ENDPOINTS",
    "Private subnets reach AWS's services without the internet",
    on="AWS::EC2::VPC",
    criteria=("CC6.6", "CC6.7", "C1.1"),
    severity=Severity.MEDIUM,
    fix="add an AWS::EC2::VPCEndpoint for the service, interface endpoints with PrivateDnsEnabled "
    "(CDK: vpc.add_gateway_endpoint, vpc.add_interface_endpoint)",
    requirements=("NET-03",),
)
def endpoints(vpc: Resource) -> Findings:
    """An interface endpoint without private names is passed by: clients ask for the public name."""
    if elsewhere := vpc.assembly.profile.elsewhere.get("AWS::EC2::VPCEndpoint"):
        raise NotApplicable(elsewhere)
    if not some(lambda subnet: not is_public(subnet), vpc.linked("AWS::EC2::Subnet", "VpcId")):
        raise NotApplicable("no private subnet of it is in the templates")

    def judge(service: str) -> Findings:
        if not some(lambda endpoint: _serves(endpoint, service), vpc.linked("AWS::EC2::VPCEndpoint", "VpcId")):
            yield Broken(f"no endpoint for {service}", detail=service)

    yield from each(judge, SERVICES)


def _service(endpoint: Resource) -> str:
    return str(endpoint.get("ServiceName", default="")).removesuffix("-fips")


def _serves(endpoint: Resource, service: str) -> bool:
    if not _service(endpoint).endswith(f".{service}"):
        return False
    return endpoint.get("VpcEndpointType", default="Gateway") == "Gateway" or is_true(endpoint.get("PrivateDnsEnabled"))


@rule(
    "SOC2-ENDPOINT-POLICY",
    "Endpoints' policies do not allow everything to everybody",
    on="AWS::EC2::VPCEndpoint",
    criteria=("CC6.1", "CC6.6", "C1.1", "P6.1"),
    severity=Severity.MEDIUM,
    fix="set PolicyDocument with a condition on aws:PrincipalAccount, aws:PrincipalOrgID or aws:ResourceOrgID "
    "(CDK: endpoint.add_to_policy)",
    requirements=("NET-03", "IAM-05"),
)
def endpoint_policy(endpoint: Resource) -> Findings:
    """Without one, stolen data leaves through the endpoint, with the thief's own credentials."""
    if endpoint.get("VpcEndpointType", default="Gateway") not in ("Gateway", "Interface"):
        raise NotApplicable("this kind of endpoint takes no policy")
    service = _service(endpoint)
    if ".vpce." in service or not service.startswith(("com.amazonaws.", "aws.", "cn.com.amazonaws.", "api.aws.")):
        raise NotApplicable("only endpoints of AWS's services take a policy")
    if service.endswith(tuple(f".{name}" for name in WITHOUT_POLICY)):
        raise NotApplicable("this service's endpoints take no policy")
    policy = endpoint.get("PolicyDocument")
    if not policy:
        yield Broken("there is no PolicyDocument, so everything is allowed", at="PolicyDocument")
        return
    statements = items(_document(policy).get("Statement"))
    if some(_allows_everything, statements) and not some(_fences, statements):
        yield Broken("a statement allows everything to everybody", at="PolicyDocument")


def _document(policy: Any) -> Any:
    """Policies may be written as JSON text."""
    if not isinstance(policy, str):
        return policy
    try:
        return json.loads(policy)
    except ValueError:
        raise Undecided("PolicyDocument is no JSON") from None


def _allows_everything(statement: Any) -> bool:
    return statement.get("Effect") == "Allow" and _concerns_everything(statement) and not _has_perimeter(statement)


def _fences(statement: Any) -> bool:
    """A denial to all but ours, which may stand beside a broad permission."""
    return statement.get("Effect") == "Deny" and _concerns_everything(statement) and _has_perimeter(statement)


def _concerns_everything(statement: Any) -> bool:
    principal = statement.get("Principal", {"AWS": "*"})
    return (
        (principal == "*" or some(lambda name: name == "*", items(dict(principal).get("AWS"))))
        and ("NotAction" in statement or some(_is_any_action, items(statement.get("Action"))))
        and ("NotResource" in statement or some(lambda name: name == "*", items(statement.get("Resource"))))
    )


def _is_any_action(action: Any) -> bool:
    return str(action) == "*" or str(action).endswith(":*")


def _has_perimeter(statement: Any) -> bool:
    """Whether a condition says whose the caller or the resource must be; TLS or a time of day is none."""
    tests = statement.get("Condition", {}).values()
    return some(lambda test: some(lambda key: str(key).lower().startswith(_PERIMETER), test), tests)


@rule(
    "SOC2-SUBNET-PUBLIC-IP",
    "Subnets give no public addresses by themselves",
    on="AWS::EC2::Subnet",
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.MEDIUM,
    fix="set MapPublicIpOnLaunch to false (CDK: SubnetConfiguration(map_public_ip_on_launch=False))",
    requirements=("NET-01",),
)
def public_addresses(subnet: Resource) -> Findings:
    """A public address is a decision about one resource, not about whatever is started there."""
    if is_true(subnet.get("MapPublicIpOnLaunch")):
        yield Broken("MapPublicIpOnLaunch is true", at="MapPublicIpOnLaunch")


@rule(
    "SOC2-LAMBDA-VPC",
    "Functions run in the VPC",
    on="AWS::Lambda::Function",
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.MEDIUM,
    fix="set VpcConfig.SubnetIds and SecurityGroupIds (CDK: vpc=..., vpc_subnets=...)",
    requirements=("NET-10",),
)
def in_vpc(function: Resource) -> Findings:
    """Only there do groups, network ACLs and flow logs concern what a function sends."""
    if not function.assembly.profile.production:
        raise NotApplicable("outside production functions may run without a VPC")
    if items(function.get("VpcConfig", "SubnetIds")):
        return
    if some(_runs_at_the_edge, function.linked("AWS::Lambda::Version", "FunctionName")):
        raise NotApplicable("it runs at CloudFront's edge, where there is no VPC")
    yield Broken("VpcConfig names no subnet", at="VpcConfig.SubnetIds")


def _runs_at_the_edge(version: Resource) -> bool:
    return some(lambda _distribution: True, version.linked("AWS::CloudFront::Distribution", "DistributionConfig"))
