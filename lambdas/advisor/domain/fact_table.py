"""Which figures a text may state, by the words a text names them with (GUARD-11): made from an agent's facts."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from advisor.domain.numbers import Fact, Unit, figures

_PORTFOLIO = {"total_value": "total value", "invested": "invested", "cash": "cash"}
_RETIREMENT_USD = {
    "expected_value_at_retirement": "value at retirement",
    "target_income": "target income",
    "sustainable_income": "sustainable income",
    "income_gap": "gap",
    "median_final_value": "median",
    "percentile_10": "10th percentile",
    "percentile_90": "90th percentile",
    "current_value": "current value",
    "annual_contribution": "contribution",
}
_RETIREMENT_PERCENT = {
    "success_rate": "success rate",
    "withdrawal_rate": "",
    "inflation": "inflation",
    "mean_return": "expected return",
    "volatility": "volatility",
}
_DIFFERENCES = ("income_gap", "additional_contribution")
"""Differences stand in sentences that name both sides, so any sentence may state them."""
_CONSTANTS = ("0", "100")


def _fact(label: str, value: Any, unit: Unit) -> Iterator[Fact]:
    if value is not None:
        yield Fact(label, Decimal(str(value)), unit)


def _pairs(labels: Mapping[str, str], source: Mapping[str, Any], unit: Unit) -> Iterator[Fact]:
    for key, label in labels.items():
        yield from _fact(label, source.get(key), unit)


def _milestones(items: Any) -> Iterator[Fact]:
    for item in items or ():
        yield from _fact(f"year {item['year']}", item["value"], "usd")
        yield from _fact("withdrawal", item["withdrawal"], "usd")


def _parts(items: Any, name: str) -> Iterator[Fact]:
    for item in items or ():
        label = str(item[name]).replace("_", " ")
        yield from _fact(label, item["value"], "usd")
        yield from _fact(label, item["percent"], "percent")


def _allocation(facts: Mapping[str, Any]) -> Iterator[Fact]:
    for dimension, slices in facts.get("allocation", {}).items():
        yield from _parts(slices, "key")
        for key, value in facts.get("targets", {}).get(dimension, {}).items():
            yield from _fact(key.replace("_", " "), value, "percent")
    for key, value in facts.get("region_drift", {}).items():
        yield from _fact(key.replace("_", " "), value, "percent")
    plan = facts.get("rebalancing", {})
    for name in ("current_allocation", "target_allocation", "after_allocation"):
        for key, value in plan.get(name, {}).items():
            yield from _fact(key.replace("_", " "), value, "percent")
    yield from _fact("orders", plan.get("traded_value"), "usd")
    for trade in plan.get("trades", ()):
        yield from _fact(str(trade["symbol"] or trade["asset_class"]).replace("_", " "), trade["value"], "usd")
        yield from _fact(str(trade["symbol"]), trade["price"], "usd")
    for key in ("max_drift_before", "max_drift_after"):
        yield from _fact("drift", plan.get(key), "percent")


def _advice(facts: Mapping[str, Any]) -> Iterator[Fact]:
    """Figures inside the deterministic recommendations: a text may repeat them."""
    for item in facts.get("recommendations", ()):
        for part in ("recommendation", "reasoning", "impact"):
            for figure in figures(item[part]):
                yield Fact("", figure.value, figure.unit)


def _assumed(facts: Mapping[str, Any]) -> Iterator[Fact]:
    for line in facts.get("assumptions", ()):
        for figure in figures(line):
            yield Fact("", figure.value, figure.unit)
    for value in facts.get("limits", {}).values():
        yield from _fact("", value, "percent")
    for value in _CONSTANTS:
        yield from _fact("", value, "percent")


def fact_table(facts: Mapping[str, Any]) -> list[Fact]:
    """Facts of `reporter_facts` or `retirement_facts` for `check_numbers`."""
    investor, numbers = facts.get("investor", {}), facts.get("numbers", {})
    retirement, statistics = facts.get("retirement", {}), facts.get("statistics", {})
    weights = numbers.get("weights", {})
    concentration = facts.get("concentration", {})
    return [
        *_pairs(_PORTFOLIO, facts.get("portfolio", {}), "usd"),
        *_fact("target income", investor.get("target_retirement_income"), "usd"),
        *_fact("contribution", investor.get("annual_contribution"), "usd"),
        *_allocation(facts),
        *_parts(facts.get("accounts"), "name"),
        *_parts(facts.get("top_holdings"), "symbol"),
        *_parts(facts.get("top_holdings"), "name"),
        *_fact("ten largest", concentration.get("top_10_percent"), "percent"),
        *_fact("largest holding", concentration.get("largest_percent"), "percent"),
        *_fact("expected return", statistics.get("expected_return"), "percent"),
        *_fact("volatility", statistics.get("volatility"), "percent"),
        *_pairs(_RETIREMENT_USD, {**retirement, **numbers}, "usd"),
        *(fact for key in _DIFFERENCES for fact in _fact("", {**retirement, **numbers}.get(key), "usd")),
        *_pairs(_RETIREMENT_PERCENT, {**retirement, **numbers}, "percent"),
        *_milestones(retirement.get("milestones") or numbers.get("milestones")),
        *(fact for key, value in weights.items() for fact in _fact(key.replace("_", " "), value, "percent")),
        *_advice(facts),
        *_assumed(facts),
    ]
