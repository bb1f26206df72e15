"""Decision: a small token issuer signs what Cognito, Clerk and Okta sign, so the authorizer runs unchanged.

Each shape has its own issuer URL, because the claims of audience and groups differ: Cognito's access tokens have
`client_id` and `cognito:groups`, Clerk's `azp` and `roles`, Okta's `cid` and `groups`. Any word is signed as a group,
as a firm's directory does; what it is worth, the authorizer's settings say. The keys are RS256 and last as long as the
local cloud; a rotation signs with a new key and keeps publishing the old one, until it is told to withdraw it.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "alex-local"
MAX_TTL_SECONDS = 24 * 3600
SHAPES = ("cognito", "clerk", "okta")


class IssuerError(ValueError):
    """The request for a token is wrong; the text says what and how to correct it."""


class _Key:
    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": _encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _encode(numbers.e.to_bytes(3, "big")),
        }


class Issuer:
    """Signs tokens for local users. `base` is the issuer's URL without a trailing slash."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._keys = [_Key()]

    def issuer(self, shape: str) -> str:
        """The `iss` claim of a shape; Cognito's is the base itself."""
        return self._base if shape == "cognito" else f"{self._base}/{shape}"

    def discovery(self, shape: str) -> dict[str, Any]:
        """The OpenID configuration of one issuer."""
        return {
            "issuer": self.issuer(shape),
            "jwks_uri": f"{self._base}/.well-known/jwks.json",
            "token_endpoint": f"{self._base}/token",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    def jwks(self) -> dict[str, Any]:
        """Every published key, the signing one first."""
        return {"keys": [key.jwk() for key in self._keys]}

    def rotate(self, *, withdraw_old: bool = False) -> str:
        """Sign with a new key from now on; return its id."""
        kept = [] if withdraw_old else self._keys[:1]
        self._keys = [_Key(), *kept]
        return self._keys[0].id

    def token(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"sub", "shape", "roles", "ttl", "claims"} to an OAuth token response. Raises IssuerError.

        `claims` replace the shape's own (null removes one): what a careless issuer might sign, for tests.
        """
        subject, shape = request.get("sub"), request.get("shape", "cognito")
        roles, ttl = request.get("roles", []), request.get("ttl", 3600)
        if not isinstance(subject, str) or not subject:
            raise IssuerError("`sub` must be a non-empty string: the user's id")
        if shape not in SHAPES:
            raise IssuerError(f"`shape` is {shape!r}; it must be one of {', '.join(SHAPES)}")
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise IssuerError("`roles` must be a list of strings")
        if not isinstance(ttl, int) or isinstance(ttl, bool) or not -MAX_TTL_SECONDS <= ttl <= MAX_TTL_SECONDS:
            raise IssuerError(f"`ttl` must be whole seconds, at most {MAX_TTL_SECONDS} (negative: already expired)")
        changed = request.get("claims", {})
        if not isinstance(changed, dict):
            raise IssuerError("`claims` must be an object: claims to replace, null to remove one")
        claims = self._claims(subject, shape, roles, ttl) | changed
        token = self._sign({name: value for name, value in claims.items() if value is not None})
        return {"access_token": token, "token_type": "Bearer", "expires_in": ttl, "issuer": self.issuer(shape)}

    def _claims(self, subject: str, shape: str, roles: list[str], ttl: int) -> dict[str, Any]:
        now = int(time.time())
        issued = min(now, now + ttl - 1)
        common = {"sub": subject, "iss": self.issuer(shape), "iat": issued, "exp": now + ttl, "jti": uuid.uuid4().hex}
        if shape == "clerk":
            return {**common, "azp": AUDIENCE, "nbf": issued, "sid": f"sess_{common['jti']}", "roles": roles}
        if shape == "okta":
            return {**common, "ver": 1, "aud": AUDIENCE, "cid": AUDIENCE, "uid": subject, "groups": roles,
                    "scp": ["openid"]}  # fmt: skip
        return {**common, "token_use": "access", "client_id": AUDIENCE, "scope": "openid", "auth_time": issued,
                "username": subject, "cognito:groups": roles}  # fmt: skip

    def _sign(self, claims: dict[str, Any]) -> str:
        key = self._keys[0]
        header = {"alg": "RS256", "typ": "JWT", "kid": key.id}
        signed = ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = key.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encode(signature)}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
