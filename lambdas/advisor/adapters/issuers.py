"""The authorizer's environment: whom it trusts, and what their tokens are worth here (AUTH-05, IAM-11)."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, model_validator

from advisor.adapters.environment import Url
from advisor.adapters.environment_reading import Environment, Text
from advisor.domain.entitlement import Role

KEYS_URL = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?/)[^\s]*$"
"""Public keys come over TLS, or from this machine."""


class TrustedIssuer(BaseModel):
    """One identity provider: which claim carries the audience (Cognito ``client_id``, Clerk ``azp``, Okta ``aud``),
    which the user's id, and which the groups. ``audience`` is one value or several, any of which is accepted;
    ``roles`` says which of its groups is which role here, and no other group is any; ``user_prefix`` goes before its
    users' ids, so that they are never another issuer's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: Url
    jwks_url: Annotated[str, Field(pattern=KEYS_URL)]
    audience: str | tuple[str, ...]
    audience_claim: Literal["aud", "azp", "client_id", "cid"] = "aud"
    user_claim: Text = "sub"
    user_prefix: str = ""
    role_claim: Text = "groups"
    roles: dict[str, Role] = {}

    @property
    def audiences(self) -> frozenset[str]:
        """The accepted audiences; an empty word is never one."""
        several = (self.audience,) if isinstance(self.audience, str) else self.audience
        return frozenset(word for word in several if word)


class AuthorizerEnvironment(Environment):
    """The authorizer: whom it trusts (at least one issuer, each with an audience), and how long a token may live."""

    trusted_issuers: Json[tuple[TrustedIssuer, ...]] = Field(alias="TRUSTED_ISSUERS")
    longest_token_seconds: int = Field(default=3600, gt=0, alias="LONGEST_SESSION_SECONDS")

    @model_validator(mode="after")
    def _each_has_an_audience(self) -> Self:
        """No issuer, or one without an audience, would let nobody or everybody in."""
        if not self.trusted_issuers:
            raise ValueError("TRUSTED_ISSUERS: names no issuer; nobody could sign in")
        for issuer in self.trusted_issuers:
            if not issuer.audiences:
                raise ValueError(f"TRUSTED_ISSUERS: {issuer.issuer} has no audience; any of its tokens would pass")
        return self
