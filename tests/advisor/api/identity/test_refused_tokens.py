"""Tokens made to deceive: each is a 401 and nothing else, and says nothing about why (AUTH-01, AUTH-03, AUTH-05)."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from advisor.adapters import environment
from tests.advisor.api.identity.conftest import COGNITO, OKTA, TRUSTED, KeyServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.advisor.api.identity.conftest import Admitted, Call, Keys, Refused, Sign

NOW = int(time.time())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def signed_text(key: rsa.RSAPrivateKey, head: str, body: str) -> str:
    """A genuine signature over any text, as a careless issuer would give it."""
    parts = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (head, body))
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(parts.encode(), key)
    return f"{parts}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": str(NOW + 600)},
        {"exp": NOW + 3600 * 24 * 365},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": -1},
        {"exp": 0},
        {"exp": True},
        {"exp": [NOW + 600]},
        {"exp": ""},
        {"nbf": NOW + 600},
        {"nbf": str(NOW - 600)},
        {"nbf": float("inf")},
        {"iat": float("inf")},
        {"iat": str(NOW)},
        {"iat": {}},
    ],
    ids=str,
)
def test_times_are_numbers_and_lives_are_short(
    issuer: KeyServer, sign: Sign, refused: Refused, claims: dict[str, Any]
) -> None:
    """AUTH-01, AUTH-03: a time as text, without end or beyond arithmetic would be a session for ever, or a 500."""
    assert refused(sign(**claims))


def test_a_token_may_live_exactly_as_long_as_the_settings_say(
    issuer: KeyServer, sign: Sign, call: Call, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUTH-03: one number for the user pool and for what is accepted."""
    assert call(sign(exp=int(time.time()) + 3600))
    assert refused(sign(exp=int(time.time()) + 3700))
    monkeypatch.setenv("LONGEST_SESSION_SECONDS", "300")
    environment.forget()
    assert refused(sign(exp=int(time.time()) + 400))


@pytest.mark.parametrize(
    "head",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": "b64"},
        {"crit": None},
        {"kid": "x" * 256},
        {"kid": ["k1"]},
        {"alg": ["RS256"]},
        {"alg": {"RS256": 1}},
    ],
    ids=str,
)
def test_a_header_that_asks_for_what_we_do_not_do_is_refused(
    issuer: KeyServer, sign: Sign, refused: Refused, head: dict[str, Any]
) -> None:
    """AUTH-01: a critical extension that is ignored is a rule of the issuer's that is broken (RFC 7515, 4.1.11)."""
    _, body, _ = sign().split(".")
    assert refused(f"{encoded({'alg': 'RS256', 'typ': 'JWT', 'kid': 'k1'} | head)}.{body}.c2ln")


def test_a_critical_extension_is_refused_under_a_genuine_signature(
    issuer: KeyServer, sign: Sign, rsa_keys: Keys, refused: Refused
) -> None:
    """AUTH-01: also when the issuer itself signed it."""
    claims = json.dumps({"iss": COGNITO, "sub": "user-1", "client_id": "app-1", "exp": NOW + 600})
    head = {"alg": "RS256", "kid": "k1"}
    assert refused(signed_text(rsa_keys[0], json.dumps({**head, "crit": ["x"], "x": 1}), claims))
    assert refused(signed_text(rsa_keys[0], json.dumps({**head, "crit": ["b64"], "b64": True}), claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["x", "y"]},
        {"aud": []},
        {"aud": [["api://alex"]]},
        {"aud": [{"api://alex": 1}]},
        {"aud": "api://alex,x"},
        {"aud": "api://alex "},
        {"aud": {"api://alex": 1}},
        {"aud": 7},
    ],
    ids=str,
)
def test_a_token_for_other_applications_is_refused(
    issuer: KeyServer, sign: Sign, refused: Refused, claims: dict[str, Any]
) -> None:
    """AUTH-01: whoever may read the user's token for a game must not read the portfolio."""
    assert refused(sign(iss=OKTA, client_id=None, uid="00u1", **claims))


@pytest.mark.parametrize(
    "body",
    [
        "[" * 5000,
        "{}",
        "[]",
        "null",
        '"text"',
        "1",
        "",
        '{"iss":',
        '{"iss":"a","iss":["a"]}',
        '{"exp":NaN}',
        '{"exp":' + "1" * 5000 + "}",
        "\x00",
    ],
    ids=lambda body: body[:12] or "empty",
)
def test_a_genuine_signature_over_rubbish_is_refused(
    issuer: KeyServer, rsa_keys: Keys, refused: Refused, body: str
) -> None:
    """AUTH-01: a 401, not a 500 that wakes somebody at night."""
    assert refused(signed_text(rsa_keys[0], '{"alg":"RS256","kid":"k1"}', body))
    assert refused(signed_text(rsa_keys[0], body, "{}"))


@pytest.fixture
def neighbour(issuer: KeyServer, rsa_keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    """Okta publishes keys of its own, the second key under the very id that Cognito uses for its first."""
    server = KeyServer()
    server.publish("k1", rsa_keys[1])
    urls = {OKTA: server.url}
    entries = [{**entry, "jwks_url": urls.get(entry["issuer"], issuer.url)} for entry in TRUSTED]
    monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps(entries))
    environment.forget()
    yield server
    server.close()


def test_one_issuers_key_signs_for_no_other_even_under_the_same_id(
    neighbour: KeyServer, sign: Sign, rsa_keys: Keys, call: Call, refused: Refused
) -> None:
    """AUTH-05: key ids are the issuers' own; a shared cache would let one of them make the other's users."""
    okta = {"iss": OKTA, "client_id": None, "aud": "api://alex", "uid": "00u1"}
    assert call(sign())["principalId"] == "user-1"
    assert call(sign(rsa_keys[1], **okta))["principalId"] == "okta:00u1"
    assert refused(sign(rsa_keys[1]))
    assert refused(sign(rsa_keys[0], **okta))


def test_one_issuers_users_are_never_anothers(issuer: KeyServer, sign: Sign, call: Call, refused: Refused) -> None:
    """AUTH-04: who chooses his id at one issuer must not become somebody of another."""
    okta = {"iss": OKTA, "client_id": None, "aud": "api://alex"}
    assert call(sign(uid="user-1", **okta))["principalId"] == "okta:user-1"
    assert refused(sign(sub="okta:00u1"))
    assert refused(sign(uid="x" * 251, **okta)), "longer than an id may be, with its prefix"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["exp", "nbf", "iat", "iss", "sub", "client_id", "cognito:groups", "jti"]), value=JSON)
def test_whatever_a_claim_holds_the_answer_is_a_user_or_a_401(
    issuer: KeyServer, rsa_keys: Keys, admitted: Admitted, name: str, value: Any
) -> None:
    """AUTH-01: no content of a signed token makes the authorizer fail, and none gives a role that is not mapped."""
    claims = {"iss": COGNITO, "sub": "user-1", "client_id": "app-1", "exp": NOW + 600} | {name: value}
    token = signed_text(rsa_keys[0], '{"alg":"RS256","kid":"k1"}', json.dumps(claims))
    context = admitted(token)
    if context is not None:
        assert context["roles"] == "" or name == "cognito:groups"
        assert context["user_id"] == "user-1" or name == "sub"
