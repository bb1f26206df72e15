"""Who signs in does so safely, and a browser's client holds no secret."""

from typing import Any

import pytest
from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk.assertions import Template

from hardened.identity import ROLES, UserPool


def build(mfa: Any, *, threat_protection: bool = True) -> dict[str, Any]:
    stack = Stack(App(), "Bench")
    UserPool(
        stack,
        "Users",
        name="alex-test",
        mfa=mfa,
        threat_protection=threat_protection,
        token_life=Duration.hours(1),
        origin="https://app.example",
        protected=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    return dict(Template.from_stack(stack).to_json()["Resources"])


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return build("required")


def one(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [r["Properties"] for r in resources.values() if r["Type"] == kind]
    return dict(found)


def test_a_second_factor_follows_the_setting(resources: dict[str, Any]) -> None:
    """AUTH-05; a text message can be redirected, so it is no second factor."""
    assert one(resources, "AWS::Cognito::UserPool")["MfaConfiguration"] == "ON"
    assert one(build("optional"), "AWS::Cognito::UserPool")["MfaConfiguration"] == "OPTIONAL"
    assert one(resources, "AWS::Cognito::UserPool")["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_passwords_are_long_and_guessing_is_noticed(resources: dict[str, Any]) -> None:
    pool = one(resources, "AWS::Cognito::UserPool")
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] >= 14
    assert all(policy[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    assert pool["UserPoolTier"] == "PLUS"
    assert pool["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["DeletionProtection"] == "ACTIVE"


def test_the_plan_that_is_billed_by_user_is_a_choice() -> None:
    """COST-01: threat protection without its plan is refused by Cognito, so both go together."""
    pool = one(build("optional", threat_protection=False), "AWS::Cognito::UserPool")
    assert pool["UserPoolTier"] == "ESSENTIALS"
    assert "UserPoolAddOns" not in pool
    assert pool["Policies"]["PasswordPolicy"]["PasswordHistorySize"] == 24


def test_the_browsers_client_has_no_secret_and_tokens_live_an_hour(resources: dict[str, Any]) -> None:
    """AUTH-03; the authorization code goes to the one origin only."""
    client = one(resources, "AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == ["https://app.example/callback"]
    assert client["AccessTokenValidity"] == 60
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["ExplicitAuthFlows"]


def test_each_role_is_a_group_that_tokens_carry(resources: dict[str, Any]) -> None:
    """IAM-11."""
    groups = [r["Properties"]["GroupName"] for r in resources.values() if r["Type"] == "AWS::Cognito::UserPoolGroup"]
    assert sorted(groups) == sorted(ROLES)
