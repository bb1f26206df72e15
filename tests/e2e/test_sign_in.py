"""Who gets in at the deployed API, as whom and as what: tokens, key rotation, roles, advisers and clients."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm

from alex.client import Api
from local_cloud.cloud import LocalCloud

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]
Ask = Callable[..., httpx.Response]
SIGN_IN = "Your session has expired. Please sign in again."
NOT_YOURS = "You don't have permission to access this resource."


@pytest.fixture(scope="module")
def ask(base_url: str) -> Ask:
    """One request with a token, and nothing of the person's machine in it."""

    def asked(path: str, token: str | None, *, scheme: str = "Bearer") -> httpx.Response:
        headers = {"Authorization": f"{scheme} {token}"} if token else {}
        return httpx.get(base_url + path, headers=headers, trust_env=False, timeout=30)

    return asked


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _encoded(content: bytes | dict[str, Any]) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _with_public_key(head: dict[str, Any], body: str, public: bytes) -> str:
    """HS256 with the published key as the secret."""
    signed = f"{_encoded({**head, 'alg': 'HS256'})}.{body}"
    return f"{signed}.{_encoded(HMACAlgorithm(HMACAlgorithm.SHA256).sign(signed.encode(), public))}"


def _forged(good: str, public: bytes) -> dict[str, str]:
    """What somebody without the issuer's key can make of a good token."""
    head, body, signature = good.split(".")
    claims, header = _decoded(body), _decoded(head)
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    victim = {**claims, "sub": "whole-job-investor", "username": "whole-job-investor"}
    longer = {**claims, "exp": claims["exp"] + 60}
    return {
        "nonsense": "nonsense",
        "three parts of nothing": "a.b.c",
        "another user's name under the old signature": f"{head}.{_encoded(victim)}.{signature}",
        "a later end under the old signature": f"{head}.{_encoded(longer)}.{signature}",
        "no signature": f"{_encoded({**header, 'alg': 'none'})}.{body}.",
        "the public key as a secret": _with_public_key(header, body, public),
        "a key of one's own": jwt.encode(claims, own, algorithm="RS256", headers={"kid": header["kid"]}),
        "an unknown key": jwt.encode(claims, own, algorithm="RS256", headers={"kid": "unknown"}),
        "a key brought along": jwt.encode(claims, own, algorithm="RS256", headers={"kid": "k", "jku": "http://x/"}),
        "a critical extension": f"{_encoded({**header, 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "longer than any": f"{head}.{body}{'A' * 8000}.{signature}",
    }


def _careless(cloud: LocalCloud) -> dict[str, str]:
    """Genuine signatures over what must not count."""
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "expired": {"exp": now - 120},
        "without an end": {"exp": None},
        "an end as a text": {"exp": str(now + 600)},
        "an end beyond numbers": {"exp": 10**400},
        "an end in a year": {"exp": now + 365 * 86400},
        "not valid yet": {"nbf": now + 600},
        "another application's": {"client_id": "another"},
        "several other applications'": {"client_id": ["another", "third"]},
        "an id token": {"client_id": None, "aud": "alex-local"},
        "another issuer's": {"iss": "https://issuer.example"},
        "nobody's": {"sub": None},
        "somebody's with a space": {"sub": "two words"},
    }
    return {name: cloud.issue_token("bad-input-user", claims=claims) for name, claims in wrong.items()}


def test_a_token_that_is_not_good_opens_nothing_and_learns_nothing(cloud: LocalCloud, ask: Ask) -> None:
    """AUTH-01, AUTH-03: 401 with one text for all of them; the reason would help only who forges."""
    good = cloud.issue_token("bad-input-user")
    keys = jwt.PyJWKClient(f"{cloud.endpoint}/_issuer/.well-known/jwks.json")
    public = keys.get_signing_key_from_jwt(good).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert ask("/api/user", good).status_code == 200
    answers = {name: ask("/api/user", token) for name, token in (_forged(good, public) | _careless(cloud)).items()}
    answers |= {"none": ask("/api/user", None), "a password": ask("/api/user", "dXNlcjpwYXNz", scheme="Basic")}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401)
    for name, answer in answers.items():
        error = answer.json()["error"]
        assert (error["code"], error["message"]) == ("unauthorized", SIGN_IN), name
        assert set(error) == {"code", "message", "request_id"}, name


@pytest.mark.parametrize("shape", ["cognito", "clerk", "okta"])
def test_tokens_of_every_trusted_issuer_carry_user_and_roles(cloud: LocalCloud, ask: Ask, shape: str) -> None:
    """AUTH-05, IAM-11: the identity provider is a setting; what it calls a role counts only where it is mapped."""
    user, client = f"user-of-{shape}", f"client-for-{shape}"
    plain = cloud.issue_token(user, shape=shape)
    assert ask("/api/user", plain).json()["user"]["user_id"] == user
    assert ask("/api/user", cloud.issue_token(client)).status_code == 200
    path = f"/api/clients/{client}"
    statuses = {
        roles: ask(path, cloud.issue_token(user, shape=shape, roles=roles.split())).status_code
        for roles in ("", "compliance", "admin root", "operator", "operator compliance")
    }
    assert statuses == {"": 403, "compliance": 200, "admin root": 403, "operator": 403, "operator compliance": 200}


def test_keys_rotate_without_a_restart_or_a_refusal(cloud: LocalCloud, ask: Ask) -> None:
    """AUTH-02: the day an issuer rotates, nobody is signed out; the hour it withdraws a stolen key, the thief is."""
    before = [cloud.issue_token("rotation-user", claims={"jti": str(number)}) for number in range(2)]
    cloud.rotate_issuer()
    assert ask("/api/user", cloud.issue_token("rotation-user")).status_code == 200
    assert ask("/api/user", before[0]).status_code == 200
    cloud.rotate_issuer(withdraw_old=True)
    assert ask("/api/user", cloud.issue_token("rotation-user")).status_code == 200
    assert ask("/api/user", before[1]).status_code == 401


def test_an_adviser_works_for_the_client_who_chose_him_and_for_no_other(sign_in: Session) -> None:
    """AUTH-04: consent opens the portfolio, its withdrawal closes it; both at the deployed API."""
    client, adviser, other = (sign_in(name) for name in ("client-of-adviser", "adviser-of-client", "other-adviser"))
    account = client.post("/api/accounts", {"account_name": "Savings", "cash_balance": 10})["id"]
    client.send("PUT", "/api/user/advisor", body={"advisor_id": "adviser-of-client"})
    assert [found["user_id"] for found in adviser.get("/api/clients")["clients"]] == ["client-of-adviser"]
    assert adviser.get("/api/clients/client-of-adviser/accounts")["accounts"][0]["id"] == account
    assert adviser.send("PUT", f"/api/accounts/{account}", body={"cash_balance": 20}).status_code == 200
    refused = other.send("GET", "/api/clients/client-of-adviser/accounts")
    assert (refused.status_code, refused.json()["error"]["message"]) == (403, NOT_YOURS)
    assert other.get("/api/clients")["clients"] == []
    assert client.send("PUT", "/api/user/advisor", body={"advisor_id": None}).status_code == 200
    assert adviser.send("GET", "/api/clients/client-of-adviser/accounts").status_code == 403


def test_an_operator_follows_an_analysis_without_seeing_whose_it_is(
    cloud: LocalCloud, sign_in: Session, ask: Ask
) -> None:
    """IAM-11: running the platform needs no client's data."""
    client = sign_in("watched-client")
    client.post("/api/accounts", {"account_name": "Savings", "cash_balance": 10})
    job = client.post("/api/analyze", {})["job_id"]
    operator = cloud.issue_token("operator-1", roles=["operator"])
    status = ask(f"/api/jobs/{job}/status", operator)
    assert (status.status_code, status.json()["job_id"]) == (200, job)
    assert "watched-client" not in status.text
    assert ask(f"/api/jobs/{job}", operator).status_code == 403
    scientist = cloud.issue_token("scientist-1", roles=["data_scientist"])
    assert ask(f"/api/jobs/{job}/audit", scientist).status_code == 200
    assert ask(f"/api/jobs/{job}/status", scientist).status_code == 403
