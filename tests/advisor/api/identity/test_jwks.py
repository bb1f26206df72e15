"""Issuers' keys: rotation without a restart, outages without sign-outs, forgeries without floods (AUTH-02)."""

from __future__ import annotations

from http.client import BadStatusLine
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from advisor.adapters.jwks import (
    FETCHES_AT_ONCE,
    FETCHES_PER_SECOND,
    FRESH_SECONDS,
    STALE_SECONDS,
    JwksCache,
    KeyNotFoundError,
)
from advisor.handlers import authorizer

if TYPE_CHECKING:
    from tests.advisor.api.identity.conftest import Call, Keys, KeyServer, Refused, Sign


def test_weak_and_foreign_keys_are_not_used(issuer: KeyServer, sign: Sign, refused: Refused) -> None:
    """Even when the issuer publishes them: short RSA, other curves, encryption keys."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    issuer.publish("short", short)
    issuer.publish("enc", short, use="enc")
    issuer.publish("p384", ec.generate_private_key(ec.SECP384R1()))
    assert refused(sign(short, kid="short"))
    with pytest.raises(KeyNotFoundError):
        authorizer.keys.key(issuer.url, "p384", "ES256")


def test_a_rotated_key_works_with_its_first_token_and_without_a_restart(
    issuer: KeyServer, sign: Sign, rsa_keys: Keys, call: Call
) -> None:
    """AUTH-02: no fixed cool-down, so nobody is signed out by a rotation; the old key works while it is published."""
    assert call(sign())["principalId"] == "user-1"
    issuer.publish("k2", rsa_keys[1])
    assert call(sign(rsa_keys[1], kid="k2"))["principalId"] == "user-1"
    assert call(sign())["principalId"] == "user-1"
    assert issuer.asked == 2


def test_many_tokens_cost_one_fetch(issuer: KeyServer, sign: Sign, call: Call) -> None:
    """The issuer is asked once an hour, not once a request."""
    for _ in range(20):
        call(sign())
    assert issuer.asked == 1


def test_forged_key_ids_cannot_make_us_hammer_the_issuer(
    issuer: KeyServer, sign: Sign, call: Call, refused: Refused
) -> None:
    """A handful of fetches, however many forgeries; and known keys go on working meanwhile."""
    for number in range(50):
        assert refused(sign(kid=f"forged-{number}"))
    assert issuer.asked <= FETCHES_AT_ONCE + 1
    assert call(sign())["principalId"] == "user-1"


def test_a_rotation_arrives_within_seconds_even_under_a_flood_of_forgeries(issuer: KeyServer, rsa_keys: Keys) -> None:
    """AUTH-02: forgeries use up the allowance, but each fetch they cause is one that brings the new key."""
    now = 0.0
    cache = JwksCache(clock=lambda: now)
    for number in range(50):
        with pytest.raises(KeyNotFoundError):
            cache.key(issuer.url, f"forged-{number}", "RS256")
    issuer.publish("k2", rsa_keys[1])
    with pytest.raises(KeyNotFoundError):
        cache.key(issuer.url, "k2", "RS256")
    now = 1 / FETCHES_PER_SECOND
    with pytest.raises(KeyNotFoundError):
        cache.key(issuer.url, "forged", "RS256")
    assert cache.key(issuer.url, "k2", "RS256")
    assert cache.key(issuer.url, "k1", "RS256")


def test_a_withdrawn_key_ends_with_the_first_token_of_its_successor(
    issuer: KeyServer, sign: Sign, rsa_keys: Keys, call: Call, refused: Refused
) -> None:
    """AUTH-02: after a stolen key is replaced, its unexpired tokens open nothing any more."""
    stolen = sign()
    assert call(stolen)["principalId"] == "user-1"
    issuer.entries.clear()
    issuer.publish("k2", rsa_keys[1])
    assert call(sign(rsa_keys[1], kid="k2"))["principalId"] == "user-1"
    assert refused(stolen)


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "RSA", "n": "!!!", "e": "AQAB"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": None, "e": None},
        {"kty": ["RSA"], "n": "", "e": ""},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
        {"kty": "EC", "crv": ["P-256"], "x": 5, "y": "AA"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kid": {}},
    ],
    ids=str,
)
def test_an_unusable_key_leaves_the_others_usable(
    issuer: KeyServer, sign: Sign, call: Call, refused: Refused, entry: dict[str, Any]
) -> None:
    """AUTH-02: one bad entry in an issuer's document is not a 500 for everybody."""
    issuer.entries.insert(0, {"kid": "bad", **entry})
    assert call(sign())["principalId"] == "user-1"
    assert refused(sign(kid="bad"))


@pytest.mark.parametrize("failure", [OSError("away"), BadStatusLine("?"), ValueError("not JSON"), RecursionError()])
def test_however_an_issuer_fails_what_is_known_goes_on_working(
    issuer: KeyServer, rsa_keys: Keys, failure: Exception
) -> None:
    """AUTH-02: a network has more ways to fail than to work."""
    now, document = 0.0, {"keys": issuer.entries}

    def load(_url: str) -> dict[str, Any]:
        if now:
            raise failure
        return document

    cache = JwksCache(load=load, clock=lambda: now)
    assert cache.key("https://keys.example", "k1", "RS256")
    now = FRESH_SECONDS + 1
    assert cache.key("https://keys.example", "k1", "RS256")


@pytest.mark.parametrize(
    "document", [b"", b"[]", b'{"keys": {}}', b'{"keys": "x"}', b"<html>", b'{"keys": [' + b" " * 300_000 + b"]}"]
)
def test_a_broken_key_document_changes_nothing_that_is_known(issuer: KeyServer, document: bytes) -> None:
    """AUTH-02: an issuer's bad day is not everybody's sign-out."""
    now = 0.0
    cache = JwksCache(clock=lambda: now)
    assert cache.key(issuer.url, "k1", "RS256")
    issuer.document = document
    now = FRESH_SECONDS + 1
    assert cache.key(issuer.url, "k1", "RS256")
    assert issuer.asked == 2


def test_keys_are_forgotten_when_withdrawn_and_kept_while_the_issuer_is_away(issuer: KeyServer, rsa_keys: Keys) -> None:
    """A withdrawn key ends within the hour; an outage of the issuer signs nobody out for a day."""
    now = 0.0
    cache = JwksCache(clock=lambda: now)
    assert cache.key(issuer.url, "k1", "RS256")
    issuer.status = 503
    now = FRESH_SECONDS + 1
    assert cache.key(issuer.url, "k1", "RS256")
    now = STALE_SECONDS + 1
    with pytest.raises(KeyNotFoundError):
        cache.key(issuer.url, "k1", "RS256")
    issuer.status, now = 200, now + 60
    assert cache.key(issuer.url, "k1", "RS256")
    issuer.entries.clear()
    issuer.publish("k2", rsa_keys[1])
    now += FRESH_SECONDS + 1
    with pytest.raises(KeyNotFoundError):
        cache.key(issuer.url, "k1", "RS256")


def test_an_issuer_that_cannot_be_reached_refuses_instead_of_failing(
    issuer: KeyServer, sign: Sign, refused: Refused
) -> None:
    """401 for an unverifiable token; the API is not to answer 500 for it."""
    issuer.status = 500
    assert refused(sign())
    issuer.status = 302
    assert refused(sign())
