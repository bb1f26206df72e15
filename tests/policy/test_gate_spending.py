"""An application that costs more than its budget closes the gate, unless somebody answers for it (COST-01)."""

from datetime import date
from typing import Any

import pytest

from soc2 import SWITCHED_OFF, GateError, Profile, synthesise
from tests.policy.gated import ELSEWHERE


def budget_in(stack: Any, usd: float) -> Any:
    """The platform's own construct, with a budget of that size."""
    from aws_cdk import aws_sns as sns

    from hardened import Alerts
    from hardened.budgets import PLATFORM, SpendingBudget

    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:us-east-1:111122223333:alerts")
    return SpendingBudget(
        stack,
        "Budget",
        purpose=PLATFORM,
        usd=int(usd),
        every="MONTHLY",
        filters={"TagKeyValue": ["user:Environment$test"]},
        thresholds_pct=(50, 100),
        alerts=Alerts(critical=topic, warning=topic),
    )


def gate(stack: Any, spending: Any) -> None:
    """Synthesise the stack's application with that estimate."""
    synthesise(stack.node.root, profile=Profile(elsewhere=ELSEWHERE, spending=spending), switched_off=SWITCHED_OFF)


def three_hundred(templates: Any) -> dict[str, float]:
    """An estimate that counts budgets, so that it must have been given the templates."""
    budgets = [r for t in templates.values() for r in t["Resources"].values() if r["Type"] == "AWS::Budgets::Budget"]
    return {"platform": 300.0 * len(budgets)}


def accept(stack: Any, usd: float) -> None:
    """Accept that the budget is exceeded."""
    from hardened import acknowledge

    acknowledge(
        budget_in(stack, usd).budget,
        rule="SOC2::SOC2-COST-BUDGET",
        reason="The budget is of a prototype, and the audit baseline alone costs more than that.",
        owner="platform",
        expires=date(2027, 6, 30),
        ticket="RISK-31",
    )


def test_within_the_budget_the_gate_is_open(throwaway: Any) -> None:
    """COST-01: else the other tests would die of something else."""
    budget_in(throwaway, 300)
    gate(throwaway, three_hundred)


def test_over_the_budget_the_gate_is_closed(throwaway: Any) -> None:
    """COST-01: nobody finds out from the first bill; the message says how much, the limit, and the way out."""
    budget_in(throwaway, 299)
    says = r"300\.00 USD are expected \(monthly\), the limit is 299.*alex cost(.|\n)*SOC2::SOC2-COST-BUDGET"
    with pytest.raises(GateError, match=says):
        gate(throwaway, three_hundred)


def test_an_accepted_overspend_opens_it_again(throwaway: Any) -> None:
    """COST-01: with a reason, an owner and a last day."""
    accept(throwaway, 299)
    gate(throwaway, three_hundred)


def test_an_acceptance_that_is_no_longer_needed_must_go(throwaway: Any) -> None:
    """COST-01: otherwise it would silently accept the next overspend."""
    accept(throwaway, 300)
    with pytest.raises(GateError, match="meets no finding"):
        gate(throwaway, three_hundred)


def test_an_estimate_that_cannot_be_made_closes_it(throwaway: Any) -> None:
    """COST-01: a type without a price must not make the application look cheap."""
    budget_in(throwaway, 300)

    def broken(_templates: Any) -> dict[str, float]:
        raise ValueError("nobody said what AWS::Braket::QPU costs")

    with pytest.raises(GateError, match="no estimate can be made: nobody said what AWS::Braket::QPU costs"):
        gate(throwaway, broken)


def test_what_nobody_budgeted_closes_it(throwaway: Any) -> None:
    """COST-01: taking the budget away is no way around it."""
    with pytest.raises(GateError, match=r"no budget for platform \(300\.00 USD a month\)"):
        gate(throwaway, lambda _templates: {"platform": 300.0})


def test_the_evidence_says_that_an_estimate_was_made() -> None:
    """COST-01: an auditor sees whether money was judged at all; a function is no evidence."""
    assert Profile(spending=three_hundred).stated()["spending"] is True
    assert Profile().stated()["spending"] is False


def test_every_environment_but_the_laptop_is_judged() -> None:
    """COST-01: the laptop sends no bill; for everything else the application brings its estimate."""
    from app import judged_as
    from settings import ENVIRONMENTS, load

    judged = {name for name in ENVIRONMENTS if judged_as(load(name)).spending}
    assert judged == set(ENVIRONMENTS) - {"local"}
    spending = judged_as(load("prod")).spending
    assert spending is not None
    key = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}
    assert spending({"Stack": key}) == {"platform": pytest.approx(1.73), "inference": 0}
