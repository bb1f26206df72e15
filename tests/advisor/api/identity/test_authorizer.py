"""The authorizer with tokens of every kind: who gets in, and that nobody else does (AUTH-01, AUTH-04, AUTH-05)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from tests.advisor.api.identity.conftest import Call, Keys, KeyServer, Refused, Sign

COGNITO = "https://cognito-idp.us-east-1.amazonaws.com/pool"
CLERK = "https://clerk.example.com"
OKTA = "https://okta.example.com/oauth2/default"


def encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_valid_token_opens_the_whole_stage_for_its_user(issuer: KeyServer, sign: Sign, call: Call) -> None:
    """The answer is cached by token: a policy for one path would refuse the next."""
    answer = call(sign(**{"cognito:groups": ["compliance", "bad,name"]}))
    assert answer["principalId"] == "user-1"
    assert answer["policyDocument"]["Statement"] == [
        {
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:000000000000:abc123/api/*",
        }
    ]
    assert answer["context"] == {
        "user_id": "user-1",
        "user_hash": hashlib.sha256(b"user-1").hexdigest(),
        "issuer": COGNITO,
        "roles": "compliance",
        "client": "app-1",
    }


@pytest.mark.parametrize(
    ("claims", "user", "roles"),
    [
        ({"iss": CLERK, "client_id": None, "azp": "https://app.example.com"}, "user-1", ""),
        ({"iss": CLERK, "client_id": None, "azp": "https://b", "roles": "adviser"}, "user-1", "advisor"),
        (
            {"iss": OKTA, "client_id": None, "aud": "api://alex", "cid": "c", "uid": "00u1", "groups": ["Quants"]},
            "okta:00u1",
            "data_scientist",
        ),
        ({"iss": OKTA, "client_id": None, "aud": ["x", "api://alex"], "uid": "00u1"}, "okta:00u1", ""),
    ],
)
def test_clerk_and_okta_tokens_work_by_settings_alone(  # noqa: PLR0917 - fixtures
    issuer: KeyServer, sign: Sign, call: Call, claims: dict[str, Any], user: str, roles: str
) -> None:
    """Each names its audience and user in other claims (AUTH-05)."""
    context = call(sign(**claims))["context"]
    assert (context["user_id"], context["roles"], context["issuer"]) == (user, roles, claims["iss"])


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"nbf": int(time.time()) + 600},
        {"iat": int(time.time()) + 600},
        {"iss": "https://evil.example.com"},
        {"iss": COGNITO + "/"},
        {"iss": None},
        {"client_id": "another-app"},
        {"client_id": None, "aud": "app-1"},
        {"client_id": ""},
        {"client_id": {"app-1": 1}},
        {"sub": None},
        {"sub": ""},
        {"sub": "two words"},
        {"sub": "x" * 256},
        {"iss": OKTA, "aud": "api://alex"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    issuer: KeyServer, sign: Sign, claims: dict[str, Any], refused: Refused
) -> None:
    """Expired, too early, unknown issuer, another application's (or an id token), nobody's."""
    assert refused(sign(**claims))


def test_clocks_may_differ_a_little(issuer: KeyServer, sign: Sign, call: Call) -> None:
    """Thirty seconds, as the settings of most providers assume."""
    assert call(sign(exp=int(time.time()) - 10))["principalId"] == "user-1"


def test_a_tampered_token_is_refused(issuer: KeyServer, sign: Sign, refused: Refused) -> None:
    """Somebody else's name under a genuine signature; a genuine text under a broken one."""
    header, body, signature = sign().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert refused(f"{header}.{encoded({**claims, 'sub': 'user-2'})}.{signature}")
    assert refused(f"{header}.{body}.{signature[:-4]}AAAA")
    assert refused(f"{header}.{body}.")


def test_a_token_signed_with_another_key_is_refused(
    issuer: KeyServer, sign: Sign, rsa_keys: Keys, refused: Refused
) -> None:
    """The id of a published key does not make it that key."""
    assert refused(sign(rsa_keys[1], kid="k1"))


def test_a_token_without_a_signature_is_refused(issuer: KeyServer, sign: Sign, refused: Refused) -> None:
    """alg=none, in all spellings."""
    _, body, _ = sign().split(".")
    for algorithm in ("none", "None", "NONE", ""):
        assert refused(f"{encoded({'alg': algorithm, 'kid': 'k1', 'typ': 'JWT'})}.{body}.")


def test_the_public_key_as_a_shared_secret_is_refused(
    issuer: KeyServer, sign: Sign, rsa_keys: Keys, refused: Refused
) -> None:
    """The classic confusion: HS256 with the published key as the secret."""
    public = rsa_keys[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, body, _ = sign().split(".")
    head = encoded({"alg": "HS256", "kid": "k1", "typ": "JWT"})
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{head}.{body}".encode(), public
    )
    assert refused(f"{head}.{body}." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode())


def test_elliptic_keys_work_and_are_bound_to_their_algorithm(
    issuer: KeyServer, sign: Sign, call: Call, refused: Refused
) -> None:
    """ES256 with P-256; the same key id under another algorithm is nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer.publish("e1", key)
    assert call(sign(key, kid="e1", algorithm="ES256"))["principalId"] == "user-1"
    assert refused(sign(kid="e1"))


@pytest.mark.parametrize(
    ("header", "scheme"),
    [
        ("", "Bearer "),
        ("x", ""),
        ("abc.def.ghi", "Bearer "),
        ("x" * 9000, "Bearer "),
        ("\u00e9.\u00e9.\u00e9", "Bearer "),
        ("\ud800.a.b", "Bearer "),
    ],
)
def test_what_is_no_token_is_refused(issuer: KeyServer, header: str, scheme: str, refused: Refused) -> None:
    """Rubbish is a 401, never a 500."""
    assert refused(header, scheme=scheme)


def test_another_scheme_is_refused_and_bearer_is_read_in_any_case(
    issuer: KeyServer, sign: Sign, call: Call, refused: Refused
) -> None:
    """RFC 7235: schemes ignore case."""
    assert refused(sign(), scheme="Basic ")
    assert call(sign(), scheme="bearer ")["principalId"] == "user-1"


def test_a_token_without_a_key_id_is_refused(issuer: KeyServer, sign: Sign, refused: Refused) -> None:
    """Trying all keys would hide which one signed."""
    assert refused(sign(kid=None))


def test_neither_tokens_nor_users_are_logged(
    issuer: KeyServer, sign: Sign, caplog: pytest.LogCaptureFixture, refused: Refused
) -> None:
    """A log line with a token is a stolen session."""
    token = sign(client_id="another-app")
    refused(token)
    assert "audience" in str([record.__dict__ for record in caplog.records])
    assert token not in str([record.__dict__ for record in caplog.records])
    assert "user-1" not in str([record.__dict__ for record in caplog.records])
