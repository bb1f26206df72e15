"""Who calls: verifies a bearer token of any trusted issuer and tells the API the user's id (AUTH-01, AUTH-05).

Decisions: the issuer is chosen by exact name from the settings, never by what the token points to; only RS256 and
ES256 with a published key; expiry, issuer and user are required; each issuer names the claim that carries its
audience and its groups, because Cognito, Clerk and Okta differ; a group is a role only where the settings map it
(IAM-11); times are numbers and a token lives no longer than the settings allow (AUTH-03), because the library reads
``"exp": "9999999999"`` too; whatever goes wrong, the caller learns only "Unauthorized" and the log only the kind.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

import jwt
from aws_lambda_powertools import Logger

from advisor.adapters.environment import load
from advisor.adapters.issuers import AuthorizerEnvironment, TrustedIssuer
from advisor.adapters.jwks import JwksCache, KeyNotFoundError
from advisor.domain.pseudonyms import user_hash

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
"""Tolerated difference between the issuer's clock and ours."""
LONGEST_TOKEN = 8192
LONGEST_KEY_ID = 255
LATEST = 1e11
"""Seconds since 1970 beyond which a time is none (and the library's arithmetic fails)."""
CLIENT_CLAIMS = ("client_id", "azp", "cid")

logger = Logger(service="authorizer")
keys = JwksCache()


class RefusedError(Exception):
    """The token is not accepted; the text is for the log and holds nothing of the token."""


def _token(event: Mapping[str, Any]) -> str:
    """The bearer token of the Authorization header."""
    scheme, _, token = str(event.get("authorizationToken") or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise RefusedError("no bearer token")
    return token


def _signed_with(token: str) -> tuple[str, str]:
    """Algorithm and key id that the token names; raises RefusedError, jwt.InvalidTokenError."""
    header = jwt.get_unverified_header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KEY_ID:
        raise RefusedError("algorithm or key id")
    if "crit" in header:
        raise RefusedError("critical extension")
    return str(algorithm), kid


def _require_times(claims: Mapping[str, Any]) -> None:
    """Raises RefusedError for a time that is not a number of seconds."""
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST:
            raise RefusedError(name)


def verify(
    token: str, issuers: tuple[TrustedIssuer, ...], cache: JwksCache, *, longest_seconds: int
) -> tuple[TrustedIssuer, dict[str, Any]]:
    """The token's issuer and verified claims; raises RefusedError, jwt.InvalidTokenError, KeyNotFoundError."""
    algorithm, kid = _signed_with(token)
    claimed = jwt.decode(token, options={"verify_signature": False})
    issuer = next((known for known in issuers if known.issuer == claimed.get("iss")), None)
    if issuer is None:
        raise RefusedError("issuer")
    _require_times(claimed)
    claims: dict[str, Any] = jwt.decode(
        token,
        key=cache.key(issuer.jwks_url, kid, algorithm),
        algorithms=[algorithm],
        issuer=issuer.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iss", issuer.user_claim], "verify_aud": False},
    )
    if claims["exp"] > time.time() + longest_seconds + LEEWAY_SECONDS:
        raise RefusedError("lifetime")
    if issuer.audiences.isdisjoint(_words(claims, issuer.audience_claim)):
        raise RefusedError("audience")
    return issuer, claims


def _words(claims: Mapping[str, Any], claim: str) -> set[str]:
    """The texts of a claim that holds one or a list of them; what is no text is nothing."""
    value = claims.get(claim)
    return {word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)}


def _user_id(claims: Mapping[str, Any], issuer: TrustedIssuer, issuers: tuple[TrustedIssuer, ...]) -> str:
    """The user's id, 1 to 255 visible ASCII characters; raises RefusedError, also for one under another's prefix."""
    own = claims.get(issuer.user_claim)
    user_id = f"{issuer.user_prefix}{own}"
    if not isinstance(own, str) or not own or not re.fullmatch(r"[\x21-\x7e]{1,255}", user_id):
        raise RefusedError("user id")
    others = tuple(known.user_prefix for known in issuers if known.user_prefix not in {"", issuer.user_prefix})
    if user_id.startswith(others):
        raise RefusedError("user id of another issuer")
    return user_id


def _roles(claims: Mapping[str, Any], issuer: TrustedIssuer) -> str:
    """The roles that the issuer's groups are here, comma separated; a group that the settings do not map is none."""
    groups = _words(claims, issuer.role_claim)
    return ",".join(sorted({role.value for group, role in issuer.roles.items() if group in groups}))


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
    env = load(AuthorizerEnvironment)
    try:
        issuer, claims = verify(_token(event), env.trusted_issuers, keys, longest_seconds=env.longest_token_seconds)
        user_id = _user_id(claims, issuer, env.trusted_issuers)
    except (RefusedError, KeyNotFoundError, jwt.PyJWTError) as error:
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
            "roles": _roles(claims, issuer),
            "client": client,
        },
    )
