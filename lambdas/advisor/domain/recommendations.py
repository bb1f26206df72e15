"""Deterministic recommendations with recommendation, reasoning, impact and priority (XAI-03).

Each finding of the engines gives at most one; sorted by priority, cut at seven, and filled to five with the upkeep
every plan needs. They suggest; figures are the engines', rounded for reading.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from advisor.domain.analysis import Analysis
from advisor.domain.models import Recommendation
from advisor.domain.money import HUNDRED, over, text, times, usd
from advisor.domain.rollup import Holding
from advisor.domain.trades import FUNDS
from advisor.domain.upkeep import upkeep
from advisor.domain.vocabulary import AssetClass, Priority, counted, label

FEWEST, MOST = 5, 7
SINGLE_STOCK_LIMIT = Decimal(10)
"""Percent of the total above which one security that is no fund is a concentration (proposed)."""
CASH_LIMIT = Decimal(10)
"""Percent of the total above which idle cash is worth a word when no target asks for it (proposed)."""
REGION_LIMIT = Decimal(10)
"""Percentage points a region may be off its target (proposed)."""
ESCALATION_SCORE = 7
_ORDER = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


NOTHING_YET = Recommendation(
    recommendation="Add your accounts and what they hold.",
    reasoning="Nothing is recorded yet, so every figure rests on your profile alone.",
    impact="The next analysis then covers value, risk, allocation and retirement.",
    priority=Priority.HIGH,
)


def _made(recommendation: str, reasoning: str, impact: str, priority: Priority) -> Recommendation:
    return Recommendation(recommendation=recommendation, reasoning=reasoning, impact=impact, priority=priority)


def _listed(symbols: tuple[str, ...], most: int = 5) -> str:
    more = len(symbols) - most
    return ", ".join(symbols[:most]) + (f" and {more} more" if more > 0 else "")


def _rebalancing(analysis: Analysis) -> Iterator[Recommendation]:
    plan, band = analysis.rebalancing, analysis.settings.band_points
    if not plan.triggered:
        return
    urgent = plan.max_drift_before >= 2 * band
    effect = (
        f"The largest distance from a target would shrink from {text(plan.max_drift_before, 1)} "
        f"to {text(plan.max_drift_after, 1)} percentage points."
    )
    if plan.trades:
        what = (
            f"Rebalance towards your targets with {counted(len(plan.trades), 'order')} worth {usd(plan.traded_value)}."
        )
    else:
        what, effect = (
            "Direct new savings into the classes below target.",
            "The distance from your targets shrinks as you save.",
        )
    yield _made(what, " ".join(plan.rationale), effect, Priority.HIGH if urgent else Priority.MEDIUM)


def _income(analysis: Analysis) -> Iterator[Recommendation]:
    projection, rate = analysis.projection, analysis.assumptions.withdrawal_rate * 100
    reasoning = (
        f"With average returns the portfolio is worth {usd(projection.expected_value_at_retirement)} at retirement; "
        f"withdrawing {rate:g}% a year gives {usd(projection.sustainable_income)} "
        f"against a target of {usd(projection.first_year_income)}."
    )
    gap, target = projection.income_gap, projection.first_year_income
    if not target:
        yield _made(
            "Set a target income for retirement.",
            "Without one nobody can say whether the savings are enough.",
            "The next analysis then simulates in how many futures the money lasts.",
            Priority.MEDIUM,
        )
        return
    if gap <= 0:
        # Average returns alone say nothing of the odds: `readiness` speaks of those, from the simulation.
        effect = f"Average returns leave a margin of {usd(-gap)} a year; the simulated futures show how sure that is."
        yield _made("Treat the income target as reachable, not as certain.", reasoning, effect, Priority.LOW)
        return
    more = analysis.additional_contribution
    if more is None:  # no year is left to save in: nobody can be told to retire later
        what = "Plan a lower income, or withdraw less in bad years."
    else:
        what = f"Save about {usd(more)} more a year, retire later, or plan a lower income."
    urgent = gap * 4 > target
    yield _made(
        what, reasoning, f"It would close a gap of {usd(gap)} a year.", Priority.HIGH if urgent else Priority.MEDIUM
    )


def largest_single(analysis: Analysis) -> Holding | None:
    """The largest holding that is no fund."""
    held = analysis.portfolio.instruments
    return next((h for h in analysis.roll_up.holdings if held[h.symbol].instrument_type not in FUNDS), None)


def _concentration(analysis: Analysis) -> Iterator[Recommendation]:
    single = largest_single(analysis)
    if single is None or single.percent <= SINGLE_STOCK_LIMIT:
        return
    above = single.value - over(times(analysis.roll_up.total, SINGLE_STOCK_LIMIT), HUNDRED)
    yield _made(
        f"Reduce {single.symbol} step by step.",
        f"{single.symbol} makes up {text(single.percent, 1)}% of the portfolio; "
        f"above {SINGLE_STOCK_LIMIT}% one company's bad year weighs on the whole plan.",
        f"Moving {usd(above)} into diversified holdings brings it to {SINGLE_STOCK_LIMIT}%.",
        Priority.HIGH if single.percent > 2 * SINGLE_STOCK_LIMIT else Priority.MEDIUM,
    )


def _risk(analysis: Analysis) -> Iterator[Recommendation]:
    numbers = analysis.statistics
    if numbers.risk_score > ESCALATION_SCORE:
        yield _made(
            "Have an adviser review the level of risk.",
            f"The risk score is {numbers.risk_score} of 10: "
            f"the assumed volatility is {numbers.volatility * 100:.1f}% a year.",
            "A calmer mix lowers the losses of bad years, and the growth of good ones.",
            Priority.HIGH,
        )


def _cash(analysis: Analysis) -> Iterator[Recommendation]:
    share = analysis.roll_up.shares("asset_class").get(AssetClass.CASH.value, Decimal(0))
    cash = AssetClass.CASH.value
    if share > CASH_LIMIT and cash not in analysis.rebalancing.triggered and cash not in analysis.rebalancing.target:
        yield _made(
            "Decide what the cash is for.",
            f"Cash makes up {text(share, 1)}% of the portfolio, and no target asks for it.",
            "Investing what is no reserve raises the expected return, and the risk.",
            Priority.MEDIUM,
        )


def _regions(analysis: Analysis) -> Iterator[Recommendation]:
    drifts = analysis.region_drift
    if not drifts or not analysis.roll_up.invested:
        return
    key = max(sorted(drifts), key=lambda region: abs(drifts[region]))
    drift = drifts[key]
    if abs(drift) > REGION_LIMIT:
        side = "above" if drift > 0 else "below"
        yield _made(
            "Bring the regions closer to your targets.",
            f"{label(key)} is {text(abs(drift), 1)} percentage points {side} its target.",
            "The portfolio depends less on one economy and one currency.",
            Priority.MEDIUM,
        )


def _data(analysis: Analysis) -> Iterator[Recommendation]:
    quality = analysis.quality
    if quality.missing_prices:
        yield _made(
            f"Add prices for {_listed(quality.missing_prices)}.",
            "A holding without a price is in no total.",
            "The analysis then covers the whole portfolio.",
            Priority.HIGH,
        )
    unknown = (*quality.missing_allocations, *quality.default_allocations)
    if unknown:
        yield _made(
            f"Check the classification of {_listed(tuple(sorted(unknown)))}.",
            "A holding that nobody has classified blurs every split into asset classes, regions and sectors.",
            "Allocation, risk and trades then rest on known facts.",
            Priority.MEDIUM,
        )
    if quality.stale_prices:
        stale = tuple(item.symbol for item in quality.stale_prices)
        yield _made(
            f"Refresh the prices of {_listed(stale)}.",
            "An old price tells what a holding was worth on another day.",
            "The values then reflect the market as it is.",
            Priority.MEDIUM,
        )


def most_urgent(items: Iterable[Recommendation]) -> tuple[Recommendation, ...]:
    """At most seven, most urgent first; the order within a priority is kept."""
    return tuple(sorted(items, key=lambda item: _ORDER[item.priority])[:MOST])


def recommend(analysis: Analysis) -> tuple[Recommendation, ...]:
    """Five to seven recommendations, most urgent first; the same analysis gives the same list.

    Of nothing there is only one thing to say.
    """
    if not analysis.portfolio.positions and not analysis.roll_up.total:
        return (NOTHING_YET,)
    parts = (_rebalancing, _income, _concentration, _risk, _data, _regions, _cash)
    found = list(most_urgent(item for part in parts for item in part(analysis)))
    for item in upkeep(analysis):
        if len(found) >= FEWEST:
            break
        found.append(item)
    return tuple(found)
