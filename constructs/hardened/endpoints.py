"""Endpoints: how traffic to AWS services stays off the internet (NET-03).

Decision: every endpoint is listed with who needs it; a test compares the list with what the functions call. One
security group admits the functions' group on 443. Endpoint policies admit principals of this account only, so that the
way out cannot carry data to somebody else's account. The one exception: a custom resource's function answers
CloudFormation through a URL that CloudFormation signed, with a principal of its own, into a bucket of its own; refused
there, a deployment would hang until its timeout.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from aws_cdk import Aws, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.network import Network

INTERFACE_ENDPOINTS = {
    "secretsmanager": "rotation reads and writes the database's password; the planner reads the price provider's key",
    "rds-data": "every function that reads or writes portfolios",
    "bedrock-runtime": "the four agents call models",
    "lambda": "the planner invokes the agents; decisions on reviews are passed on",
    "sns": "reviews are announced to the reviewers",
    "sqs": "the API queues analyses; the sweeper queues them again",
    "ssm": "the planner and the agents read the share of jobs that are traced",
    "states": "the planner starts the review workflow; decisions are passed on to it",
    "sts": "credentials of workloads that exchange roles (NET-03)",
    "kms": "envelope encryption with customer keys (NET-03)",
    "logs": "log delivery of workloads in the AI tier (NET-03)",
}
MINIMAL = ("secretsmanager",)
"""Rotation always runs in the VPC; with functions outside it, nothing else needs an endpoint."""


class Endpoints(Construct):
    """Gateway endpoints for S3 and DynamoDB, and interface endpoints in the private tier."""

    def __init__(
        self, scope: Construct, construct_id: str, *, network: Network, choice: Literal["minimal", "full"]
    ) -> None:
        super().__init__(scope, construct_id)
        self.network = network
        tiers = [network.functions, network.ai]
        s3 = network.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3, subnets=tiers)
        s3.add_to_policy(_this_account())
        s3.add_to_policy(_answers_to_cloudformation(Stack.of(self).region))
        network.vpc.add_gateway_endpoint(
            "DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB, subnets=tiers
        ).add_to_policy(_this_account())
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            description="Endpoints: HTTPS from functions",
            allow_all_outbound=False,
        )
        self.security_group.connections.allow_from(
            network.functions_security_group, ec2.Port.tcp(443), "HTTPS from functions"
        )
        self._add(INTERFACE_ENDPOINTS if choice == "full" else MINIMAL)
        if choice == "minimal":
            acknowledge(
                network.vpc,
                rule=[f"SOC2::SOC2-VPC-ENDPOINTS[{service}]" for service in ("kms", "logs")],
                reason="This environment keeps its functions outside the VPC by setting (functions.in_vpc), so nothing "
                "in a private subnet calls these services; each endpoint costs by the hour in each zone.",
                owner="platform",
                expires=date(2027, 6, 30),
                ticket="RISK-21",
            )

    def _add(self, services: Iterable[str]) -> None:
        for service in services:
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                service.title().replace("-", ""),
                vpc=self.network.vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=self.network.functions,
                security_groups=[self.security_group],
                private_dns_enabled=True,
                open=False,
            )
            endpoint.add_to_policy(_this_account())


def _this_account() -> iam.PolicyStatement:
    """Whoever comes with credentials of this account; what they may do is their roles' business."""
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
    )


def _answers_to_cloudformation(region: str) -> iam.PolicyStatement:
    """The region's bucket for answers of custom resources; AWS writes the region in its name without hyphens."""
    bucket = f"cloudformation-custom-resource-response-{region.replace('-', '')}"
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["s3:PutObject"],
        resources=[f"arn:{Aws.PARTITION}:s3:::{bucket}/*"],
    )
