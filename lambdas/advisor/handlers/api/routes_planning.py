"""Scenarios and the rebalancing preview: pure computations that store nothing and move nothing (domain 8.5, 8.6).

Whatever the body does not say is read from the caller's own profile and portfolio; a scenario that says everything
asks no database.
"""

from decimal import Decimal

from advisor.adapters.records import NO_PROFILE
from advisor.domain.assumptions import CLASS_ASSUMPTIONS, ClassAssumption, RetirementAssumptions
from advisor.domain.errors import NotFoundError
from advisor.domain.facts import assumption_lines
from advisor.domain.models import Portfolio
from advisor.domain.money import rounded
from advisor.domain.rebalancing import RebalanceSettings, rebalance, region_drift
from advisor.domain.retirement_plan import RetirementPlan, plan_of
from advisor.domain.rollup import roll_up
from advisor.domain.scenario import seed_of_scenario, simulate_scenario
from advisor.domain.trades import Trade
from advisor.domain.valuation import value_portfolio
from advisor.domain.vocabulary import AssetClass
from advisor.handlers.api.answers_planning import RebalancePreview, Scenario, SuggestedTrade
from advisor.handlers.api.operations import Call, operation
from advisor.handlers.api.schemas_planning import RebalanceRequest, ScenarioRequest

NEEDED = {"current_value", "allocation", "years_until_retirement", "annual_contribution", "target_retirement_income"}
"""What a simulation cannot do without."""


def _portfolio(call: Call) -> Portfolio:
    """The caller's own; raises NotFoundError without a profile."""
    portfolio = call.services.portfolios.portfolio(call.caller.user_id)
    if portfolio is None:
        raise NotFoundError([NO_PROFILE])
    return portfolio


def _weights(allocation: dict[str, float]) -> dict[AssetClass, float]:
    whole = sum(allocation.values())
    return {AssetClass(key): part / whole for key, part in sorted(allocation.items())}


def _plan(call: Call, body: ScenarioRequest) -> RetirementPlan:
    """The plan that the body describes, with what it leaves out from the caller's portfolio."""
    said = body.model_fields_set
    if said >= NEEDED:
        weights = _weights(body.allocation)
        known = RetirementPlan(Decimal(0), weights, body.years_until_retirement, Decimal(0), Decimal(0))
    else:
        portfolio = _portfolio(call)
        known = plan_of(portfolio, roll_up(portfolio))
    return RetirementPlan(
        value=body.current_value if "current_value" in said else known.value,
        weights=_weights(body.allocation) if "allocation" in said else known.weights,
        years=body.years_until_retirement if "years_until_retirement" in said else known.years,
        contribution=body.annual_contribution if "annual_contribution" in said else known.contribution,
        target_income=body.target_retirement_income if "target_retirement_income" in said else known.target_income,
        current_age=body.current_age if "current_age" in said else known.current_age,
    )


def _assumptions(body: ScenarioRequest, paths: int) -> RetirementAssumptions:
    """The body's rates as fractions; classes that it does not name keep their assumption."""
    classes = {
        key: ClassAssumption(mean=said.mean / 100, volatility=said.volatility / 100, source="scenario")
        for key, said in body.class_returns.items()
    }
    return RetirementAssumptions(
        paths=paths,
        retirement_years=body.retirement_years,
        inflation=body.inflation / 100,
        withdrawal_rate=body.withdrawal_rate / 100,
        correlated=body.correlated,
        inflate_target_before_retirement=body.inflate_target_before_retirement,
        classes={**CLASS_ASSUMPTIONS, **classes},
    )


@operation("POST", "/api/scenarios", answer=Scenario, body=ScenarioRequest, errors=(404, 413, 422))
def compute_scenario(call: Call) -> Scenario:
    """Project and simulate retirement on edited assumptions; nothing is stored."""
    body: ScenarioRequest = call.body
    plan, rules = _plan(call, body), _assumptions(body, call.services.env.scenario_paths)
    result = simulate_scenario(plan, seed=seed_of_scenario(plan, rules), assumptions=rules)
    return Scenario.model_validate({**result.numbers(), "assumptions": assumption_lines(rules)})


def _suggested(trade: Trade) -> SuggestedTrade:
    return SuggestedTrade.model_validate(trade).model_copy(update={"value": rounded(trade.value, 2)})


@operation("POST", "/api/rebalance/preview", answer=RebalancePreview, body=RebalanceRequest, errors=(404, 413, 422))
def preview_rebalancing(call: Call) -> RebalancePreview:
    """Suggest the trades that bring the caller's portfolio back to its targets; nothing is stored or executed."""
    body: RebalanceRequest = call.body
    portfolio = _portfolio(call)
    valuation = value_portfolio(portfolio)
    plan = rebalance(
        portfolio,
        targets=body.asset_class_targets or None,
        settings=RebalanceSettings(
            band_points=body.band_points,
            minimum_trade=body.minimum_trade,
            fractional=body.fractional,
            cash_floor=body.cash_floor,
            tax_advantaged_first=body.tax_advantaged_first,
        ),
        valuation=valuation,
    )
    drift = region_drift(roll_up(portfolio, valuation), body.region_targets or portfolio.user.region_targets)

    def shown(parts: dict[str, Decimal]) -> dict[str, Decimal]:
        return {key: rounded(part, 2) for key, part in parts.items()}

    return RebalancePreview(
        current_allocation=shown(plan.current),
        target_allocation=shown(plan.target),
        after_allocation=shown(plan.after),
        trades=[_suggested(trade) for trade in plan.trades],
        traded_value=rounded(plan.traded_value, 2),
        triggered=list(plan.triggered),
        max_drift_before=rounded(plan.max_drift_before, 2),
        max_drift_after=rounded(plan.max_drift_after, 2),
        within_band_after=plan.within_band_after,
        rationale=list(plan.rationale),
        region_drift=shown(drift),
        missing_prices=list(valuation.missing_prices),
    )
