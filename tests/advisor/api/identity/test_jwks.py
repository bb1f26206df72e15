"""Issuers' keys: rotation without a restart, outages without sign-outs, forgeries without floods (AUTH-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from advisor.adapters.jwks import FETCHES_AT_ONCE, FRESH_SECONDS, STALE_SECONDS, JwksCache, KeyNotFoundError
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
