"""The network: what exists, and what can reach what (SYS-02)."""

import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load
from soc2.reachability import INTERNET, Host, Reachability

ROOT = Path(__file__).resolve().parent.parent.parent
TIERS = {"public", "private", "isolated", "ai"}
ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)


@ALL_ENVIRONMENTS
def test_every_zone_has_every_tier(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-01: a tier without a subnet in some zone loses its service when the other zones fail."""
    zones = load(environment).network.availability_zones
    found = [
        (next(t["Value"] for t in subnet["Tags"] if t["Key"] == "aws-cdk:subnet-name"), subnet["AvailabilityZone"])
        for subnet in assembly(environment).of_type("AWS::EC2::Subnet").values()
    ]
    assert sorted(found) == sorted((tier, zone) for tier in TIERS for zone in zones)


@ALL_ENVIRONMENTS
def test_isolated_and_ai_subnets_have_no_way_to_the_internet(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-01: the data tier must not be one route table away from the world."""
    reach = Reachability(assembly(environment).templates)
    for subnet in reach.subnets.values():
        ways = {"public": {"0.0.0.0/0": "internet"}, "private": {"0.0.0.0/0": "nat"}}
        assert subnet.routes == ways.get(subnet.tier, {}), subnet.name


@ALL_ENVIRONMENTS
def test_there_are_as_many_nat_gateways_as_the_settings_say(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-02: each costs money; one for three zones is a single point of failure, so production has three."""
    assert len(assembly(environment).of_type("AWS::EC2::NatGateway")) == load(environment).network.nat_gateways


@ALL_ENVIRONMENTS
def test_no_security_group_lets_the_world_in(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-04."""
    made = assembly(environment)
    inline = [r for g in made.of_type("AWS::EC2::SecurityGroup").values() for r in g.get("SecurityGroupIngress", ())]
    rules = [*inline, *made.of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert rules
    for rule in rules:
        assert "CidrIp" not in rule
        assert "CidrIpv6" not in rule
        assert rule["Description"]
        assert rule["FromPort"] == rule["ToPort"]


@ALL_ENVIRONMENTS
def test_nothing_uses_the_default_security_group(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-04: the default group cannot be closed by CloudFormation, so no interface may fall back to it."""
    made = assembly(environment)
    functions = [
        f["VpcConfig"]["SecurityGroupIds"] for f in made.of_type("AWS::Lambda::Function").values() if "VpcConfig" in f
    ]
    endpoints = [
        e.get("SecurityGroupIds")
        for e in made.of_type("AWS::EC2::VPCEndpoint").values()
        if e["VpcEndpointType"] == "Interface"
    ]
    databases = [d.get("VpcSecurityGroupIds") for d in made.of_type("AWS::RDS::DBCluster").values()]
    assert functions
    assert endpoints
    assert databases
    for groups in (*functions, *endpoints, *databases):
        assert groups
        assert "DefaultSecurityGroup" not in str(groups)


@ALL_ENVIRONMENTS
def test_flows_are_logged_to_the_log_group_and_to_the_archive(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-06: for searching, and for keeping."""
    made = assembly(environment)
    logs = list(made.of_type("AWS::EC2::FlowLog").values())
    assert sorted(log["LogDestinationType"] for log in logs) == ["cloud-watch-logs", "s3"]
    assert {log["TrafficType"] for log in logs} == {"ALL"}
    policy = next(p for w, p in made.of_type("AWS::S3::BucketPolicy").items() if "LogArchive" in w)
    writers = [s for s in policy["PolicyDocument"]["Statement"] if "delivery.logs.amazonaws.com" in str(s["Principal"])]
    assert any("s3:PutObject" in str(s["Action"]) for s in writers)


def test_the_endpoints_are_the_services_that_functions_use(assembly: Callable[[str], Any]) -> None:
    """NET-03: a missing endpoint sends a call over the internet; a superfluous one costs 22 USD a month."""
    made = assembly("prod")
    endpoints = made.of_type("AWS::EC2::VPCEndpoint").values()
    interface = {str(e["ServiceName"]).rsplit(".", 1)[1] for e in endpoints if e["VpcEndpointType"] == "Interface"}
    gateway = {str(e["ServiceName"]) for e in endpoints if e["VpcEndpointType"] == "Gateway"}
    bundles = tomllib.loads((ROOT / "lambdas" / "bundles.toml").read_text("utf-8"))
    used = {service for bundle in bundles.values() for service in bundle["services"]}
    used = used - {"stepfunctions"} | {"states"}  # its endpoint has another name than its API model
    used -= {"events", "securityhub"}  # of the audit baseline's remediation, which stands alone, outside the VPC
    named_by_net_03 = {"kms", "logs", "sts"}
    assert interface == (used - {"dynamodb", "s3"}) | named_by_net_03
    assert len(gateway) == 2
    assert "dynamodb" in str(gateway)
    assert ".s3" in str(gateway)


@ALL_ENVIRONMENTS
def test_no_endpoint_carries_data_to_another_account(environment: str, assembly: Callable[[str], Any]) -> None:
    """NET-03: whoever breaks into a function could upload what it reads with credentials of their own.

    One thing must pass with somebody else's credentials: a custom resource's answer to CloudFormation, which signed
    the URL itself. Refused, a deployment would hang until its timeout and then roll back.
    """
    made = assembly(environment)
    region = load(environment).region.replace("-", "")
    for where, endpoint in made.of_type("AWS::EC2::VPCEndpoint").items():
        statement, *others = endpoint["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}, where
        if "EndpointsS3" not in where and "S3" not in where:
            assert others == [], where
            continue
        [answer] = others
        assert answer["Action"] == "s3:PutObject"
        assert f":s3:::cloudformation-custom-resource-response-{region}/*" in str(answer["Resource"])


class TestReachability:
    """The static simulation: NET-04, NET-05, "function -> endpoint yes, internet -> database no"."""

    @pytest.fixture(params=ENVIRONMENTS)
    def environment(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def reach(self, environment: str, assembly: Callable[[str], Any]) -> Reachability:
        return Reachability(assembly(environment).templates)

    def test_functions_reach_endpoints_and_providers(self, reach: Reachability) -> None:
        """Otherwise every call of a function would end in a timeout."""
        functions, endpoints = reach.hosts("AWS::Lambda::Function"), reach.hosts("AWS::EC2::VPCEndpoint")
        assert functions
        assert endpoints
        for function in functions:
            assert reach.connects(function, INTERNET, 443), function.name
            for endpoint in endpoints:
                assert reach.connects(function, endpoint, 443), (function.name, endpoint.name)

    def test_only_rotation_reaches_the_database(self, reach: Reachability) -> None:
        """IAM-07: functions use the Data API; a path to 5432 would go around IAM."""
        [database] = reach.hosts("AWS::RDS::DBCluster")
        reaching = {f.name for f in reach.hosts("AWS::Lambda::Function") if reach.connects(f, database, 5432)}
        assert [name.startswith("Rotation") for name in reaching] == [True]

    def test_the_internet_reaches_nothing(self, reach: Reachability) -> None:
        """No port of anything that has an interface."""
        for kind in ("AWS::RDS::DBCluster", "AWS::Lambda::Function", "AWS::EC2::VPCEndpoint"):
            for host in reach.hosts(kind):
                assert not any(reach.connects(INTERNET, host, port) for port in (22, 80, 443, 5432, 8080)), host.name

    def test_the_database_reaches_nothing(self, reach: Reachability) -> None:
        """A database that is broken into must not be able to send what it holds."""
        [database] = reach.hosts("AWS::RDS::DBCluster")
        assert not reach.connects(database, INTERNET, 443)
        for host in (*reach.hosts("AWS::Lambda::Function"), *reach.hosts("AWS::EC2::VPCEndpoint")):
            assert not reach.connects(database, host, 443)

    def test_functions_leave_on_https_only(self, reach: Reachability) -> None:
        """A function that is broken into must not send mail, scan ports or speak SSH."""
        for function in reach.hosts("AWS::Lambda::Function"):
            assert not any(reach.connects(function, INTERNET, port) for port in (22, 25, 53, 80, 3389))

    def test_each_layer_alone_would_hold(self, environment: str, assembly: Callable[[str], Any]) -> None:
        """The simulation can fail: opening one layer is not enough for an intruder, opening all is."""
        templates = deepcopy(assembly(environment).templates)
        network = templates["Network"]["Resources"]
        group = next(
            k
            for k, r in network.items()
            if r["Type"] == "AWS::EC2::SecurityGroup" and r["Properties"]["GroupDescription"].startswith("Database:")
        )
        network[group]["Properties"]["SecurityGroupIngress"] = [
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}
        ]
        assert not self._exposed(templates)
        internet = next(k for k, r in network.items() if r["Type"] == "AWS::EC2::InternetGateway")
        isolated = [k for k, r in network.items() if r["Type"] == "AWS::EC2::RouteTable" and "isolated" in k]
        for table in isolated:
            network[f"{table}Hole"] = {
                "Type": "AWS::EC2::Route",
                "Properties": {
                    "RouteTableId": {"Ref": table},
                    "DestinationCidrBlock": "0.0.0.0/0",
                    "GatewayId": {"Ref": internet},
                },
            }
        assert not self._exposed(templates)
        acl = next(k for k, r in network.items() if r["Type"] == "AWS::EC2::NetworkAcl" and "Isolated" in k)
        for egress in (False, True):
            network[f"Open{egress}"] = {
                "Type": "AWS::EC2::NetworkAclEntry",
                "Properties": {
                    "NetworkAclId": {"Ref": acl}, "Protocol": -1, "RuleAction": "allow", "RuleNumber": 1,
                    "CidrBlock": "0.0.0.0/0", "Egress": egress,
                },
            }  # fmt: skip
        assert self._exposed(templates)
        network["Deny"] = {
            "Type": "AWS::EC2::NetworkAclEntry",
            "Properties": {
                "NetworkAclId": {"Ref": acl}, "Protocol": 6, "RuleAction": "deny", "RuleNumber": 0,
                "CidrBlock": "198.51.100.0/24", "Egress": False,
            },
        }  # fmt: skip
        assert not self._exposed(templates)

    @staticmethod
    def _exposed(templates: dict[str, Any]) -> bool:
        reach = Reachability(templates)
        [database] = reach.hosts("AWS::RDS::DBCluster")
        return reach.connects(INTERNET, database, 5432)


def test_two_hosts_of_the_internet_are_not_our_business(assembly: Callable[[str], Any]) -> None:
    """Connections that never touch the VPC must not count as reachable."""
    assert not Reachability(assembly("dev").templates).connects(INTERNET, Host("another"), 443)
