"""The deterministic analyst is useful only if its words follow the facts: same facts same text, else another.

A text that stays when the portfolio changes would be decoration, and an investor would read it as advice (AGENT-07).
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import pytest

from advisor.agents.reporter import Reporter
from advisor.agents.request import AgentRequest
from advisor.agents.retirement import Retirement
from advisor.domain.models import Portfolio
from tests.advisor.agents.test_analyst_on_many_portfolios import DAY, some_portfolio

SPACE = UUID(int=9)


def texts(portfolio: Portfolio, office: Any, *, job: str = "same") -> tuple[str, str]:
    """The report and the retirement text for a portfolio."""
    request = AgentRequest(job_id=uuid5(SPACE, job), user_id="user-1")
    told = Reporter(desk=office.desk()).run(request, portfolio, on=DAY)["payload"]["content"]
    odds = Retirement(desk=office.desk(), paths=200).run(request, portfolio, on=DAY)["payload"]["analysis"]
    return str(told), str(odds)


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_identical_facts_give_identical_words(seed: int, analyst: Callable[..., Any]) -> None:
    """AGENT-15: two runs that differ without a reason cannot be explained to anybody."""
    portfolio = some_portfolio(seed)
    assert texts(portfolio, analyst()) == texts(portfolio, analyst())


def test_no_two_portfolios_get_the_same_words(analyst: Callable[..., Any]) -> None:
    """AGENT-07, AGENT-09: twenty investors, twenty reports and twenty projections."""
    office = analyst()
    found = [texts(some_portfolio(seed), office, job=str(seed)) for seed in range(20)]
    assert len({report for report, _ in found}) == 20
    assert len({odds for _, odds in found}) == 20


def _without_figures(text: str) -> str:
    return "".join(char for char in text if not char.isdigit())


def test_not_only_the_figures_differ(analyst: Callable[..., Any]) -> None:
    """AGENT-07: a form with other figures in it would not be a report on this portfolio; sentences come and go."""
    office = analyst()
    worded = [_without_figures(texts(some_portfolio(seed), office, job=str(seed))[0]) for seed in range(12)]
    shared = set(worded[0].splitlines()).intersection(*(text.splitlines() for text in worded))
    lines = min(len(set(text.splitlines())) for text in worded)
    assert len(shared) < lines * 0.6
    assert len(set(worded)) == 12


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"target_retirement_income": "250000"}, "Retirement"),
        ({"years_until_retirement": 0}, "Retirement"),
        ({"asset_class_targets": {"fixed_income": 100.0}}, "target"),
    ],
)
def test_a_changed_fact_changes_the_sentences_about_it(
    change: dict[str, Any], where: str, analyst: Callable[..., Any]
) -> None:
    """AGENT-07: an investor who changes a goal must find the change in the next report."""
    before = some_portfolio(5)
    user = before.user.model_validate(before.user.model_dump() | change)
    after = before.model_copy(update={"user": user})
    office = analyst()
    old, new = texts(before, office)[0], texts(after, office)[0]
    changed = set(new.splitlines()) - set(old.splitlines())
    assert any(where.lower() in line.lower() for line in changed)
    holdings = [line for line in old.splitlines() if line.startswith("Of the total value")]
    assert holdings
    assert all(line.split(". ")[0] in new for line in holdings), "what did not change is told as before"
