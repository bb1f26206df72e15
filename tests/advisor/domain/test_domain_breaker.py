"""The circuit breaker against a plain log of what happened (LLM-07)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.domain.breaker import SLOTS, Breaker, Outcome, Rules, State, permit, record

RULES = Rules()
GOOD, BAD, SLOW = Outcome(False, 1.0), Outcome(True), Outcome(False, 30.0)


def after(*outcomes: Outcome, at: float = 0.0, rules: Rules = RULES) -> Breaker:
    breaker = Breaker()
    for outcome in outcomes:
        breaker = record(breaker, outcome, probe=None, now=at, rules=rules)
    return breaker


def test_it_opens_above_5_percent_errors_and_never_before_20_calls() -> None:
    """LLM-07: one failure of nineteen is bad luck; more than one in twenty is an endpoint in trouble."""
    assert after(*[BAD] * 19).state is State.CLOSED
    assert after(*[GOOD] * 19, BAD).state is State.CLOSED, "5 % is not above 5 %"
    assert after(*[GOOD] * 18, BAD, BAD).state is State.OPEN


def test_it_opens_when_the_first_word_takes_more_than_10_seconds_on_average() -> None:
    """LLM-07: a model that answers everybody late is no model to wait for; calls without a latency say nothing."""
    assert after(*[Outcome(False, 10.0)] * 25).state is State.CLOSED
    assert after(*[Outcome(False, 10.1)] * 20).state is State.OPEN
    assert after(*[Outcome(False, None)] * 25).state is State.CLOSED


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """LLM-07: yesterday's outage must not stop today's first analyses."""
    breaker = after(*[BAD] * 19)
    assert record(breaker, BAD, probe=None, now=9.0, rules=RULES).state is State.OPEN
    assert record(breaker, BAD, probe=None, now=61.0, rules=RULES).state is State.CLOSED


def test_after_30_seconds_one_caller_tries_and_decides() -> None:
    """LLM-07: an endpoint that comes back is noticed by one call, not trampled by all that waited."""
    opened = after(*[BAD] * 20, at=100.0)
    assert permit(opened, now=129.9, rules=RULES) == (opened, False)
    trying, allowed = permit(opened, now=130.0, rules=RULES)
    assert (trying.state, allowed) == (State.HALF_OPEN, True)
    assert permit(trying, now=131.0, rules=RULES) == (trying, False)
    assert record(trying, GOOD, probe=130.0, now=133.0, rules=RULES) == Breaker()
    for failed in (BAD, SLOW):
        again = record(trying, failed, probe=130.0, now=133.0, rules=RULES)
        assert (again.state, again.since) == (State.OPEN, 133.0)


def test_a_try_that_is_never_heard_of_does_not_stop_the_model_for_ever() -> None:
    """LLM-07: a function that dies in its try must not leave the breaker half open."""
    trying, _ = permit(after(*[BAD] * 20), now=30.0, rules=RULES)
    assert permit(trying, now=30.0 + RULES.probe_for - 1, rules=RULES)[1] is False
    second, allowed = permit(trying, now=30.0 + RULES.probe_for, rules=RULES)
    assert allowed
    assert record(second, BAD, probe=30.0, now=160.0, rules=RULES) == second, "the first try's late end counts no more"


def test_a_try_that_was_not_made_is_given_to_the_next() -> None:
    """LLM-07: a budget that does not hold the call says nothing about the model."""
    trying, _ = permit(after(*[BAD] * 20), now=30.0, rules=RULES)
    given_back = record(trying, None, probe=30.0, now=31.0, rules=RULES)
    assert permit(given_back, now=31.0, rules=RULES)[1] is True


Step = tuple[float, str]
steps = st.lists(
    st.tuples(st.floats(0, 8), st.sampled_from(["good", "good", "good", "good", "good", "bad", "slow"])), max_size=120
)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_it_agrees_with_a_log_of_the_last_minute(sequence: list[Step]) -> None:
    """LLM-07: whatever the order of calls, the counters say what a full log would say, to a slot."""
    now, breaker = 0.0, Breaker()
    log: list[tuple[float, str]] = []
    width = RULES.window / SLOTS
    for wait, kind in sequence:
        now += wait
        breaker, allowed = permit(breaker, now=now, rules=RULES)
        if breaker.state is not State.CLOSED:
            assert allowed is (breaker.state is State.HALF_OPEN and breaker.probe == now)
            if allowed:
                breaker = record(breaker, _outcome(kind), probe=breaker.probe, now=now, rules=RULES)
                assert breaker.state is (State.CLOSED if kind == "good" else State.OPEN)
                log = []
            continue
        log.append((now, kind))
        breaker = record(breaker, _outcome(kind), probe=None, now=now, rules=RULES)
        assert (breaker.state is State.OPEN) is _should_open(log, now, width)
        if breaker.state is State.OPEN:
            log = []


def _outcome(kind: str) -> Outcome:
    return {"good": GOOD, "bad": BAD, "slow": SLOW}[kind]


def _should_open(log: list[Any], now: float, width: float) -> bool:
    start = now // width * width - RULES.window
    recent = [kind for at, kind in log if at // width * width > start]
    latencies = [{"good": 1.0, "slow": 30.0}[kind] for kind in recent if kind != "bad"]
    too_slow = bool(latencies) and sum(latencies) / len(latencies) > RULES.latency
    return len(recent) >= RULES.min_calls and (recent.count("bad") / len(recent) > 0.05 or too_slow)


@given(steps)
def test_its_memory_is_bounded(sequence: list[Step]) -> None:
    """LLM-07: it is read and written at every call, so it must stay small."""
    now, breaker = 0.0, Breaker()
    for wait, kind in sequence:
        now += wait
        breaker = record(breaker, _outcome(kind), probe=None, now=now, rules=Rules(min_calls=10_000))
        assert len(breaker.slots) <= SLOTS
