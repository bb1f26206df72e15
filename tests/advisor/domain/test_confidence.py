"""A reader can add up the confidence, and bad data never makes an analysis look better (WEB-05, domain 9.4)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.quality import QualityReport, assess
from advisor.domain.vocabulary import AllocationSource

D = Decimal
WEDNESDAY = date(2022, 12, 28)

# (price in cents or None, age in calendar days or None, allocation: known, default, none)
HOLDING = st.tuples(
    st.none() | st.integers(1, 10**7), st.none() | st.integers(-3, 40), st.sampled_from(["known", "default", "none"])
)
HOLDINGS = st.lists(HOLDING, max_size=12)


def report(build: Any, holdings: list[Any], **more: Any) -> QualityReport:
    """The quality of one account with these holdings."""
    held = []
    for number, (cents, age, allocation) in enumerate(holdings):
        kind = {"allocation_source": AllocationSource.DEFAULT} if allocation == "default" else {}
        held.append(
            (
                build.instrument(
                    f"S{chr(65 + number)}",
                    None if cents is None else str(D(cents) / 100),
                    {} if allocation == "none" else None,
                    as_of=None if age is None else WEDNESDAY - timedelta(days=age),
                    **kind,
                ),
                "1",
            )
        )
    return assess(build.portfolio(build.account("a", held, cash="100")), on=WEDNESDAY, **more)


@given(holdings=HOLDINGS, fallbacks=st.integers(0, 12), judge=st.none() | st.floats(0, 1, allow_nan=False))
def test_points_add_up_to_the_confidence(build: Any, holdings: list[Any], fallbacks: int, judge: float | None) -> None:
    """WEB-05: an investor who adds up the printed points gets the printed confidence, to the last digit."""
    found = report(build, holdings, fallbacks=[f"agent-{n}" for n in range(fallbacks)], judge=judge)
    shown = found.as_dict()
    assert sum(D(str(term["points"])) for term in shown["derivation"]) == D(str(shown["confidence"]))
    assert 0 <= found.confidence <= 1
    for term in shown["derivation"]:
        if term["term"] in {"missing_prices", "old_prices", "allocations", "fallbacks"}:
            assert term["points"] == pytest.approx(-term["share"] * term["weight"], abs=2e-4)
            assert str(term["points"]) != "-0.0"


@given(cents=st.lists(st.integers(1, 10**7), max_size=12), age=st.integers(0, 5))
def test_nothing_missing_is_confidence_one(build: Any, cents: list[int], age: int) -> None:
    """WEB-05: sound data must not be reported as doubtful; Friday's close is fresh on Wednesday after a holiday."""
    found = report(build, [(price, age, "known") for price in cents])
    assert found.confidence == 1
    assert [term.points for term in found.derivation][1:] == [0, 0, 0, 0]


@given(data=st.data(), holdings=st.lists(HOLDING, min_size=1, max_size=10), fallbacks=st.integers(0, 3))
def test_a_worse_datum_never_raises_the_confidence(
    build: Any, data: st.DataObject, holdings: list[Any], fallbacks: int
) -> None:
    """WEB-05: with a formula that rewards missing data, the worst portfolios would pass without an expert's review."""
    before = report(build, holdings, fallbacks=[f"agent-{n}" for n in range(fallbacks)]).confidence
    index = data.draw(st.integers(0, len(holdings) - 1))
    cents, age, allocation = holdings[index]
    worse = list(holdings)
    sound = age is not None and 0 <= age <= 5 and allocation == "known"
    changes: list[Any] = [(cents, None, allocation), (cents, 40, allocation), (cents, age, "none")]
    changes += [(None, age, allocation)] if sound else []  # the share of an unsound holding goes with its value
    worse[index] = data.draw(st.sampled_from(changes))
    more = fallbacks + data.draw(st.integers(0, 2))
    assert report(build, worse, fallbacks=[f"agent-{n}" for n in range(more)]).confidence <= before


def test_the_words_say_what_the_numbers_say(build: Any) -> None:
    """WEB-05: a share without a sentence means nothing to an investor."""
    found = report(build, [(10_000, 30, "known"), (None, 0, "known"), (20_000, 0, "default")], fallbacks=["charter"])
    texts = {term.name: term.text for term in found.derivation}
    assert texts["missing_prices"].startswith("1 of 3 positions without a price")
    assert texts["old_prices"].startswith("25.00% of the value")  # 100 of 400 dollars, cash included
    assert texts["allocations"].startswith("50.00% of the value")
    assert texts["fallbacks"] == "1 agent was replaced by a fallback."
    assert found.confidence == D("0.1917")  # 1 - 0.3333 - 0.125 - 0.25 - 0.1


def test_the_floor_and_the_judge_are_terms_too(build: Any) -> None:
    """WEB-05: what lifts or scales the sum must be in the sum, or the reader cannot follow it."""
    lost = report(build, [(None, 0, "known")], fallbacks=["a", "b"])
    assert (lost.derivation[-1].name, lost.derivation[-1].points, lost.confidence) == ("floor", D("0.2000"), D(0))
    judged = report(build, [(10_000, 0, "known")], judge=0.85)
    assert (judged.derivation[-1].name, judged.confidence) == ("judge", D("0.8500"))


@pytest.mark.parametrize(
    ("as_of", "level"),
    [
        ("2022-12-28", "fresh"),
        ("2022-12-27", "fresh"),  # one trading day: what the provider's free plan gives
        ("2022-12-23", "ageing"),  # Friday; Monday was the observed Christmas: two trading days
        ("2022-12-22", "stale"),
        ("2022-12-29", "stale"),  # tomorrow's close: nobody can know it
        (None, "stale"),
    ],
)
def test_amber_and_red(build: Any, as_of: str | None, level: str) -> None:
    """WEB-05: older than one trading day is amber, than two red; weekends and holidays do not age a price (INT-04)."""
    day = date.fromisoformat(as_of) if as_of else None
    held = build.instrument("A", "1", as_of=day)
    found = assess(build.portfolio(build.account("a", [(held, "1")])), on=WEDNESDAY)
    assert [stale.symbol for stale in found.stale_prices] == (["A"] if level == "stale" else [])
    assert [ageing.symbol for ageing in found.ageing_prices] == (["A"] if level == "ageing" else [])
    strict = assess(build.portfolio(build.account("a", [(held, "1")])), on=WEDNESDAY, ageing_after=0, stale_after=1)
    assert len(strict.stale_prices) == (level != "fresh")
