"""When a failed call is tried again, and how long to wait (AGENT-12): 3 attempts, 2 to 10 seconds, only if it helps.

The wait grows exponentially and is drawn at random between the minimum and the step's limit, so that callers that
failed together do not come back together. Time and chance are arguments: nothing here sleeps by itself.
"""

from collections.abc import Callable
from typing import TypeVar

from pydantic import Field, model_validator

from advisor.domain.models import Frozen

T = TypeVar("T")

RETRYABLE = frozenset(
    {
        "AgentTemporaryError",
        "TimeoutError",
        "RATE_LIMIT",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailableException",
        "ServiceUnavailable",
        "ServiceException",
        "InternalServerException",
        "InternalServerError",
        "InternalServerErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "DatabaseResumingException",
        "StatementTimeoutException",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "EndpointConnectionError",
        "ConnectionClosedError",
        "UnavailableError",
    }
)
"""Names of error classes and service error codes that are temporary; anything else fails at once."""

PHRASES = ("throttled", "timeout")
"""Words in an error's text that mark it temporary whatever its name."""


class RetryPolicy(Frozen):
    """``attempts`` counts the first call too; waits are in seconds."""

    attempts: int = Field(default=3, ge=1, le=10)
    minimum_seconds: float = Field(default=2.0, ge=0)
    maximum_seconds: float = Field(default=10.0, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "RetryPolicy":
        if self.maximum_seconds < self.minimum_seconds:
            raise ValueError("maximum_seconds is below minimum_seconds")
        return self


def wait_seconds(policy: RetryPolicy, attempt: int, rng: Callable[[], float]) -> float:
    """Seconds to wait after the failed ``attempt`` (from 1): minimum + chance x (limit - minimum).

    The limit doubles with each attempt from twice the minimum up to the maximum; ``rng`` gives 0 <= x < 1.
    """
    limit = min(policy.maximum_seconds, policy.minimum_seconds * 2.0 ** min(attempt, 30))
    return policy.minimum_seconds + rng() * (limit - policy.minimum_seconds)


def is_retryable(name: str, text: str = "") -> bool:
    """A later try may succeed: by the error's class name or service code, or by its text."""
    return name in RETRYABLE or any(phrase in text.lower() for phrase in PHRASES)


def temporary(error: Exception) -> bool:
    """The default judgement of an exception: its own ``retryable`` where it has one, else its name and text."""
    known = getattr(error, "retryable", None)
    return known if isinstance(known, bool) else is_retryable(type(error).__name__, str(error))


def call_with_retry(
    call: Callable[[], T],
    *,
    policy: RetryPolicy,
    sleep: Callable[[float], None],
    rng: Callable[[], float],
    classify: Callable[[Exception], bool] = temporary,
    on_retry: Callable[[int, float, Exception], None] | None = None,
) -> T:
    """Call until it succeeds, fails for good, or the attempts are used up; raises the last error.

    ``on_retry`` hears (attempt, seconds to wait, error) before each wait.
    """
    attempt = 1
    while True:
        try:
            return call()
        except Exception as error:
            if attempt >= policy.attempts or not classify(error):
                raise
            wait = wait_seconds(policy, attempt, rng)
            if on_retry is not None:
                on_retry(attempt, wait, error)
        sleep(wait)
        attempt += 1
