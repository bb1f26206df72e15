"""API Gateway's logging role.

One for an account and region, so a setting says whether it is created here or adopted.
"""

from datetime import date

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge

POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class ApiGatewayAccount(Construct):
    """The role with which API Gateway writes every API's logs.

    It stays when the stack goes: other APIs write with it.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(POLICY)],
        )
        acknowledge(
            role,
            rule=f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{POLICY}]",
            reason="API Gateway accepts an account role only if it can write logs for every API of the account, which "
            "is what this managed policy of AWS says; it holds CloudWatch Logs actions only, and only API Gateway may "
            "assume it.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-2",
            mitigated_by="a trust policy for API Gateway alone, and a policy with log actions only",
        )
        self.account = apigw.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        for kept in (role, self.account):
            kept.apply_removal_policy(RemovalPolicy.RETAIN)
