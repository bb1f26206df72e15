"""Roles that AWS's own services take, with the permissions that AWS keeps for them."""

from datetime import date

from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge


def service_role(
    scope: Construct, construct_id: str, *, service: iam.ServicePrincipal, policy: str, because: str
) -> iam.Role:
    """A role for ``service`` alone, with AWS's managed ``policy``.

    :param policy: its name, for example ``service-role/AmazonRDSEnhancedMonitoringRole``.
    :param because: why AWS's policy and not our own; a sentence.
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=service,
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(policy)],
    )
    acknowledge(
        role,
        rule=f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]",
        reason=f"{because} Only {service.service} can assume the role.",
        owner="platform",
        expires=date(2027, 6, 30),
        ticket="RISK-7",
        mitigated_by=f"a trust policy for {service.service} alone",
    )
    return role
