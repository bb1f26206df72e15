"""Keys that another company issues: a secret that an operator fills after the first deployment."""

from datetime import date

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from hardened.acknowledge import acknowledge


def provider_key(
    scope: Construct, construct_id: str, *, description: str, mitigated_by: str, removal_policy: RemovalPolicy
) -> secretsmanager.Secret:
    """A secret without rotation by AWS, acknowledged; ``mitigated_by`` says what limits the harm of a lost key."""
    secret = secretsmanager.Secret(scope, construct_id, description=description)
    secret.apply_removal_policy(removal_policy)
    acknowledge(
        secret,
        rule=(
            "AwsSolutions::AwsSolutions-SMG4",
            "NIST.800.53.R5::NIST.800.53.R5-SecretsManagerRotationEnabled",
            "SOC2::SOC2-SECRET-ROTATED",
        ),
        reason="The provider issues and revokes its API key in its own console and offers no API for it, so an "
        "operator rotates it.",
        owner="platform",
        expires=date(2027, 6, 30),
        ticket="RISK-1",
        mitigated_by=mitigated_by,
    )
    return secret
