"""Roles that AWS's own services take, with the permissions that AWS keeps for them, or within a boundary of ours."""

from collections.abc import Sequence
from datetime import date

from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.boundaries import Boundary
from hardened.grants import for_this_account


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


def limited_role(scope: Construct, construct_id: str, *, service: str, does: str, most: Sequence[str]) -> iam.Role:
    """A role that ``service`` takes for this account alone, to do something of its own accord.

    :param does: for what, in words, for example ``starts Macie's jobs``.
    :param most: the actions beyond which no grant to it goes.
    """
    return iam.Role(
        scope,
        construct_id,
        assumed_by=for_this_account(service),
        description=f"What {does}",
        permissions_boundary=Boundary(scope, f"{construct_id}Most", whose=f"what {does}", actions=most),
    )
