"""The retry rule of the domain (AGENT-12) with a real clock: what the adapters that call other services share."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from advisor.domain.retry import RetryPolicy, call_with_retry

T = TypeVar("T")

ENOUGH_SECONDS = 25.0
"""Below this much time left a further attempt could only end in the function's time-out: better to say so now."""


@dataclass(frozen=True)
class Patience:
    """How long to go on: the policy, ``time_left`` of the invocation, and what one more attempt needs (seconds)."""

    policy: RetryPolicy = field(default_factory=RetryPolicy)
    time_left: Callable[[], float] = lambda: float("inf")
    sleep: Callable[[float], None] = time.sleep
    rng: Callable[[], float] = random.random
    enough_seconds: float = ENOUGH_SECONDS

    def run(self, work: Callable[[], T], *, retryable: Callable[[Exception], bool]) -> T:
        """Do the work, again where ``retryable`` says so; raises the last error."""

        def classify(error: Exception) -> bool:
            return retryable(error) and self.time_left() > self.enough_seconds

        return call_with_retry(work, policy=self.policy, sleep=self.sleep, rng=self.rng, classify=classify)
