"""Token bucket of a user's requests (domain B.3, API-03) as a pure function; the adapter stores the bucket."""

import math
from dataclasses import dataclass

_SLACK = 1e-9
"""Forgives binary fractions: 0.1 added ten times is a token."""


@dataclass(frozen=True)
class Bucket:
    """Tokens left at a time (seconds since the epoch)."""

    tokens: float
    at: float


@dataclass(frozen=True)
class Decision:
    """``retry_after``: whole seconds after which a request is allowed if nobody else takes the token; 0 if allowed."""

    allowed: bool
    retry_after: int
    bucket: Bucket


def take(bucket: Bucket | None, *, now: float, rate: float, burst: float) -> Decision:
    """Take one token; ``rate`` tokens a second flow in, at most ``burst`` are kept; None is a new, full bucket.

    Retry-After = ceil((1 - tokens) / rate). A clock that went back adds nothing and does not move the bucket back.
    Raises ValueError when the rate is not positive or the burst is below 1: no request could ever pass.
    """
    if rate <= 0 or burst < 1:
        raise ValueError(f"rate {rate} must be above 0 and burst {burst} at least 1")
    before = bucket or Bucket(burst, now)
    at = max(now, before.at)
    tokens = min(burst, before.tokens + (at - before.at) * rate)
    if tokens >= 1 - _SLACK:
        return Decision(True, 0, Bucket(max(tokens - 1, 0.0), at))
    return Decision(False, max(1, math.ceil((1 - tokens) / rate - _SLACK)), Bucket(tokens, at))
