"""Identities of users."""

from typing import Any

from soc2.rules.identity import KINDS
from tests.policy.rules.casework import Case, Templates, drop, put

POLICY = {"MinimumLength": 14, **dict.fromkeys(KINDS, True)}


def pool(**properties: Any) -> dict[str, Any]:
    """A template's resources with one user pool."""
    return {"Pool": {"Type": "AWS::Cognito::UserPool", "Properties": properties}}


def client(**properties: Any) -> dict[str, Any]:
    """A client that does everything right but for ``properties``."""
    right = {
        "AllowedOAuthFlows": ["code"],
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "EnableTokenRevocation": True,
        "PreventUserExistenceErrors": "ENABLED",
        "AccessTokenValidity": 60,
        "TokenValidityUnits": {"AccessToken": "minutes"},
    }
    return {"Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {**right, **properties}}}


def open_to_all(templates: Templates, stack: str, logical_id: str) -> None:
    """Everybody signs up, with any address."""
    put("AdminCreateUserConfig", "AllowAdminCreateUserOnly", value=False)(templates, stack, logical_id)
    put("AutoVerifiedAttributes", value=[])(templates, stack, logical_id)


CASES = [
    Case(
        "SOC2-COGNITO-MFA",
        passing=pool(MfaConfiguration="ON"),
        failing=pool(MfaConfiguration="OPTIONAL"),
        breaks=put("MfaConfiguration", value="OFF"),
    ),
    Case(
        "SOC2-COGNITO-PASSWORD",
        passing=pool(Policies={"PasswordPolicy": POLICY}),
        failing=pool(Policies={"PasswordPolicy": {**POLICY, "MinimumLength": "13"}}),
        breaks=drop("Policies", "PasswordPolicy", "RequireSymbols"),
    ),
    Case(
        "SOC2-COGNITO-SIGNUP",
        passing=pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
        | {"Open": pool(AutoVerifiedAttributes=["email"])["Pool"]},
        failing=pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": False}, AutoVerifiedAttributes=[]),
        breaks=open_to_all,
    ),
    Case(
        "SOC2-COGNITO-THREAT",
        passing=pool(UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"}),
        failing=pool(UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"}),
        breaks=drop("UserPoolAddOns"),
    ),
    Case(
        "SOC2-COGNITO-CLIENT",
        passing=client(),
        failing=client(TokenValidityUnits={"AccessToken": "hours"}, AccessTokenValidity=2),
        breaks=put("ExplicitAuthFlows", value=["ALLOW_USER_PASSWORD_AUTH"]),
    ),
    Case(
        "SOC2-COGNITO-DELETE",
        passing=pool(DeletionProtection="ACTIVE"),
        failing=pool(),
        breaks=put("DeletionProtection", value="INACTIVE"),
    ),
]
