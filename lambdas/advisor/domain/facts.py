"""The facts each agent gives to its model, and to the deterministic report: small, sorted, JSON, decimals as strings.

USD and percent have 2 places; shares and returns are percent (0-100), drifts percentage points. Text that a user
wrote passes the input screen first (GUARD-03). Facts carry no ids of users.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from advisor.domain.analysis import Analysis, analyse
from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.charts import build_charts
from advisor.domain.guardrails import safe
from advisor.domain.models import Account, Instrument, Portfolio, Position
from advisor.domain.money import as_decimal, over, text, total
from advisor.domain.projection import Projection
from advisor.domain.quality import STALE_AFTER
from advisor.domain.rebalancing import RebalanceSettings
from advisor.domain.recommendations import CASH_LIMIT, SINGLE_STOCK_LIMIT, recommend
from advisor.domain.rollup import RollUp, Slice, roll_up
from advisor.domain.vocabulary import AssetClass, InstrumentType, Region, Sector, label

_JUDGED_LATER = frozenset({"confidence", "derivation", "refused_prices", "cue", "fallbacks"})
"""Of the quality report: known only when every agent has answered, so a report that stated them could contradict it."""


def _safe(value: str | None) -> str | None:
    return None if value is None else safe(value)


def screened_portfolio(portfolio: Portfolio) -> Portfolio:
    """The portfolio with every user text screened: what prompts, and charts that a model saw, are made from."""
    user = portfolio.user.model_copy(update={"retirement_goals": _safe(portfolio.user.retirement_goals)})

    def held(position: Position) -> Position:
        instrument = position.instrument.model_copy(update={"name": _safe(position.instrument.name)})
        return position.model_copy(update={"instrument": instrument})

    def safe(account: Account) -> Account:
        return account.model_copy(
            update={
                "account_name": _safe(account.account_name),
                "account_purpose": _safe(account.account_purpose),
                "positions": tuple(held(position) for position in account.positions),
            }
        )

    return portfolio.model_copy(update={"user": user, "accounts": tuple(safe(a) for a in portfolio.accounts)})


def _percent(fraction: float) -> str:
    return text(as_decimal(fraction) * 100)


def _slices(slices: Iterable[Slice]) -> list[dict[str, str]]:
    return [{"key": s.key, "value": text(s.value), "percent": text(s.percent)} for s in slices]


def _points(parts: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): text(as_decimal(value)) for key, value in sorted(parts.items())}


def _investor(portfolio: Portfolio) -> dict[str, Any]:
    user = portfolio.user
    return {
        "years_until_retirement": user.years_until_retirement,
        "current_age": user.current_age,
        "target_retirement_income": text(user.target_retirement_income),
        "annual_contribution": text(user.annual_contribution),
        "goals": _safe(user.retirement_goals),
    }


def _portfolio(portfolio: Portfolio, rolled: RollUp) -> dict[str, Any]:
    return {
        "total_value": text(rolled.total),
        "invested": text(rolled.invested),
        "cash": text(rolled.cash),
        "num_accounts": len(portfolio.accounts),
        "num_positions": len(portfolio.positions),
    }


def _concentration(rolled: RollUp) -> dict[str, Any]:
    top = rolled.top()
    return {
        "herfindahl": text(rolled.herfindahl, 4),
        "effective_holdings": text(over(Decimal(1), rolled.herfindahl), 1) if rolled.herfindahl else "0.0",
        "largest_symbol": top[0].symbol if top else None,
        "largest_percent": text(top[0].percent) if top else "0.00",
        "top_10_percent": text(total(holding.percent for holding in top)),
    }


def _projection(projection: Projection, analysis: Analysis) -> dict[str, Any]:
    rules, more = analysis.assumptions, analysis.additional_contribution
    return {
        "expected_value_at_retirement": text(projection.expected_value_at_retirement),
        "target_income": text(projection.first_year_income),
        "sustainable_income": text(projection.sustainable_income),
        "income_gap": text(projection.income_gap),
        "additional_contribution": None if more is None else text(more),
        "depleted_year": projection.depleted_year,
        "withdrawal_rate": _percent(rules.withdrawal_rate),
        "inflation": _percent(rules.inflation),
        "retirement_years": rules.retirement_years,
        "milestones": [
            {"year": m.year, "age": m.age, "phase": m.phase, "value": text(m.value), "withdrawal": text(m.withdrawal)}
            for m in projection.milestones
        ],
    }


def assumption_lines(assumptions: RetirementAssumptions | None = None) -> list[str]:
    """The assumptions as sentences, for the report and the Assumptions & Audit panel (WEB-11)."""
    rules = assumptions or RetirementAssumptions()
    classes = [
        f"{label(key)}: {_percent(belief.mean)}% a year on average, "
        f"with a volatility of {_percent(belief.volatility)}%."
        for key, belief in sorted(rules.classes.items())
    ]
    grows = rules.inflate_target_before_retirement
    when = "grows with it until retirement" if grows else "counts in dollars of the year retirement starts"
    return [
        *classes,
        "How far asset classes rise and fall together is assumed."
        if rules.correlated
        else "Asset classes are assumed to rise and fall independently.",
        f"Inflation is {_percent(rules.inflation)}% a year; the target income {when}.",
        f"Retirement lasts {rules.retirement_years} years; "
        f"the sustainable withdrawal is {_percent(rules.withdrawal_rate)}% of the value at retirement.",
        "Taxes and costs are not modelled; the mix of classes stays as it is.",
    ]


def facts_of(analysis: Analysis) -> dict[str, Any]:
    """The reporter's facts from a finished analysis."""
    portfolio, rolled, user = analysis.portfolio, analysis.roll_up, analysis.portfolio.user
    statistics = analysis.statistics
    plan = analysis.rebalancing.as_dict()
    for trade in plan["trades"]:
        trade["account_name"] = _safe(trade["account_name"])
    return {
        "as_of": analysis.on.isoformat(),
        "currency": "USD",
        "investor": _investor(portfolio),
        "portfolio": _portfolio(portfolio, rolled),
        "accounts": [
            {
                "name": _safe(account.account_name),
                "type": account.account_type.value,
                "value": text(account.value),
                "percent": text(account.percent),
            }
            for account in rolled.accounts
        ],
        "allocation": {name: _slices(rolled.dimension(name)) for name in ("asset_class", "region", "sector")},
        "targets": {"asset_class": _points(user.asset_class_targets), "region": _points(user.region_targets)},
        "region_drift": _points(analysis.region_drift),
        "top_holdings": [
            {"symbol": h.symbol, "name": _safe(h.name), "value": text(h.value), "percent": text(h.percent)}
            for h in rolled.top()
        ],
        "concentration": _concentration(rolled),
        "statistics": {
            "expected_return": _percent(statistics.expected_return),
            "volatility": _percent(statistics.volatility),
            "sharpe": None if statistics.sharpe is None else text(as_decimal(statistics.sharpe)),
            "risk_score": statistics.risk_score,
        },
        "rebalancing": plan,
        "retirement": _projection(analysis.projection, analysis),
        "quality": {key: value for key, value in analysis.quality.as_dict().items() if key not in _JUDGED_LATER},
        "recommendations": [item.model_dump(mode="json") for item in recommend(analysis)],
        "assumptions": assumption_lines(analysis.assumptions),
        "limits": {"cash_percent": text(CASH_LIMIT), "single_holding_percent": text(SINGLE_STOCK_LIMIT)},
    }


def reporter_facts(
    portfolio: Portfolio,
    *,
    on: date,
    settings: RebalanceSettings | None = None,
    assumptions: RetirementAssumptions | None = None,
    stale_after: int = STALE_AFTER,
) -> dict[str, Any]:
    """Everything the report may state (AGENT-07); a price is old after ``stale_after`` trading days."""
    return facts_of(analyse(portfolio, on=on, settings=settings, assumptions=assumptions, stale_after=stale_after))


def charter_facts(portfolio: Portfolio) -> dict[str, Any]:
    """The charts the engine can draw, of which the model chooses, orders and words (AGENT-08).

    Compare the model's charts with the roll-up of `screened_portfolio`, whose account names these are.
    """
    portfolio = screened_portfolio(portfolio)
    rolled = roll_up(portfolio)
    charts = build_charts(rolled, targets=portfolio.user.asset_class_targets)
    return {"charts": charts, "summary": {**_portfolio(portfolio, rolled), "currency": "USD"}}


def retirement_facts(portfolio: Portfolio, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The simulation's figures (``RetirementResult.numbers()``) and the investor's goals (AGENT-09)."""
    rolled = roll_up(portfolio)
    return {
        "currency": "USD",
        "investor": _investor(portfolio),
        "portfolio": _portfolio(portfolio, rolled),
        "numbers": {key: _plain(value) for key, value in sorted(numbers.items())},
    }


def _plain(value: Any) -> Any:
    """JSON floats as the strings of their decimals."""
    if isinstance(value, float):
        return str(as_decimal(value))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def tagger_facts(instrument: Instrument) -> dict[str, Any]:
    """One instrument and the words it may be classified with (AGENT-06)."""
    return {
        "instrument": {
            "symbol": instrument.symbol,
            "name": _safe(instrument.name),
            "instrument_type": instrument.instrument_type.value if instrument.instrument_type else None,
        },
        "vocabulary": {
            "asset_class": sorted(word.value for word in AssetClass),
            "region": sorted(word.value for word in Region),
            "sector": sorted(word.value for word in Sector),
            "instrument_type": sorted(word.value for word in InstrumentType),
        },
    }
