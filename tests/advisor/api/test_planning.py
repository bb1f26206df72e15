"""Scenarios and the rebalancing preview over HTTP: honest figures, nothing stored, nothing of others (8.5, 8.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from advisor.adapters.data_api import DataApi
from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.retirement import simulate
from advisor.domain.retirement_plan import RetirementPlan
from advisor.domain.scenario import simulate_scenario
from advisor.domain.vocabulary import AssetClass

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api
    from tests.advisor.conftest import FakeRdsData

WHOLE: dict[str, Any] = {
    "current_value": 350000,
    "allocation": {"equity": 70, "fixed_income": 25, "cash": 5},
    "years_until_retirement": 20,
    "annual_contribution": 24000,
    "target_retirement_income": 72000,
    "current_age": 45,
}
CERTAIN = {name: {"mean": 5, "volatility": 0} for name in ("equity", "fixed_income", "cash")}


def plan(value: str = "350000", income: str = "72000", years: int = 20) -> RetirementPlan:
    return RetirementPlan(
        value=Decimal(value),
        weights={AssetClass.EQUITY: 0.7, AssetClass.FIXED_INCOME: 0.25, AssetClass.CASH: 0.05},
        years=years,
        contribution=Decimal(24000),
        target_income=Decimal(income),
        current_age=45,
    )


def test_a_scenario_that_says_everything_asks_no_database(api: Api, rds_data: FakeRdsData) -> None:
    """WEB-11, domain 8.5: an investor who moves a slider gets an answer even when the database sleeps."""
    rds_data.statements.clear()
    answer = api("POST", "/api/scenarios", WHOLE, user="somebody-new")
    assert (answer.status, rds_data.statements) == (200, [])
    found = answer.json
    assert (found["paths"], found["retirement_years"], found["inflation"], found["withdrawal_rate"]) == (500, 30, 3, 4)
    assert found["percentile_10"] <= found["median_final_value"] <= found["percentile_90"]
    assert [milestone["year"] for milestone in found["milestones"]] == list(range(0, 51, 5))
    assert any("7.00% a year" in line for line in found["assumptions"])


def test_the_same_assumptions_give_the_same_figures(api: Api) -> None:
    """Domain 8.4: two people who look at one scenario must not see two success rates."""
    first, second = (api("POST", "/api/scenarios", WHOLE).json for _ in range(2))
    assert first == second
    assert api("POST", "/api/scenarios", {**WHOLE, "inflation": 4}).json["success_rate"] < first["success_rate"]


def test_without_risk_every_figure_follows_the_mean_path(api: Api) -> None:
    """Domain 8.4: computed by hand, so that a wrong order of growth, contribution and withdrawal shows."""
    body = {**WHOLE, "class_returns": CERTAIN, "years_until_retirement": 2, "retirement_years": 3}
    found = api("POST", "/api/scenarios", body).json
    value = 350000.0
    for _ in range(2):
        value = value * 1.05 + 24000
    assert found["expected_value_at_retirement"] == pytest.approx(value, abs=0.01)
    assert found["sustainable_income"] == pytest.approx(0.04 * value, abs=0.01)
    assert found["income_gap"] == pytest.approx(72000 - 0.04 * value, abs=0.01)
    for year in (1, 2, 3):
        value = value * 1.05 - 72000 * 1.03**year
    assert found["median_final_value"] == pytest.approx(value, abs=0.01)
    assert (found["success_rate"], found["average_years_lasted"], found["volatility"]) == (100, 3, 0)


def test_what_the_body_leaves_out_comes_from_the_callers_own_portfolio(api: Api, database: DataApi) -> None:
    """Domain 8.5: the widget starts from what the investor really has."""
    account = api("POST", "/api/accounts", {"account_name": "a", "cash_balance": 1000}).json["id"]
    api("POST", "/api/positions", {"account_id": account, "symbol": "VTI", "quantity": 10})
    database.query("UPDATE instruments SET current_price = 300, price_source = 'provider' WHERE symbol = 'VTI'")
    found = api("POST", "/api/scenarios", {"years_until_retirement": 7}).json
    assert (found["current_value"], found["years_until_retirement"]) == (4000, 7)
    assert found["weights"] == {"cash": 25, "equity": 75}
    assert (found["target_income"], found["annual_contribution"]) == (60000, 10000)
    assert api("POST", "/api/scenarios", {}, user="bob").json["current_value"] == 0
    stranger = api("POST", "/api/scenarios", {}, user="stranger")
    assert (stranger.status, list(stranger.reasons)) == (404, ["user"])


def test_both_engines_answer_alike() -> None:
    """Domain 8.4, AGENT-09: the slider's success rate must not contradict the report's beyond the sampling error."""
    rules = RetirementAssumptions(paths=2000)
    for case in (plan(), plan("900000", "60000"), plan("350000", "40000", 5), plan("0", "10000", 30)):
        plain = simulate_scenario(case, seed=7, assumptions=rules)
        vectorised = simulate(case, seed=7, assumptions=rules)
        assert plain.success_rate == pytest.approx(vectorised.success_rate, abs=5)
        assert plain.average_years_lasted == pytest.approx(vectorised.average_years_lasted, abs=1)
        assert plain.projection == vectorised.projection


def test_the_extremes_are_answered(api: Api) -> None:
    """API-06: the largest figures that the contract takes are computed, not a 500."""
    wild = {name.value: {"mean": 30, "volatility": 60} for name in AssetClass}
    body = {
        **WHOLE,
        "current_value": 9_999_999_999.99,
        "annual_contribution": 9_999_999_999.99,
        "target_retirement_income": 0,
        "years_until_retirement": 100,
        "retirement_years": 60,
        "class_returns": wild,
        "inflation": -5,
    }
    found = api("POST", "/api/scenarios", body).json
    assert 50 < found["success_rate"] < 100, "a year of -100% leaves nothing"
    assert found["percentile_90"] > 1e12
    nothing = {**body, "current_value": 0, "annual_contribution": 0, "class_returns": {}}
    assert api("POST", "/api/scenarios", nothing).json["success_rate"] == 0


@pytest.fixture
def drifted(api: Api, database: DataApi) -> str:
    """Alice holds 80% stocks and 20% bonds, worth 10,000."""
    account: str = api("POST", "/api/accounts", {"account_name": "Mine"}).json["id"]
    for symbol, quantity in (("VTI", 160), ("BND", 25)):
        api("POST", "/api/positions", {"account_id": account, "symbol": symbol, "quantity": quantity})
    for symbol, price in (("VTI", 50), ("BND", 80)):
        database.query(
            "UPDATE instruments SET current_price = :price, price_source = 'provider' WHERE symbol = :symbol",
            price=Decimal(price),
            symbol=symbol,
        )
    return account


def test_a_preview_suggests_the_trades_of_the_worked_example(api: Api, drifted: str) -> None:
    """Domain 8.6: 2,000 of stocks become 2,000 of bonds; the traded value is what the $1M rule looks at."""
    found = api("POST", "/api/rebalance/preview", {"asset_class_targets": {"equity": 60, "fixed_income": 40}}).json
    assert found["current_allocation"] == {"equity": 80, "fixed_income": 20}
    assert found["after_allocation"] == {"equity": 60, "fixed_income": 40}
    assert [(t["action"], t["symbol"], t["quantity"], t["value"]) for t in found["trades"]] == [
        ("sell", "VTI", 40, 2000),
        ("buy", "BND", 25, 2000),
    ]
    assert {t["account_id"] for t in found["trades"]} == {drifted}
    assert (found["traded_value"], found["within_band_after"], found["max_drift_before"]) == (4000, True, 20)
    assert found["rationale"]
    assert all(trade["reason"] for trade in found["trades"])


def test_a_preview_changes_nothing(api: Api, drifted: str, rds_data: FakeRdsData) -> None:
    """Domain 8.6: Alex suggests, it never executes: statements are few and only read."""
    rds_data.statements.clear()
    assert api("POST", "/api/rebalance/preview", {}).status == 200
    assert all(statement.lstrip().startswith("SELECT") for statement in rds_data.statements)
    assert len(rds_data.statements) == 2


@pytest.mark.parametrize(
    ("rules", "trades"),
    [
        ({"band_points": 25}, 0),
        ({"minimum_trade": 5000}, 0),
        ({"asset_class_targets": {"equity": 80, "fixed_income": 20}}, 0),
        ({"band_points": 0, "fractional": True}, 2),
        ({"cash_floor": 1000}, 2),
    ],
)
def test_the_rules_of_a_preview_are_kept(api: Api, drifted: str, rules: dict[str, Any], trades: int) -> None:
    """Domain 8.6: band, minimum, fractions and cash floor are the investor's, against the profile's 70 / 30."""
    found = api("POST", "/api/rebalance/preview", rules).json
    assert len(found["trades"]) == trades
    bought = sum(trade["value"] for trade in found["trades"] if trade["action"] == "buy")
    sold = sum(trade["value"] for trade in found["trades"] if trade["action"] == "sell")
    assert bought <= sold


def test_positions_without_a_price_are_named_and_left_alone(api: Api, drifted: str) -> None:
    """INT-04: a preview that silently ignored a holding would look complete."""
    api("POST", "/api/positions", {"account_id": drifted, "symbol": "ZZZZ", "quantity": 5})
    found = api("POST", "/api/rebalance/preview", {}).json
    assert found["missing_prices"] == ["ZZZZ"]
    assert "ZZZZ" not in {trade["symbol"] for trade in found["trades"]}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/scenarios", {"current_value": None}, "current_value"),
        ("/api/scenarios", {"allocation": {"equity": 50}}, "allocation"),
        ("/api/scenarios", {"allocation": {}}, "allocation"),
        ("/api/scenarios", {"class_returns": {"gold": {"mean": 1, "volatility": 1}}}, "class_returns.gold.[key]"),
        ("/api/scenarios", {"class_returns": {"equity": {"mean": 31, "volatility": 1}}}, "class_returns.equity.mean"),
        ("/api/scenarios", {"paths": 10**9}, "paths"),
        ("/api/scenarios", {"retirement_years": 61}, "retirement_years"),
        ("/api/scenarios", {"withdrawal_rate": 0}, "withdrawal_rate"),
        ("/api/rebalance/preview", {"asset_class_targets": {"equity": 101}}, "asset_class_targets"),
        ("/api/rebalance/preview", {"region_targets": {"mars": 100}}, "region_targets"),
        ("/api/rebalance/preview", {"band_points": 51}, "band_points"),
        ("/api/rebalance/preview", {"minimum_trade": -1}, "minimum_trade"),
        ("/api/rebalance/preview", {"user_id": "bob"}, "user_id"),
    ],
)
def test_bad_assumptions_are_named(api: Api, path: str, body: dict[str, Any], field: str) -> None:
    """SEC-18: nobody can make the function simulate for hours, or compute with half an allocation."""
    answer = api("POST", path, body)
    assert (answer.status, list(answer.reasons)) == (422, [field])
