"""Suggested trades can be carried out and bring the portfolio to its targets (domain 8.6, B.2; HITL-01)."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from advisor.domain.errors import InvalidInputError
from advisor.domain.rebalancing import RebalanceSettings, rebalance, region_drift
from advisor.domain.rollup import roll_up
from advisor.domain.vocabulary import AccountType, AssetClass, InstrumentType

D = Decimal


def test_worked_example(build: Any) -> None:
    """80/20 against 60/40 on 10,000: sell 2,000 of stock fund, buy 2,000 of bonds, and nothing drifts any more."""
    stock = build.instrument("STK", "50")
    bond = build.instrument("BND", "80", {"fixed_income": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "160"), (bond, "25")]))
    plan = rebalance(portfolio, targets={"equity": 60, "fixed_income": 40})
    assert [(t.action, t.symbol, t.quantity, t.value) for t in plan.trades] == [
        ("sell", "STK", D(40), D(2000)),
        ("buy", "BND", D(25), D(2000)),
    ]
    assert plan.traded_value == D(4000)
    assert plan.triggered == ("equity", "fixed_income")
    assert (plan.max_drift_before, plan.max_drift_after, plan.within_band_after) == (D(20), D(0), True)
    assert plan.as_dict()["after_allocation"] == {"equity": "60.00", "fixed_income": "40.00"}


def test_inside_the_band_nothing_is_traded(build: Any) -> None:
    """Five points off is still inside the band of 5: no cost for a small drift."""
    held = [(build.instrument("S"), "65"), (build.instrument("B", "100", {"fixed_income": 100.0}), "35")]
    plan = rebalance(build.portfolio(build.account("a", held)), targets={"equity": 60, "fixed_income": 40})
    assert (plan.trades, plan.triggered, plan.within_band_after) == ((), (), True)
    over = [(build.instrument("S"), "65.1"), (build.instrument("B", "100", {"fixed_income": 100.0}), "34.9")]
    assert rebalance(build.portfolio(build.account("a", over)), targets={"equity": 60, "fixed_income": 40}).trades


def test_tax_advantaged_accounts_sell_first(build: Any) -> None:
    """An investor with room in the pension plan pays no capital-gains tax for rebalancing."""
    stock, bond = build.instrument("S"), build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(
        build.account("taxable", [(stock, "50")]),
        build.account("ira", [(stock, "30"), (bond, "20")], kind=AccountType.ROTH_IRA),
    )
    targets = {"equity": 60, "fixed_income": 40}
    assert {t.account_name for t in rebalance(portfolio, targets=targets).trades} == {"ira"}
    mixed = rebalance(portfolio, targets=targets, settings=RebalanceSettings(tax_advantaged_first=False))
    assert {t.account_name for t in mixed.trades if t.action == "sell"} == {"ira", "taxable"}


def test_idle_cash_pays_before_anything_is_sold(build: Any) -> None:
    """20% cash fills most of the bond gap; of the stocks only the missing 200 are sold."""
    stock, bond = build.instrument("S"), build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "62"), (bond, "18")], cash="2000"))
    plan = rebalance(portfolio, targets={"equity": 60, "fixed_income": 40})
    assert [(t.action, t.symbol, t.value) for t in plan.trades] == [
        ("sell", "S", D(200)),
        ("buy", "B", D(2200)),
    ]


def test_class_nobody_holds_needs_a_proxy_or_stays_open(build: Any) -> None:
    """Without a priced instrument the order has a value and says why it has no quantity; with a proxy it has one."""
    portfolio = build.portfolio(build.account("a", [(build.instrument("S"), "100")]))
    targets = {"equity": 60, "fixed_income": 40}
    (buy,) = [t for t in rebalance(portfolio, targets=targets).trades if t.action == "buy"]
    assert (buy.symbol, buy.quantity, buy.price, buy.value) == (None, None, None, D(4000))
    assert "no instrument of the class is held or configured" in buy.reason
    proxy = build.instrument("AGG", "95.5", {"fixed_income": 98.0, "cash": 2.0})
    with_proxy = RebalanceSettings(proxies={AssetClass.FIXED_INCOME: proxy})
    (buy,) = [t for t in rebalance(portfolio, targets=targets, settings=with_proxy).trades if t.action == "buy"]
    assert (buy.symbol, buy.quantity, buy.value) == ("AGG", D(41), D("3915.5"))
    unpriced = RebalanceSettings(
        proxies={AssetClass.FIXED_INCOME: build.instrument("AGG", None, {"fixed_income": 100.0})}
    )
    (buy,) = [t for t in rebalance(portfolio, targets=targets, settings=unpriced).trades if t.action == "buy"]
    assert (buy.symbol, buy.quantity) == ("AGG", None)
    assert "AGG has no price" in buy.reason


def test_a_fund_is_bought_rather_than_more_of_one_stock(build: Any) -> None:
    """Rebalancing does not concentrate the portfolio in its largest stock while a fund of the class is held."""
    stock = build.instrument("ONE", "100", kind=InstrumentType.STOCK)
    fund = build.instrument("FUND", "100")
    bond = build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "30"), (fund, "5"), (bond, "65")]))
    bought = [
        t.symbol for t in rebalance(portfolio, targets={"equity": 70, "fixed_income": 30}).trades if t.action == "buy"
    ]
    assert bought == ["FUND"]


def test_unclassified_and_unpriced_holdings_are_left_alone(build: Any) -> None:
    """Nobody is told to sell what nobody understands, and it does not distort the other classes' shares."""
    stock, bond = build.instrument("S"), build.instrument("B", "100", {"fixed_income": 100.0})
    odd, unpriced = build.instrument("ODD", "100", {}), build.instrument("NOPR", None)
    portfolio = build.portfolio(build.account("a", [(stock, "60"), (bond, "40"), (odd, "50"), (unpriced, "9")]))
    plan = rebalance(portfolio, targets={"equity": 60, "fixed_income": 40})
    assert (plan.current, plan.trades) == ({"equity": D(60), "fixed_income": D(40)}, ())
    assert any("Holdings without a classification" in line for line in plan.rationale)
    far = rebalance(portfolio, targets={"equity": 20, "fixed_income": 80})
    assert {t.symbol for t in far.trades} == {"S", "B"}


@pytest.mark.parametrize("targets", [{"equity": 60}, {"stocks": 100}, {"equity": 120, "cash": -20}, {}])
def test_impossible_targets_are_refused(build: Any, targets: dict[str, float]) -> None:
    """A caller's targets that do not sum to 100, or name no class, are refused with the reason, not normalised."""
    portfolio = build.worked()
    if not targets:
        assert rebalance(portfolio, targets=targets).target == {"equity": D(70), "fixed_income": D(30)}
        return
    with pytest.raises(InvalidInputError) as caught:
        rebalance(portfolio, targets=targets)
    assert caught.value.details[0].field == "targets"
    assert caught.value.details[0].reason


def test_a_mixed_fund_is_no_proxy(build: Any) -> None:
    """A platform owner cannot configure a balanced fund as the proxy of bonds."""
    with pytest.raises(ValidationError, match="no proxy for fixed_income"):
        RebalanceSettings(
            proxies={AssetClass.FIXED_INCOME: build.instrument("X", "1", {"equity": 60.0, "fixed_income": 40.0})}
        )


def test_an_indivisible_holding_is_not_traded_in_circles(build: Any) -> None:
    """One share worth everything cannot be halved: no trade is proposed, and the plan says so."""
    portfolio = build.portfolio(build.account("a", [(build.instrument("BRK", "500000"), "1")]))
    plan = rebalance(portfolio, targets={"equity": 70, "fixed_income": 30})
    assert (plan.trades, plan.within_band_after) == ((), False)
    assert any("No trade improves" in line for line in plan.rationale)


def test_a_plan_that_makes_it_worse_is_not_proposed(build: Any) -> None:
    """Selling a mixed fund to buy one share that costs too much would only leave cash: nothing is proposed."""
    mixed = build.instrument("MIX", "100", {"equity": 55.0, "real_estate": 45.0})
    proxy = build.instrument("REIT", "5000", {"real_estate": 100.0})
    plan = rebalance(
        build.portfolio(build.account("a", [(mixed, "100")])),
        targets={"equity": 45, "real_estate": 55},
        settings=RebalanceSettings(proxies={AssetClass.REAL_ESTATE: proxy}),
    )
    assert (plan.trades, plan.after, plan.max_drift_after) == ((), plan.current, D(10))


def test_cash_above_target_pays_before_classes_inside_the_band_are_sold(build: Any) -> None:
    """Bonds 6 points short are paid by 3 points of idle cash and only 3 points of stocks."""
    stock, bond = build.instrument("S", "10"), build.instrument("B", "10", {"fixed_income": 100.0})
    reit = build.instrument("R", "10", {"real_estate": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "550"), (bond, "340"), (reit, "80")], cash="300"))
    plan = rebalance(portfolio, targets={"equity": 50, "fixed_income": 40, "real_estate": 10})
    assert [(t.action, t.symbol, t.value) for t in plan.trades] == [("sell", "S", D(300)), ("buy", "B", D(600))]


def test_scarce_proceeds_go_to_the_class_outside_its_band(build: Any) -> None:
    """Only one 700-dollar share can be sold: bonds (6 short) get their 600 before real estate (4 short) gets any."""
    stock, bond = build.instrument("S", "700"), build.instrument("B", "1", {"fixed_income": 100.0})
    reit = build.instrument("R", "1", {"real_estate": 100.0})
    portfolio = build.portfolio(build.account("a", [(stock, "10"), (bond, "2400"), (reit, "600")]))
    plan = rebalance(portfolio, targets={"equity": 60, "fixed_income": 30, "real_estate": 10})
    assert [(t.action, t.symbol, t.value) for t in plan.trades] == [
        ("sell", "S", D(700)),
        ("buy", "B", D(600)),
        ("buy", "R", D(100)),
    ]


def test_a_mixed_fund_counts_with_its_share(build: Any) -> None:
    """Selling 1,000 of a 60/40 fund removes 600 of stocks; the taxable account sells the other 1,000."""
    mixed = build.instrument("MIX", "100", {"equity": 60.0, "fixed_income": 40.0})
    stock, bond = build.instrument("S"), build.instrument("B", "100", {"fixed_income": 100.0})
    portfolio = build.portfolio(
        build.account("ira", [(mixed, "10")], kind=AccountType.ROTH_IRA),
        build.account("taxable", [(stock, "80"), (bond, "10")]),
    )
    plan = rebalance(portfolio, targets={"equity": 70, "fixed_income": 30})
    assert [(t.symbol, t.value) for t in plan.trades if t.action == "sell"] == [("MIX", D(1000)), ("S", D(1000))]
    assert plan.after == {"equity": D(70), "fixed_income": D(30)}


def test_empty_portfolio_has_no_plan(build: Any) -> None:
    """A new user gets an empty plan, not an error, also with a cash floor."""
    plan = rebalance(build.portfolio(), settings=RebalanceSettings(cash_floor=D(500)))
    assert (len(plan.trades), plan.traded_value, len(plan.current)) == (0, D(0), 0)


def test_plan_is_json_with_strings(build: Any) -> None:
    """The plan travels as JSON: decimals are strings and nothing is in exponent form."""
    bond = build.instrument("B", "100", {"fixed_income": 100.0})
    plan = rebalance(build.portfolio(build.account("a", [(bond, "1000")])), targets={"equity": 100})
    shown = json.loads(json.dumps(plan.as_dict()))
    assert shown["trades"][0] == {
        "account_id": shown["trades"][0]["account_id"],
        "account_name": "a",
        "symbol": "B",
        "action": "sell",
        "asset_class": "fixed_income",
        "quantity": "1000",
        "price": "100",
        "value": "100000.00",
        "reason": "Fixed income is above its target; a gain may be taxable.",
    }
    assert (shown["traded_value"], shown["max_drift_before"]) == ("200000.00", "100.00")


def test_region_drift_by_hand(build: Any) -> None:
    """Europe and Asia count as international where the targets say only that; a named region keeps its own."""
    world = build.instrument("W", "100", regions={"north_america": 60.0, "europe": 25.0, "asia": 10.0, "global": 5.0})
    rolled = roll_up(build.portfolio(build.account("a", [(world, "1")], cash="1000")))
    assert region_drift(rolled, {"north_america": 50, "international": 50}) == {
        "international": D(-15),
        "north_america": D(10),
    }
    named = region_drift(rolled, {"north_america": 50, "europe": 30, "international": 20})
    assert named == {"europe": D(-5), "international": D(-10), "north_america": D(10)}
