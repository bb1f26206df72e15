"""The user pool: the default issuer of tokens (AUTH-05), hardened as far as Cognito goes.

Decisions: the client is a public one for a browser application (no secret, authorization code with PKCE); it learns
nothing about which users exist; how long access tokens live is a setting (AUTH-03). People are invited or approved
elsewhere: a firm's platform has no self sign-up. Roles are groups, which every token carries (IAM-11).
"""

from datetime import date
from typing import Any, Literal

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from hardened.acknowledge import acknowledge

REFRESH_LIFE = Duration.hours(12)
ROLES = ("investor", "advisor", "senior_advisor", "compliance", "operator", "data_scientist")


class UserPool(Construct):
    """Users, their roles, and the browser application's client."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        mfa: Literal["optional", "required"],
        threat_protection: bool = True,
        token_life: Duration,
        origin: str,
        protected: bool,
        removal_policy: RemovalPolicy,
    ) -> None:
        """Make the pool.

        :param name: first part of the sign-in pages' host name, which is an interface; the account id makes it unique.
        :param threat_protection: notice guessed and leaked passwords and strange sign-ins; needs the Plus plan.
        :param token_life: how long access and id tokens are valid, 5 minutes to 24 hours.
        :param origin: where the browser application lives; it is called back at ``<origin>/callback``.
        :param protected: the pool refuses to be deleted.
        """
        super().__init__(scope, id)
        self.pool = self._pool(
            mfa, threat_protection=threat_protection, protected=protected, removal_policy=removal_policy
        )
        self.client = self._client(origin, token_life)
        self.pool.add_domain(
            "SignIn", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{name}-{Aws.ACCOUNT_ID}")
        )
        for role in ROLES:
            cognito.CfnUserPoolGroup(self, f"Role{role}", user_pool_id=self.pool.user_pool_id, group_name=role)
        if mfa == "optional":
            acknowledge(
                self.pool,
                rule="AwsSolutions::AwsSolutions-COG2",
                reason="A second factor is optional in this environment by setting (auth.mfa), which production "
                "refuses; it holds no client data, and developers sign in with test users.",
                owner="security",
                expires=date(2027, 6, 30),
                ticket="RISK-9",
            )

        if not threat_protection:
            acknowledge(
                self.pool,
                rule="AwsSolutions::AwsSolutions-COG8",
                reason="Threat protection needs Cognito's Plus plan, billed by user; this environment does without by "
                "setting (auth.threat_protection), which production refuses: test users only, no client data.",
                owner="security",
                expires=date(2027, 6, 30),
                ticket="RISK-9",
            )

    def _pool(
        self,
        mfa: Literal["optional", "required"],
        *,
        threat_protection: bool,
        protected: bool,
        removal_policy: RemovalPolicy,
    ) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Pool",
            feature_plan=cognito.FeaturePlan.PLUS if threat_protection else cognito.FeaturePlan.ESSENTIALS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION
            if threat_protection
            else None,
            mfa=cognito.Mfa.REQUIRED if mfa == "required" else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(1),
                password_history_size=24,
            ),
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            self_sign_up_enabled=False,
            deletion_protection=protected,
            removal_policy=removal_policy,
        )

    def _client(self, origin: str, token_life: Duration) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "Web",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            auth_flows=cognito.AuthFlow(user_srp=True),
            access_token_validity=token_life,
            id_token_validity=token_life,
            refresh_token_validity=REFRESH_LIFE,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[f"{origin}/callback"],
                logout_urls=[origin],
            ),
        )

    @property
    def issuer(self) -> dict[str, Any]:
        """The pool as a trusted issuer: its access tokens name the client in ``client_id``, groups are our roles."""
        url = f"https://cognito-idp.{Stack.of(self).region}.{Aws.URL_SUFFIX}/{self.pool.user_pool_id}"
        return {
            "issuer": url,
            "jwks_url": f"{url}/.well-known/jwks.json",
            "audience": self.client.user_pool_client_id,
            "audience_claim": "client_id",
            "user_claim": "sub",
            "role_claim": "cognito:groups",
            "roles": {role: role for role in ROLES},
        }
