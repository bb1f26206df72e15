"""An issuer's public keys: cached, fetched again when an unknown key id appears, never more often than is decent.

Decisions (AUTH-02): a rotated key works with the first token that names it, because an unknown key id fetches at once;
a token bucket (not a fixed pause) limits those fetches, so that forged key ids cannot make this function hammer the
issuer; known keys keep working for a day while the issuer is away, and keys that the issuer withdrew are forgotten
within the hour.
"""

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import jwt
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from advisor.domain.rate import Bucket, take

FRESH_SECONDS = 3600.0
STALE_SECONDS = 86_400.0
FETCHES_AT_ONCE = 5.0
FETCHES_PER_SECOND = 0.2
TIMEOUT_SECONDS = 3.0
LIMIT_BYTES = 262_144
LEAST_RSA_BITS = 2048


class KeyNotFoundError(Exception):
    """The issuer has no such key, or cannot be asked now."""


@dataclass
class _Known:
    """Keys of one issuer by id (with the algorithm they sign with), when they were fetched, and the fetch allowance."""

    keys: dict[str, tuple[str, Any]]
    fetched_at: float
    bucket: Bucket | None = None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key document is where the settings say, and nowhere else."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Refuse."""


def fetch(url: str) -> dict[str, Any]:
    """The key document; raises OSError, HTTPException, ValueError, RecursionError (nested without end)."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an HTTP address")
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
        text = answer.read(LIMIT_BYTES + 1)
    if len(text) > LIMIT_BYTES:
        raise ValueError("the key document is too large")
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a key document")
    return document


class JwksCache:
    """Keys by address and id."""

    def __init__(
        self,
        *,
        load: Callable[[str], dict[str, Any]] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._clock = clock
        self._issuers: dict[str, _Known] = {}

    def key(self, url: str, kid: str, algorithm: str) -> Any:
        """The public key for a key id and algorithm; raises KeyNotFoundError."""
        known = self._issuers.setdefault(url, _Known({}, float("-inf")))
        age = self._clock() - known.fetched_at
        if kid not in known.keys or age > FRESH_SECONDS:
            self._refresh(url, known)
            age = self._clock() - known.fetched_at
        found = known.keys.get(kid)
        if found is None or age > STALE_SECONDS:
            raise KeyNotFoundError("the issuer does not publish this key")
        if found[0] != algorithm:
            raise KeyNotFoundError("the key is for another algorithm")
        return found[1]

    def _refresh(self, url: str, known: _Known) -> None:
        """Fetch when the allowance permits; on failure what is known stays."""
        decision = take(known.bucket, now=self._clock(), rate=FETCHES_PER_SECOND, burst=FETCHES_AT_ONCE)
        known.bucket = decision.bucket
        if not decision.allowed:
            return
        try:
            document = self._load(url)
        except (OSError, HTTPException, ValueError, RecursionError):
            return
        known.keys = dict(filter(None, map(_public_key, document["keys"])))
        known.fetched_at = self._clock()


def _public_key(entry: Any) -> tuple[str, tuple[str, Any]] | None:
    """(id, (algorithm, key)) of a usable signing key: RSA of at least 2048 bits, or P-256; None for any other."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not isinstance(entry.get("kid"), str):
        return None
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(entry.get("kty")))
    if algorithm is None or entry.get("alg", algorithm) != algorithm or "d" in entry:
        return None
    try:
        key: Any = RSAAlgorithm.from_jwk(entry) if algorithm == "RS256" else ECAlgorithm.from_jwk(entry)
    except (jwt.InvalidKeyError, ValueError, TypeError):
        return None  # one unusable entry leaves the others usable
    if algorithm == "RS256" and key.key_size < LEAST_RSA_BITS:
        return None
    if algorithm == "ES256" and entry.get("crv") != "P-256":
        return None
    return entry["kid"], (algorithm, key)
