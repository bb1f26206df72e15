"""Retries help only where they can, and limits say exactly when to come back (AGENT-12, API-03, B.3)."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from advisor.domain.rate import Bucket, take
from advisor.domain.retry import RetryPolicy, call_with_retry, is_retryable, temporary, wait_seconds


class AgentTemporaryError(Exception):
    """Named as the sources name it."""


@pytest.mark.parametrize(
    ("name", "text", "again"),
    [
        ("AgentTemporaryError", "", True),
        ("TimeoutError", "", True),
        ("RATE_LIMIT", "", True),
        ("ThrottlingException", "", True),
        ("DatabaseResumingException", "", True),
        ("Whatever", "The request was THROTTLED", True),
        ("Whatever", "Read timeout on endpoint", True),
        ("ValidationException", "bad schema", False),
        ("AccessDeniedException", "", False),
        ("ValueError", "", False),
    ],
)
def test_only_temporary_errors_are_retried(name: str, text: str, again: bool) -> None:
    """A wrong request is not sent three times, and a throttled one is not given up."""
    assert is_retryable(name, text) is again


def test_an_error_may_know_better_than_its_name() -> None:
    """An error that says whether it is retryable is believed."""
    known = TimeoutError()
    known.retryable = False  # type: ignore[attr-defined]
    assert not temporary(known)
    assert temporary(TimeoutError())


@given(attempt=st.integers(1, 50), chance=st.floats(0, 1, exclude_max=True))
def test_waits_lie_between_2_and_10_seconds(attempt: int, chance: float) -> None:
    """Whatever the chance, the wait is 2 to 10 s and its limit grows 4, 8, 10, 10."""
    policy = RetryPolicy()
    limit = {1: 4, 2: 8}.get(attempt, 10)
    wait = wait_seconds(policy, attempt, lambda: chance)
    assert 2 <= wait <= limit
    assert wait == pytest.approx(2 + chance * (limit - 2))


def run(failures: list[Exception], **more: Any) -> tuple[str | Exception, list[float], int]:
    """Call something that fails as listed and then succeeds; returns outcome, waits (fake clock) and calls."""
    waits: list[float] = []
    calls = itertools.count()
    made = 0

    def call() -> str:
        nonlocal made
        made += 1
        index = next(calls)
        if index < len(failures):
            raise failures[index]
        return "done"

    try:
        return call_with_retry(call, policy=RetryPolicy(), sleep=waits.append, rng=lambda: 0.5, **more), waits, made
    except (AgentTemporaryError, TimeoutError, ValueError) as error:
        return error, waits, made


def test_third_attempt_may_succeed() -> None:
    """Two throttles cost an investor two waits, not the analysis."""
    heard: list[tuple[int, float]] = []
    outcome = run(
        [AgentTemporaryError(), TimeoutError()], on_retry=lambda attempt, wait, _: heard.append((attempt, wait))
    )
    assert outcome == ("done", [3.0, 5.0], 3)
    assert heard == [(1, 3.0), (2, 5.0)]


def test_three_attempts_are_the_end() -> None:
    """A service that is down is called three times, waits twice, and its last error is raised."""
    errors: list[Exception] = [TimeoutError(str(number)) for number in range(5)]
    outcome, waits, calls = run(errors)
    assert outcome is errors[2]
    assert (len(waits), calls) == (2, 3)


def test_lasting_errors_fail_at_once() -> None:
    """An error that no retry heals is raised after the first call without a wait."""
    wrong = ValueError("bad")
    assert run([wrong]) == (wrong, [], 1)


def test_policy_refuses_nonsense() -> None:
    """A maximum below the minimum is a mistake in the settings."""
    with pytest.raises(ValidationError, match="below"):
        RetryPolicy(minimum_seconds=5, maximum_seconds=1)


def test_burst_then_refusal_then_refill() -> None:
    """Three requests at once pass with burst 3, the fourth waits 1/rate seconds, by hand."""
    bucket: Bucket | None = None
    for _ in range(3):
        decision = take(bucket, now=100.0, rate=0.5, burst=3)
        assert decision.allowed
        bucket = decision.bucket
    refused = take(bucket, now=100.0, rate=0.5, burst=3)
    assert (refused.allowed, refused.retry_after) == (False, 2)
    assert take(refused.bucket, now=101.0, rate=0.5, burst=3).retry_after == 1
    assert take(refused.bucket, now=102.0, rate=0.5, burst=3).allowed
    assert take(Bucket(0.25, 100.0), now=100.0, rate=0.5, burst=3).retry_after == 2


@given(
    rate=st.floats(0.01, 100),
    burst=st.integers(1, 3),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_long_run_rate_and_retry_after_hold(rate: float, burst: int, steps: list[float]) -> None:
    """No pattern of requests gets more than burst + rate x time, and Retry-After is long enough, and a second less
    (but one) would not be.
    """
    now, bucket, allowed = 1000.0, None, 0
    for step in steps:
        now += step
        decision = take(bucket, now=now, rate=rate, burst=burst)
        bucket = decision.bucket
        assert 0 <= bucket.tokens <= burst
        if decision.allowed:
            allowed += 1
            assert decision.retry_after == 0
        else:
            assert take(bucket, now=now + decision.retry_after, rate=rate, burst=burst).allowed
            if decision.retry_after > 1:
                assert not take(bucket, now=now + decision.retry_after - 1, rate=rate, burst=burst).allowed
    assert allowed <= burst + rate * (now - 1000.0) + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """A second host with a slow clock neither refills nor freezes a user's bucket."""
    decision = take(Bucket(0.0, 100.0), now=50.0, rate=1, burst=5)
    assert (decision.allowed, decision.bucket) == (False, Bucket(0.0, 100.0))


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 5), (1, 0.5)])
def test_impossible_limits_are_refused(rate: float, burst: float) -> None:
    """A limit under which nobody could ever pass is a mistake in the settings."""
    with pytest.raises(ValueError, match="must be above 0"):
        take(None, now=0, rate=rate, burst=burst)
