"""What every plan needs, for analyses that find little to change (XAI-03)."""

from collections.abc import Iterator

from advisor.domain.analysis import Analysis
from advisor.domain.models import Recommendation, User
from advisor.domain.money import usd
from advisor.domain.rollup import UNCLASSIFIED
from advisor.domain.vocabulary import Priority


def _low(recommendation: str, reasoning: str, impact: str) -> Recommendation:
    return Recommendation(recommendation=recommendation, reasoning=reasoning, impact=impact, priority=Priority.LOW)


def upkeep(analysis: Analysis) -> Iterator[Recommendation]:
    """Advice of low priority that fits the investor: whoever is retired is not told to save."""
    user, band = analysis.portfolio.user, analysis.settings.band_points
    if UNCLASSIFIED not in analysis.roll_up.shares("asset_class") and not analysis.rebalancing.triggered:
        yield _low(
            "Keep the current allocation.",
            f"Every asset class lies within {band.normalize():f} percentage points of its target.",
            "No trade means no cost and no taxable gain.",
        )
    yield _regular(user)
    yield _low(
        "Review the plan once a year and after every big change in your life.",
        "Targets, income and risk that fitted last year may no longer fit.",
        "Distances and gaps are found while they are small.",
    )
    yield _low(
        "Compare the costs of your funds.",
        "Costs lower the return every year, whatever the market does.",
        "What is not paid in costs stays invested.",
    )
    yield _low(
        "Keep your profile up to date.",
        "Age, contributions and targets drive every projection here.",
        "Projections then describe your own situation.",
    )


def _regular(user: User) -> Recommendation:
    """What to do every year: save before retirement, hold a reserve in it."""
    if not user.years_until_retirement:
        return _low(
            "Keep the withdrawals of the next years in cash.",
            "Selling after a fall makes its loss final.",
            "Bad years can then be waited for, at the price of some return.",
        )
    return _low(
        f"Keep saving {usd(user.annual_contribution)} a year."
        if user.annual_contribution
        else "Consider regular savings.",
        "Regular savings buy at many prices and do not depend on timing.",
        "Every year of savings adds to the value at retirement.",
    )
