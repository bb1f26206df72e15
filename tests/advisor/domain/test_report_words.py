"""What an investor reads without a model: plain words, right grammar, and no sentence that another one contradicts."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.analysis import analyse
from advisor.domain.facts import facts_of, reporter_facts, retirement_facts
from advisor.domain.readiness import AIM, readiness
from advisor.domain.recommendations import recommend
from advisor.domain.report import fallback_report, fallback_retirement
from advisor.domain.retirement import plan_of, simulate
from advisor.domain.rollup import roll_up

ON = date(2022, 12, 28)
JARGON = re.compile(r"herfindahl|mean path|drift|nobody stands|simulated paths|heuristic|fallback|payload", re.I)
ONE_OF_MANY = re.compile(r"(?<![.,\d])1 (?:accounts|positions|orders|years|holdings)\b")


def tiny(build: Any, **user: Any) -> Any:
    """One account, one position, one year to go."""
    return build.portfolio(
        build.account("a", [(build.instrument("ONE"), "10")], cash="10"), **({"years_until_retirement": 1} | user)
    )


def texts(portfolio: Any) -> list[str]:
    numbers = simulate(plan_of(portfolio, roll_up(portfolio)), seed=1).numbers()
    advice = [*recommend(analyse(portfolio, on=ON)), *filter(None, [readiness(numbers)])]
    return [
        fallback_report(reporter_facts(portfolio, on=ON)),
        fallback_retirement(retirement_facts(portfolio, numbers)),
        *(f"{item.recommendation} {item.reasoning} {item.impact}" for item in advice),
    ]


@pytest.mark.parametrize("which", ["worked", "tiny", "now"])
def test_words_are_plain_and_numbers_of_things_agree(build: Any, which: str) -> None:
    """ "In 1 accounts", or a Herfindahl index, tells a reader that nobody read it before."""
    portfolio = {
        "worked": build.worked,
        "tiny": lambda: tiny(build),
        "now": lambda: tiny(build, years_until_retirement=0),
    }[which]()
    for text in texts(portfolio):
        assert JARGON.search(text) is None, text
        assert ONE_OF_MANY.search(text) is None, text
        assert "in 0 years" not in text


def test_the_report_does_not_judge_what_it_cannot_know(build: Any) -> None:
    """The job's confidence falls with every agent that fails: a report that names one would contradict the page."""
    facts = reporter_facts(build.worked(), on=ON)
    assert not {"confidence", "cue", "fallbacks"} & facts["quality"].keys()
    text = fallback_report(facts)
    assert "confidence" not in text
    assert "The data are incomplete: 1 holding without a price." in text
    whole = build.portfolio(build.account("a", [(build.instrument("ONE"), "10")]))
    assert "Every holding has a recent price and a classification." in fallback_report(reporter_facts(whole, on=ON))


def test_old_means_the_same_for_the_report_and_the_job(build: Any) -> None:
    """The age from which a price is old is a setting: the report must not call fresh what the job calls old."""
    day_old = build.portfolio(build.account("a", [(build.instrument("ONE", as_of=date(2022, 12, 27)), "10")]))
    fresh, strict = (reporter_facts(day_old, on=ON, stale_after=days) for days in (2, 0))
    assert fresh["quality"]["stale_prices"] == []
    assert [one["symbol"] for one in strict["quality"]["stale_prices"]] == ["ONE"]
    assert "1 holding with an old price" in fallback_report(strict)


def test_a_plan_that_average_returns_cover_is_not_called_safe(build: Any) -> None:
    """A target that average returns reach fails in many futures: the report must send its reader to the odds."""
    rich = tiny(build, target_retirement_income=Decimal(50), years_until_retirement=0)
    analysis = analyse(rich, on=ON)
    assert analysis.projection.income_gap > 0 or analysis.projection.sustainable_income > 0
    covered = tiny(build, target_retirement_income=Decimal(1), years_until_retirement=0)
    text = fallback_report(facts_of(analyse(covered, on=ON)))
    assert "exceeds the target income" in text
    assert "how sure that is, the retirement analysis tells" in text
    assert "assume the average return in every year" in text
    assert "Treat the income target as reachable, not as certain." in text
    assert "Read it together with the retirement analysis" in text


def test_the_odds_do_not_repeat_the_advice_of_the_gap(build: Any) -> None:
    """Where a gap remains the report says how to close it; the odds add how urgent that is, in other words."""
    numbers = {"success_rate": AIM - 30, "paths": 10_000, "percentile_10": 0.0}
    short, risky = readiness(numbers | {"income_gap": 5000.0}), readiness(numbers | {"income_gap": -1.0})
    assert short is not None
    assert risky is not None
    gap = next(one for one in recommend(analyse(build.worked(), on=ON)) if one.recommendation.startswith("Save about"))
    assert "retire later" in gap.recommendation
    assert "retire later" in risky.recommendation
    assert "retire later" not in short.recommendation
    assert "gap" in short.recommendation
