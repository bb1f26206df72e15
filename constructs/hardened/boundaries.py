"""Permissions boundaries: the most that a kind of role may ever do (IAM-05)."""

from collections.abc import Sequence
from datetime import date

from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.acknowledge import acknowledge


class Boundary(iam.ManagedPolicy):
    """The actions beyond which no grant of a role's own policies goes; it grants nothing by itself.

    :param whose: whose roles it limits, in words, for example ``a function``.
    """

    def __init__(self, scope: Construct, construct_id: str, *, whose: str, actions: Sequence[str]) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"The most that {whose} of the platform may do, whatever it is granted",
            statements=[iam.PolicyStatement(actions=list(actions), resources=["*"])],
        )
        acknowledge(
            self,
            rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="It is a permissions boundary: it grants nothing, and names the actions beyond which no grant of "
            "the role's own policies goes.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-19",
            false_positive=True,
        )
