"""explain_retirement: the simulation's figures as prose."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local_cloud.analyst.wording import LABEL, first_upper, percent, usd, words

LIKELY, UNCERTAIN = Decimal(85), Decimal(60)
"""Success rates (percent) from which the words change; the figure always stands beside them."""


def answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """Assessment, drivers and suggestions from ``data["numbers"]``."""
    numbers = data["numbers"]
    gap = Decimal(str(numbers["income_gap"]))
    return {
        "rationale": "Simulated analyst: the success rate decides the assessment, the income gap the suggestions.",
        "assessment": _assessment(numbers, gap),
        "drivers": _drivers(numbers),
        "suggestions": _suggestions(numbers, gap),
    }


def _assessment(numbers: Mapping[str, Any], gap: Decimal) -> str:
    rate = Decimal(str(numbers["success_rate"]))
    word = "likely to last" if rate >= LIKELY else "uncertain" if rate >= UNCERTAIN else "unlikely to last"
    income = (
        f"which leaves a gap of {usd(gap)} a year to the target income of {usd(numbers['target_income'])}"
        if gap > 0
        else f"which covers the target income of {usd(numbers['target_income'])}"
    )
    return (
        f"The plan is {word}: the success rate is {percent(numbers['success_rate'])} over {numbers['paths']} simulated "
        f"paths and {numbers['retirement_years']} years of retirement. On average the money lasts "
        f"{numbers['average_years_lasted']} years. The median final value is {usd(numbers['median_final_value'])}; "
        f"the 10th percentile is {usd(numbers['percentile_10'])} and the 90th percentile "
        f"{usd(numbers['percentile_90'])}.\n\n"
        f"On the mean path the value at retirement is {usd(numbers['expected_value_at_retirement'])}. Its sustainable "
        f"income is {usd(numbers['sustainable_income'])} a year, {income}."
    )


def _drivers(numbers: Mapping[str, Any]) -> str:
    mix = " ".join(
        f"{first_upper(words(key))} counts for {percent(share)}."
        for key, share in sorted(numbers["weights"].items(), key=lambda item: -Decimal(str(item[1])))
    )
    return (
        f"The simulation starts from a current value of {usd(numbers['current_value'])} and adds a contribution of "
        f"{usd(numbers['annual_contribution'])} a year for {numbers['years_until_retirement']} years. The mix has an "
        f"expected return of {percent(numbers['mean_return'])} and a volatility of {percent(numbers['volatility'])} a "
        f"year; withdrawals rise with an inflation of {percent(numbers['inflation'])}. {mix} {LABEL}"
    )


def _suggestions(numbers: Mapping[str, Any], gap: Decimal) -> list[str]:
    suggestions = ["Repeat this projection once a year and after every big change in your life."]
    if gap > 0:
        suggestions.insert(0, "Save more each year, retire later or plan a lower income: each of them narrows the gap.")
    if Decimal(str(numbers["success_rate"])) < LIKELY:
        suggestions.insert(0, "Plan which expenses you could lower in bad years, since early losses weigh most.")
    suggestions.append("Keep a reserve for the first years of retirement so that nothing must be sold after a fall.")
    return suggestions
