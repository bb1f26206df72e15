"""Shield Advanced: whom its response team calls, what it may look at, and which resources it protects (SEC-04).

Shield Standard needs nothing: it protects whatever faces the internet. Advanced is a subscription of twelve months that
a person takes out beside this code; here is what follows from it. It protects distributions, load balancers, hosted
zones, accelerators and Elastic IP addresses; API Gateway stages it does not: before those stands the web ACL.
The account's role for the response team exists once, so it is made in one region (`stacks.edge`).
"""

from datetime import date

from aws_cdk import aws_iam as iam
from aws_cdk import aws_shield as shield
from constructs import Construct

from hardened.acknowledge import acknowledge

POLICY = "service-role/AWSShieldDRTAccessPolicy"


class ShieldAdvanced(Construct):
    """The response team's access and whom it calls; ``protect`` adds a resource."""

    def __init__(self, scope: Construct, id: str, *, email: str, phone: str) -> None:
        """:param phone: in international form (``+4930123456``); the team calls it at any hour."""
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "ResponseTeam",
            description="Shield's response team reads web ACLs and flows, and changes web ACLs in an attack",
            assumed_by=iam.ServicePrincipal("drt.shield.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(POLICY)],
        )
        access = shield.CfnDRTAccess(self, "Access", role_arn=self.role.role_arn)
        engagement = shield.CfnProactiveEngagement(
            self,
            "Engagement",
            proactive_engagement_status="ENABLED",
            emergency_contact_list=[
                shield.CfnProactiveEngagement.EmergencyContactProperty(email_address=email, phone_number=phone)
            ],
        )
        engagement.node.add_dependency(access)
        acknowledge(
            self.role,
            rule=f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{POLICY}]",
            reason="Shield accepts only a role that has exactly this policy of AWS; its actions are the response "
            "team's work: reading protections and metrics, and changing web ACLs while an attack lasts.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-46",
            mitigated_by="only the service drt.shield.amazonaws.com may assume the role, and the trail records it",
        )

    def protect(self, id: str, *, name: str, resource_arn: str) -> shield.CfnProtection:
        """Protect a distribution or a load balancer; attacks on its application layer are counted by its web ACL.

        :param name: for people, in Shield's console and bills.
        """
        return shield.CfnProtection(self, id, name=name, resource_arn=resource_arn)
