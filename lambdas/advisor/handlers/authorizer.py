"""Who calls: verifies a bearer token of any trusted issuer and tells the API the user's id (AUTH-01, AUTH-05).

Decisions: the issuer is chosen by exact name from the settings, never by what the token points to; only RS256 and
ES256 with a published key; expiry, issuer and user are required; each issuer names the claim that carries its
audience, because Cognito, Clerk and Okta differ; whatever goes wrong, the caller learns only "Unauthorized" and the
log only the kind.
"""

import re
from collections.abc import Mapping
from typing import Any

import jwt
from aws_lambda_powertools import Logger

from advisor.adapters.environment import AuthorizerEnvironment, TrustedIssuer, load
from advisor.adapters.jwks import JwksCache, KeyNotFoundError
from advisor.domain.pseudonyms import user_hash

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
"""Tolerated difference between the issuer's clock and ours."""
LONGEST_TOKEN = 8192
ROLE_CLAIMS = ("cognito:groups", "groups", "roles")
CLIENT_CLAIMS = ("client_id", "azp", "cid")

logger = Logger(service="authorizer")
keys = JwksCache()


class RefusedError(Exception):
    """The token is not accepted; the text is for the log and holds nothing of the token."""


def _token(event: Mapping[str, Any]) -> str:
    """The bearer token of the Authorization header."""
    scheme, _, token = str(event.get("authorizationToken") or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
        raise RefusedError("no bearer token")
    return token


def verify(token: str, issuers: tuple[TrustedIssuer, ...], cache: JwksCache) -> tuple[TrustedIssuer, dict[str, Any]]:
    """The token's issuer and verified claims; raises RefusedError, jwt.InvalidTokenError, KeyNotFoundError."""
    header = jwt.get_unverified_header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or not isinstance(kid, str) or not kid:
        raise RefusedError("algorithm or key id")
    claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    issuer = next((known for known in issuers if known.issuer == claimed), None)
    if issuer is None:
        raise RefusedError("issuer")
    claims: dict[str, Any] = jwt.decode(
        token,
        key=cache.key(issuer.jwks_url, kid, algorithm),
        algorithms=[algorithm],
        issuer=issuer.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iss", issuer.user_claim], "verify_aud": False},
    )
    audience = claims.get(issuer.audience_claim)
    named = {audience} if isinstance(audience, str) else set(audience) if isinstance(audience, list) else set()
    if not named & issuer.audiences:
        raise RefusedError("audience")
    return issuer, claims


def _user_id(claims: Mapping[str, Any], claim: str) -> str:
    """The user's id; raises RefusedError unless it is 1 to 255 visible ASCII characters."""
    user_id = claims.get(claim)
    if not isinstance(user_id, str) or not re.fullmatch(r"[\x21-\x7e]{1,255}", user_id):
        raise RefusedError("user id")
    return user_id


def _roles(claims: Mapping[str, Any]) -> str:
    """Roles of the claims that the providers use for them, comma separated."""
    found: set[str] = set()
    for name in ROLE_CLAIMS:
        value = claims.get(name)
        words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        found |= {word for word in words if isinstance(word, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", word)}
    return ",".join(sorted(found))


def _policy(method_arn: str, user_id: str, context: Mapping[str, str]) -> dict[str, Any]:
    """Allow every method of this API's stage: the answer is cached by token, the API itself checks ownership."""
    api, stage = method_arn.split("/")[:2]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*"}
    return {
        "principalId": user_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """AWS Lambda entry point of a REST API's token authorizer; raises Exception("Unauthorized"), which is a 401."""
    trusted = load(AuthorizerEnvironment).trusted_issuers
    try:
        issuer, claims = verify(_token(event), trusted, keys)
        user_id = _user_id(claims, issuer.user_claim)
    except (RefusedError, KeyNotFoundError, jwt.InvalidTokenError, ValueError) as error:
        reason = str(error) if isinstance(error, RefusedError | KeyNotFoundError) else type(error).__name__
        logger.warning("ACCESS_DENIED", extra={"event_type": "ACCESS_DENIED", "details": {"reason": reason}})
        # API Gateway turns exactly this text into a 401; nothing else may follow it.
        raise Exception("Unauthorized") from None
    client = next((claims[name] for name in CLIENT_CLAIMS if isinstance(claims.get(name), str)), "")
    return _policy(
        str(event["methodArn"]),
        user_id,
        {
            "user_id": user_id,
            "user_hash": user_hash(user_id),  # what the access log keeps
            "issuer": issuer.issuer,
            "roles": _roles(claims),
            "client": client,
        },
    )
