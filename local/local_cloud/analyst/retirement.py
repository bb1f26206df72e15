"""explain_retirement: the simulation's figures as prose."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local_cloud.analyst.wording import LABEL, about, counted, first_upper, percent, usd, words

LIKELY, UNCERTAIN, EVEN = Decimal(80), Decimal(60), Decimal(40)
"""Success rates (percent) from which the words change; the figure always stands beside them. The first two are the
platform's own aim and its urgent limit, so that no sentence here contradicts a recommendation."""


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
    income = (
        f"which leaves a gap of {usd(gap)} a year to the target income of {usd(numbers['target_income'])}"
        if gap > 0
        else f"which covers the target income of {usd(numbers['target_income'])}"
    )
    poor = Decimal(str(numbers["percentile_10"]))
    worst = f"at most {usd(poor)} is left" if poor > 0 else "nothing is left"
    rich = Decimal(str(numbers["percentile_90"]))
    best = (
        f"in the best tenth at least {usd(rich)} (the 90th percentile)"
        if rich > 0
        else "and in fewer than one future in ten anything is"
    )
    return (
        f"The plan is {_odds(rate)}: the success rate is {percent(numbers['success_rate'])} over "
        f"{numbers['paths']:,} simulated futures and {counted(numbers['retirement_years'], 'year')} of retirement. On "
        f"average the money lasts {numbers['average_years_lasted']} years. In the middle of all futures "
        f"{usd(numbers['median_final_value'])} is left at the end (the median). In the worst tenth {worst} (the 10th "
        f"percentile), {best}.\n\n"
        f"With average returns every year the value at retirement is "
        f"{usd(numbers['expected_value_at_retirement'])}. Its sustainable income is "
        f"{usd(numbers['sustainable_income'])} a year, {income}. Real returns vary, and that is what the success rate "
        "counts."
    )


def _odds(rate: Decimal) -> str:
    """The success rate (percent) in words."""
    if rate >= LIKELY:
        return "likely to last"
    if rate >= UNCERTAIN:
        return "more likely to last than not, but not certain enough"
    return "about as likely to fail as to last" if rate >= EVEN else "unlikely to last"


def _drivers(numbers: Mapping[str, Any]) -> str:
    mix = " ".join(
        f"{first_upper(words(key))} counts for {about(share)}."
        for key, share in sorted(numbers["weights"].items(), key=lambda item: -Decimal(str(item[1])))
    )
    years = numbers["years_until_retirement"]
    saving = (
        f" and adds a contribution of {usd(numbers['annual_contribution'])} a year for {counted(years, 'year')}"
        if years
        else "; withdrawals begin at once"
    )
    return (
        f"The simulation starts from a current value of {usd(numbers['current_value'])}{saving}. "
        f"The mix has an expected return of {about(numbers['mean_return'])} and a volatility of "
        f"{about(numbers['volatility'])} a year; withdrawals rise with an inflation of "
        f"{percent(numbers['inflation'])}. {mix} {LABEL}"
    )


def _suggestions(numbers: Mapping[str, Any], gap: Decimal) -> list[str]:
    suggestions = ["Repeat this projection once a year and after every big change in your life."]
    if gap > 0:
        ways = "Save more each year, retire later or plan a lower income: each of them narrows the gap."
        suggestions.insert(0, ways if numbers["years_until_retirement"] else "A lower income narrows the gap.")
    if Decimal(str(numbers["success_rate"])) < LIKELY:
        suggestions.insert(0, "Plan which expenses you could lower in bad years, since early losses weigh most.")
    suggestions.append("Keep a reserve for the first years of retirement so that nothing must be sold after a fall.")
    return suggestions
