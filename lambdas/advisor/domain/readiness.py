"""What the simulated futures say about retirement, as a recommendation (XAI-03, AGENT-09).

The reporter speaks of average returns, because it runs beside the simulation. With them a plan can look funded
while it fails in every second future; where the odds are low, this recommendation says so beside the reporter's.
"""

from collections.abc import Mapping
from typing import Any

from advisor.domain.models import Recommendation
from advisor.domain.vocabulary import Priority

AIM, URGENT = 80.0, 60.0
"""Percent of simulated futures in which the money should last; below the second it is urgent (both proposed)."""

_RISKY = "Raise the odds that your money lasts: save more, retire later, or plan a lower income."
_SHORT = "Close the income gap with room to spare: the odds that your money lasts are low."
"""Where a gap remains, the report itself names the three ways to close it: no reader needs them twice."""
_RETIRED = "Lower the withdrawals where you can: the odds that your money lasts are low."


def readiness(numbers: Mapping[str, Any]) -> Recommendation | None:
    """The recommendation that ``retirement_payload["numbers"]`` asks for; None when the aim is reached.

    :param numbers: ``success_rate`` in percent, ``paths`` simulated, ``percentile_10`` and ``income_gap`` in USD.
    """
    rate = numbers.get("success_rate")
    if not isinstance(rate, int | float) or rate >= AIM:
        return None
    worst = numbers.get("percentile_10")
    poor = f"at most ${worst:,.0f} is left" if worst else "nothing is left"
    retired = numbers.get("years_until_retirement") == 0
    short = _SHORT if numbers.get("income_gap", 0) > 0 else _RISKY
    return Recommendation(
        recommendation=_RETIRED if retired else short,
        reasoning=f"Your money lasts in {rate:g}% of {numbers['paths']:,} simulated futures; {AIM:g}% is the aim here. "
        f"In the worst tenth of them {poor} at the end.",
        impact="Spending less raises that share; a calmer mix narrows the outcomes."
        if retired
        else "Saving more, working longer or spending less raises that share; a calmer mix narrows the outcomes.",
        priority=Priority.HIGH if rate < URGENT else Priority.MEDIUM,
    )
