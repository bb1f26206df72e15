"""Networks."""

from typing import Any

from soc2.rules.network import SERVICES
from soc2.rules.placement import ATTACHED
from tests.policy.rules.casework import Case, Mutation, Templates, drop, put, without

EVERYWHERE = "0.0.0.0/0"


def group(**entry: Any) -> dict[str, Any]:
    """A security group with one ingress rule."""
    properties = {"VpcId": {"Ref": "Vpc"}, "SecurityGroupIngress": [entry]}
    return {"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}


def apart(**entry: Any) -> dict[str, Any]:
    """The same rule as a resource of its own."""
    properties = {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **entry}
    return {
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Entry": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": properties},
    }


def tcp(port: int | str, **source: Any) -> dict[str, Any]:
    """An ingress rule for one TCP port."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}


def vpc(*others: dict[str, Any]) -> dict[str, Any]:
    """A VPC, and what else belongs to it."""
    found: dict[str, Any] = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}
    for other in others:
        found |= other
    return found


def subnet(**gateway: Any) -> dict[str, Any]:
    """A subnet whose default route leads to ``gateway``."""
    properties = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}
    association = {"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Table"}}
    route = {"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": EVERYWHERE, **gateway}
    return {
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": properties},
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Association": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": association},
        "Route": {"Type": "AWS::EC2::Route", "Properties": route},
        "Internet": {"Type": "AWS::EC2::InternetGateway", "Properties": {}},
    }


def flow_log(traffic: str) -> dict[str, Any]:
    """A flow log of the VPC."""
    properties = {"ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC", "TrafficType": traffic}
    return {"Log": {"Type": "AWS::EC2::FlowLog", "Properties": properties}}


def endpoint(service: str, **properties: Any) -> dict[str, Any]:
    """An endpoint: a gateway to storage, an interface to the rest."""
    kind = "Gateway" if service in ("s3", "dynamodb") else "Interface"
    common: dict[str, Any] = {
        "VpcId": {"Ref": "Vpc"},
        "ServiceName": {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"},
        "VpcEndpointType": kind,
    }
    if kind == "Interface":
        common["PrivateDnsEnabled"] = True
    return {f"Endpoint{service}": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {**common, **properties}}}


def endpoints(*services: str) -> dict[str, Any]:
    """Several of them."""
    found: dict[str, Any] = {}
    for service in services:
        found |= endpoint(service)
    return found


def statement(**others: Any) -> dict[str, Any]:
    """A policy that allows everything, but for ``others``."""
    return {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", **others}]}


def function(**config: Any) -> dict[str, Any]:
    """A function in a VPC."""
    return {"Function": {"Type": "AWS::Lambda::Function", "Properties": {"VpcConfig": config} if config else {}}}


def balanced(scheme: str = "internet-facing") -> dict[str, Any]:
    """A load balancer with the group."""
    properties = {"Scheme": scheme, "SecurityGroups": [{"Fn::GetAtt": ["Group", "GroupId"]}]}
    return {"Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": properties}}


def acl_entry(protocol: Any, **others: Any) -> dict[str, Any]:
    """An entry of a network ACL that admits a protocol from everywhere."""
    properties = {"NetworkAclId": {"Ref": "Acl"}, "RuleNumber": 100, "RuleAction": "allow", "Protocol": protocol}
    return {"Entry": {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {**properties, **others}}}


def acl() -> dict[str, Any]:
    """A subnet's own network ACL."""
    association = {"SubnetId": {"Ref": "Subnet"}, "NetworkAclId": {"Ref": "Acl"}}
    return {
        "Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Own": {"Type": "AWS::EC2::SubnetNetworkAclAssociation", "Properties": association},
    }


def admit(port: int) -> Mutation:
    """Open a port of a group to everybody, whichever resource says so."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        resource = templates[stack]["Resources"][logical_id]
        entry = tcp(port, CidrIp=EVERYWHERE)
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            resource["Properties"]["SecurityGroupIngress"] = [entry]
        else:
            resource["Properties"] = {"GroupId": resource["Properties"]["GroupId"], **entry}

    return mutation


def without_groups(templates: Templates, stack: str, logical_id: str) -> None:
    """The resource names no security group any more."""
    where, _ = ATTACHED[templates[stack]["Resources"][logical_id]["Type"]]
    drop(*where)(templates, stack, logical_id)


def lead_out(templates: Templates, stack: str, logical_id: str) -> None:
    """Every route table gets a route to the internet gateway."""
    for template in templates.values():
        resources = template["Resources"]
        gateways = [name for name, found in resources.items() if found["Type"] == "AWS::EC2::InternetGateway"]
        for name in [name for name, found in resources.items() if found["Type"] == "AWS::EC2::RouteTable"]:
            properties = {"RouteTableId": {"Ref": name}, "GatewayId": {"Ref": gateways[0]}}
            resources[f"{name}Out"] = {"Type": "AWS::EC2::Route", "Properties": properties}


def open_acl(templates: Templates, stack: str, logical_id: str) -> None:
    """The entry admits everything, or the subnet loses its ACL."""
    resource = templates[stack]["Resources"][logical_id]
    without("AWS::EC2::SubnetNetworkAclAssociation")(templates, stack, logical_id)
    if resource["Type"] == "AWS::EC2::NetworkAclEntry":
        changed = {"Egress": False, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": EVERYWHERE}
        resource["Properties"] |= changed


CASES = [
    Case(
        "SOC2-VPC-INGRESS",
        passing=group(**tcp(443, CidrIp=EVERYWHERE))
        | balanced()
        | {
            "Within": apart(IpProtocol="-1", CidrIp={"Fn::GetAtt": ["Vpc", "CidrBlock"]})["Entry"],
            "Web": apart(**tcp("80", CidrIpv6="::/0"))["Entry"],
        }
        | vpc(),
        failing=group(**tcp(443, CidrIp=EVERYWHERE)),
        breaks=admit(443),
    ),
    Case(
        "SOC2-VPC-ADMIN-PORTS",
        passing=apart(**tcp(5432, CidrIp="10.0.0.0/8"))
        | {
            "Peer": apart(**tcp(22, SourceSecurityGroupId={"Fn::GetAtt": ["Group", "GroupId"]}))["Entry"],
            "Web": apart(**tcp(443, CidrIp=EVERYWHERE))["Entry"],
        },
        failing=apart(IpProtocol="tcp", FromPort="20", ToPort="30", CidrIp="203.0.113.7/32"),
        breaks=admit(22),
    ),
    Case(
        "SOC2-VPC-DEFAULT-GROUP",
        passing=function(SubnetIds=["subnet-1"], SecurityGroupIds=[{"Fn::GetAtt": ["Group", "GroupId"]}])
        | group()
        | {"Free": function()["Function"]},
        failing=function(SubnetIds=["subnet-1"], SecurityGroupIds=[{"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}])
        | vpc(),
        breaks=without_groups,
    ),
    Case(
        "SOC2-VPC-FLOWLOGS",
        passing=vpc(flow_log("ALL")),
        failing=vpc(flow_log("REJECT")),
        breaks=without("AWS::EC2::FlowLog"),
    ),
    Case(
        "SOC2-VPC-ENDPOINTS",
        passing=vpc(subnet(NatGatewayId="nat-1"), endpoints(*SERVICES)),
        failing=vpc(subnet(NatGatewayId="nat-1"), endpoints("s3", "dynamodb", "secretsmanager", "kms")),
        breaks=without("AWS::EC2::VPCEndpoint"),
    ),
    Case(
        "SOC2-ENDPOINT-POLICY",
        passing=endpoint("s3", PolicyDocument=statement(Condition={"StringEquals": {"aws:PrincipalAccount": "1"}}))
        | endpoint("kms", PolicyDocument=statement(Action="kms:Decrypt")),
        failing=endpoint("s3", PolicyDocument=statement(Condition={"Bool": {"aws:SecureTransport": "true"}})),
        breaks=drop("PolicyDocument"),
    ),
    Case(
        "SOC2-SUBNET-PUBLIC-IP",
        passing={"Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"MapPublicIpOnLaunch": False}}},
        failing={"Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"MapPublicIpOnLaunch": "true"}}},
        breaks=put("MapPublicIpOnLaunch", value=True),
    ),
    Case(
        "SOC2-DB-PRIVATE",
        passing={
            "Database": {"Type": "AWS::RDS::DBInstance", "Properties": {"PubliclyAccessible": False}},
            "Warehouse": {"Type": "AWS::Redshift::Cluster", "Properties": {}},
            "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "mysql", "PubliclyAccessible": False}},
        },
        failing={"Database": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBSubnetGroupName": "private"}}},
        breaks=put("PubliclyAccessible", value=True),
    ),
    Case(
        "SOC2-DB-SUBNETS",
        passing=vpc(subnet(NatGatewayId="nat-1"))
        | {"Group": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "Subnet"}]}}},
        failing=vpc(subnet(GatewayId={"Ref": "Internet"}))
        | {"Group": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "Subnet"}]}}},
        breaks=lead_out,
    ),
    Case(
        "SOC2-LAMBDA-VPC",
        passing=function(SubnetIds=["subnet-1"]),
        failing=function(),
        breaks=drop("VpcConfig"),
    ),
    Case(
        "SOC2-NACL",
        passing=vpc(subnet(), acl(), acl_entry(6, CidrBlock=EVERYWHERE)),
        failing=acl_entry("-1", CidrBlock=EVERYWHERE, Egress=False),
        breaks=open_acl,
    ),
]
