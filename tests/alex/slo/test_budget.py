"""An error budget is arithmetic that a release manager can check by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.slo.budget import Budget, Slice, State, allowed_minutes, budget, spent_minutes
from settings import load

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=30)
BURNS = load("prod").slo.burns


def over(slices: list[Slice], pct: float = 99.5, until: datetime = END) -> Budget:
    return budget(slices, objective_pct=pct, window_days=30, burns=BURNS, until=until)


EVENTS = st.tuples(st.integers(0, 30 * 1440 - 1), st.integers(0, 500), st.integers(0, 500)).map(
    lambda three: Slice(START + timedelta(minutes=three[0]), 1, min(three[1:]), max(three[1:]))
)
SLICES = st.lists(EVENTS, max_size=60)


def test_three_hours_and_36_minutes_exhaust_a_month_at_99_5(minutes: Callable[..., Any]) -> None:
    """OPS-08: 3.6 hours of outage in 30 days use up 99.5 % exactly; a minute less leaves a minute."""
    assert allowed_minutes(99.5, 30 * 1440) == 216 == 3.6 * 60
    whole = over(minutes(outage=216))
    assert (whole.spent, whole.left, whole.exhausted, whole.state) == (216, 0, True, State.EXHAUSTED)
    nearly = over(minutes(outage=215))
    assert (nearly.left, nearly.exhausted, nearly.state) == (1, False, State.HEALTHY)


def test_production_promises_more_than_the_freeze_asks(minutes: Callable[..., Any]) -> None:
    """PERF-07: 99.9 % of 30 days leave 43.2 minutes; the freeze waits for 216."""
    slices = minutes(outage=44)
    assert allowed_minutes(99.9, 30 * 1440) == 43.2
    assert over(slices, 99.9).exhausted
    assert not over(slices, 99.5).exhausted


def test_a_partial_failure_costs_its_share(minutes: Callable[..., Any]) -> None:
    """OPS-08: ten hours in which one request of ten fails cost an hour."""
    assert over(minutes(outage=600, good=54)).spent == pytest.approx(60)


def test_a_quiet_minute_costs_nothing_and_no_events_are_no_success() -> None:
    """OPS-08: nobody was let down, and nobody can say that it went well."""
    quiet = [Slice(START, 1, 0, 0)]
    assert over(quiet).spent == 0
    assert over(quiet).state is State.UNKNOWN
    assert over([]).state is State.UNKNOWN


def test_what_lies_outside_the_window_does_not_count(minutes: Callable[..., Any]) -> None:
    """OPS-08: the month rolls: 30 days after an outage its minutes are back."""
    slices = minutes(outage=216, at=0)
    assert over(slices).exhausted
    assert over(slices, until=END + timedelta(minutes=216)).spent == 0
    assert over(slices, until=START).spent == 0


def test_an_outage_burns_in_every_window_it_fills(minutes: Callable[..., Any]) -> None:
    """OPS-08: all requests of the last hour failed: 200 times the pace of 99.5 %, in the long and the short window."""
    found = over(minutes(outage=60, at=30 * 1440 - 60))
    fast, second, *_ = found.paces
    assert (fast.limit, fast.long_minutes, fast.short_minutes) == (14.4, 60, 5)
    assert [fast.long_rate, fast.short_rate] == pytest.approx([200, 200])
    assert second.long_rate == pytest.approx(200 / 6)
    assert found.state is State.BURNING
    ended = over(minutes(outage=60, at=30 * 1440 - 70))
    assert ended.paces[0].long_rate > 14.4
    assert not ended.paces[0].burning, "the short window says that it is over"


@given(SLICES, SLICES)
def test_what_is_spent_adds_up(one: list[Slice], other: list[Slice]) -> None:
    """OPS-08: two teams' counts of two halves of the month make the month's."""
    assert spent_minutes([*one, *other]) == pytest.approx(spent_minutes(one) + spent_minutes(other))
    assert over([*one, *other]).spent == pytest.approx(over(one).spent + over(other).spent)


@given(st.lists(EVENTS, min_size=1, max_size=60), st.data())
def test_one_more_bad_event_never_gives_budget_back(slices: list[Slice], data: st.DataObject) -> None:
    """OPS-08: else an outage could end a freeze."""
    index = data.draw(st.integers(0, len(slices) - 1))
    worse = list(slices)
    hit = worse[index]
    worse[index] = Slice(hit.at, hit.minutes, max(0, hit.good - 1), hit.total)
    before, after = over(slices), over(worse)
    assert after.spent >= before.spent
    assert after.left <= before.left
    assert not before.exhausted or after.exhausted


@given(SLICES)
def test_a_budget_is_never_spent_below_zero_or_beyond_the_time(slices: list[Slice]) -> None:
    """OPS-08: late metrics may say more good events than all; they earn nothing."""
    mixed = [*slices, Slice(START, 1, 9, 3)]
    assert 0 <= over(mixed).spent <= len(mixed)


@given(SLICES, st.sampled_from([(99.9, 99.5), (99.5, 95), (99, 95)]))
def test_a_stricter_objective_is_exhausted_first(slices: list[Slice], pair: tuple[float, float]) -> None:
    """PERF-07: the freeze can never come before the objective is missed."""
    strict, loose = (over(slices, pct) for pct in pair)
    assert strict.left < loose.left
    assert strict.exhausted or not loose.exhausted
