"""For any portfolio the suggested trades can be carried out and lead to the targets (domain 8.6)."""

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.domain.models import Portfolio
from advisor.domain.rebalancing import RebalancePlan, RebalanceSettings, rebalance
from advisor.domain.vocabulary import AccountType, AssetClass, InstrumentType

D = Decimal

EXACT = RebalanceSettings(fractional=True, minimum_trade=D(0))


def carried_out(portfolio: Portfolio, plan: RebalancePlan) -> tuple[dict[Any, Decimal], dict[Any, Decimal]]:
    """Independent bookkeeping: cash by account, and quantities by (account, symbol), after the trades."""
    cash = {a.id: a.cash_balance for a in portfolio.accounts}
    quantities: dict[Any, Decimal] = defaultdict(Decimal)
    for position in portfolio.positions:
        quantities[position.account_id, position.symbol] = position.quantity
    for trade in plan.trades:
        sign = 1 if trade.action == "buy" else -1
        cash[trade.account_id] -= sign * trade.value
        if trade.quantity is not None:
            quantities[trade.account_id, trade.symbol] += sign * trade.quantity
    return cash, quantities


def test_cash_floor_is_kept(build: Any) -> None:
    """The reserve an investor asked for is still there after the trades."""
    stock, bond = build.instrument("S"), build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "50"), (bond, "10")], cash="4000"))
    settings_ = RebalanceSettings(cash_floor=D(1000), fractional=True)
    plan = rebalance(portfolio, targets={"equity": 60, "fixed_income": 40}, settings=settings_)
    cash, _ = carried_out(portfolio, plan)
    assert abs(sum(cash.values()) - D(1000)) < D("0.01")
    assert {key: round(value, 4) for key, value in plan.target.items()} == {
        "cash": 10,
        "equity": 54,
        "fixed_income": 36,
    }


_CLASSES: list[dict[str, float]] = [
    {"equity": 100.0},
    {"fixed_income": 100.0},
    {"real_estate": 100.0},
    {"commodities": 100.0},
]


_MIXED: list[dict[str, float]] = [
    *_CLASSES,
    {},
    {"equity": 60.0, "fixed_income": 40.0},
    {"fixed_income": 90.0, "cash": 10.0},
    {"equity": 33.3, "fixed_income": 33.3, "real_estate": 33.4},
]


_TARGETS: list[dict[str, float]] = [
    {"equity": 70.0, "fixed_income": 30.0},
    {"equity": 50.0, "fixed_income": 30.0, "real_estate": 10.0, "cash": 10.0},
    {"cash": 100.0},
    {"alternatives": 20.0, "equity": 80.0},
]


def some_portfolio(build: Any, rng: random.Random, maps: list[dict[str, float]], *, priced: bool) -> Portfolio:
    held = [
        build.instrument(
            f"S{i}",
            f"{rng.uniform(1, 500):.{rng.choice([0, 2, 4])}f}" if priced or rng.random() > 0.1 else None,
            rng.choice(maps),
            kind=rng.choice(list(InstrumentType)),
        )
        for i in range(8)
    ]
    accounts = [
        build.account(
            f"a{k}",
            [(i, f"{rng.uniform(0.1, 500):.{rng.choice([1, 3, 8])}f}") for i in rng.sample(held, rng.randint(0, 6))],
            cash=f"{rng.choice([0, 1, 1]) * rng.uniform(0, 20_000):.2f}",
            kind=rng.choice(list(AccountType)),
        )
        for k in range(rng.randint(1, 4))
    ]
    made: Portfolio = build.portfolio(*accounts, asset_class_targets=rng.choice(_TARGETS))
    return made


def proxies_for_all(build: Any) -> dict[AssetClass, Any]:
    return {
        key: build.instrument(f"P{key.value[:3]}", "50", {key.value: 100.0})
        for key in AssetClass
        if key is not AssetClass.CASH
    }


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    fractional=st.booleans(),
    minimum=st.sampled_from([0, 100, 1000]),
    floor=st.sampled_from([0, 5000]),
)
@example(seed=352, fractional=True, minimum=0, floor=0)  # bought back a dust of what it had just sold
def test_any_plan_can_be_carried_out(build: Any, seed: int, fractional: bool, minimum: int, floor: int) -> None:
    """For any portfolio: no account is overdrawn, nothing is oversold, lots and minimum hold, drift never grows."""
    rng = random.Random(seed)
    portfolio = some_portfolio(build, rng, _MIXED, priced=False)
    rules = RebalanceSettings(
        fractional=fractional,
        minimum_trade=D(minimum),
        cash_floor=D(floor),
        proxies=proxies_for_all(build) if rng.random() < 0.5 else {},
    )
    plan = rebalance(portfolio, settings=rules)
    cash, quantities = carried_out(portfolio, plan)
    assert all(value >= 0 for value in cash.values())
    assert all(value >= 0 for value in quantities.values())
    idle = sum((a.cash_balance for a in portfolio.accounts), D(0))
    assert sum(cash.values()) >= min(idle, D(floor)) - D("0.000001")
    buys = sum((t.value for t in plan.trades if t.action == "buy"), D(0))
    sells = sum((t.value for t in plan.trades if t.action == "sell"), D(0))
    assert buys <= sells + max(idle - D(floor), D(0)) + D("0.000001")
    assert plan.traded_value == buys + sells
    for trade in plan.trades:
        assert trade.value >= minimum
        assert trade.value > 0
        if trade.quantity is not None and trade.price is not None:
            assert trade.value == trade.quantity * trade.price
            assert fractional or trade.quantity == trade.quantity.to_integral_value()
    assert plan.max_drift_after <= max(plan.max_drift_before, D(0))
    assert bool(plan.trades) <= bool(plan.triggered)
    sides: dict[Any, set[str]] = defaultdict(set)
    for trade in plan.trades:
        sides[trade.account_id, trade.symbol].add(trade.action)
    assert all(len(side) == 1 for side in sides.values()), "the same holding is bought and sold in one account"
    again = rebalance(Portfolio(user=portfolio.user, accounts=portfolio.accounts), settings=rules)
    assert again == plan


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_pure_holdings_always_reach_the_band(build: Any, seed: int) -> None:
    """With pure holdings, fractions and a proxy for every class the drift after the trades lies within the band.

    The allocation after the trades is recomputed from quantities and prices alone.
    """
    portfolio = some_portfolio(build, random.Random(seed), _CLASSES, priced=True)
    proxies = proxies_for_all(build)
    plan = rebalance(portfolio, settings=EXACT.model_copy(update={"proxies": proxies}))
    assert plan.within_band_after
    cash, quantities = carried_out(portfolio, plan)
    instruments = portfolio.instruments | {proxy.symbol: proxy for proxy in proxies.values()}
    values: dict[str, Decimal] = defaultdict(Decimal)
    values["cash"] = sum(cash.values(), D(0))
    for (_, symbol), quantity in quantities.items():
        instrument = instruments[symbol]
        (key,) = instrument.allocation_asset_class or {}
        values[key] += quantity * (instrument.current_price or D(0))
    whole = sum(values.values())
    if whole:
        for key in {*values, *plan.target}:
            share = values[key] / whole * 100
            assert abs(share - plan.after.get(key, D(0))) < D("1e-9")
            assert abs(share - plan.target.get(key, D(0))) <= D("5.000001")
