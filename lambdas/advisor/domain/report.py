"""The report without a model: the same facts, worded by rule (AGENT-07, AGENT-23).

It stands in when the model fails, and it is complete: summary, composition, diversification, risk, retirement,
recommendations with their four parts, assumptions, conclusion and disclosures. Every figure comes from the facts.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from advisor.domain.advice import with_disclosures
from advisor.domain.money import text, usd
from advisor.domain.vocabulary import counted, label

AVERAGES = (
    "These figures assume the average return in every year. Real returns vary, and bad early years cost most: "
    "the retirement analysis tells in how many simulated futures the money lasts."
)
_PHASES = {"accumulation": "saving", "retirement": "retirement"}
_DIMENSIONS = (("asset_class", "Asset class"), ("region", "Region"), ("sector", "Sector"))


def money(value: Any) -> str:
    """$1,234.56 from a fact's string; -$5.00 for a negative."""
    amount = Decimal(str(value))
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def _cell(value: Any) -> str:
    """Text that cannot break a table or a line."""
    return " ".join(str(value).split()).replace("|", "/")


def _words(key: str) -> str:
    return key.replace("_", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)])


def _slices(items: Sequence[Mapping[str, str]], head: str) -> str:
    rows = [(label(item["key"]), money(item["value"]), f"{item['percent']}%") for item in items]
    return _table((head, "Value", "Share"), rows) if rows else f"No priced holding has a {head.lower()}."


def _summary(facts: Mapping[str, Any]) -> str:
    portfolio, retirement, quality = facts["portfolio"], facts["retirement"], facts["quality"]
    classes = facts["allocation"]["asset_class"]
    largest = (
        f"; {label(classes[0]['key']).lower()} is the largest class with {classes[0]['percent']}%" if classes else ""
    )
    gap, wanted = Decimal(retirement["income_gap"]), Decimal(retirement["target_income"])
    outlook = (
        "No target income for retirement is set, so nothing is said about whether the money is enough."
        if not wanted
        else f"Even with average returns a gap of {money(gap)} a year remains between the target income and the "
        "sustainable income."
        if gap > 0
        else f"With average returns the sustainable income exceeds the target income by {money(-gap)} a year; how sure "
        "that is, the retirement analysis tells."
    )
    moved = ", ".join(label(key) for key in facts["rebalancing"]["triggered"])
    return "\n".join(
        [
            f"- The total value is {money(portfolio['total_value'])} "
            f"in {counted(portfolio['num_accounts'], 'account')} and "
            f"{counted(portfolio['num_positions'], 'position')}{largest}.",
            f"- Further from the target than tolerated: {moved}."
            if moved
            else "- Every asset class is near its target.",
            f"- {outlook}",
            f"- {_known(quality)}",
        ]
    )


def _known(quality: Mapping[str, Any]) -> str:
    """How complete the data are; how far to trust the whole analysis is judged when all its parts are known."""
    unconfirmed = len(quality["missing_allocations"]) + len(quality["default_allocations"])
    lacks = (
        (len(quality["missing_prices"]), "without a price"),
        (len(quality["stale_prices"]), "with an old price"),
        (unconfirmed, "without a confirmed classification"),
    )
    told = ", ".join(f"{counted(count, 'holding')} {what}" for count, what in lacks if count)
    return f"The data are incomplete: {told}." if told else "Every holding has a recent price and a classification."


def _composition(facts: Mapping[str, Any]) -> str:
    accounts = [(a["name"], _words(a["type"]), money(a["value"]), f"{a['percent']}%") for a in facts["accounts"]]
    holdings = [(h["symbol"], h["name"], money(h["value"]), f"{h['percent']}%") for h in facts["top_holdings"]]
    parts = [_table(("Account", "Type", "Value", "Share"), accounts)]
    parts += [_slices(facts["allocation"][key], head) for key, head in _DIMENSIONS]
    parts.append(_table(("Holding", "Name", "Value", "Share"), holdings) if holdings else "No holding has a price.")
    return "\n\n".join(parts)


def _diversification(facts: Mapping[str, Any]) -> str:
    numbers = facts["concentration"]
    if numbers["largest_symbol"] is None:
        return "No holding has a price, so concentration cannot be measured."
    drifts = "; ".join(
        f"{label(key)} {text(abs(Decimal(points)), 1)} points {'above' if Decimal(points) > 0 else 'below'}"
        for key, points in facts["region_drift"].items()
    )
    return (
        f"The largest holding is {numbers['largest_symbol']} with {numbers['largest_percent']}% of the total; "
        f"the ten largest make up {numbers['top_10_percent']}%. The portfolio is as spread out as "
        f"{numbers['effective_holdings']} holdings of equal size would be. "
        f"Regions against their targets: {drifts}."
    )


def _risk(facts: Mapping[str, Any]) -> str:
    numbers = facts["statistics"]
    sharpe = (
        ""
        if numbers["sharpe"] is None
        else f" Each point of volatility is rewarded with {numbers['sharpe']} points more than cash (Sharpe ratio)."
    )
    return (
        f"The assumed expected return is {numbers['expected_return']}% a year with a volatility of "
        f"{numbers['volatility']}%, which is how widely single years "
        f"spread around the average. The risk score is {numbers['risk_score']} of 10.{sharpe}"
    )


def _retirement(facts: Mapping[str, Any]) -> str:
    numbers, years = facts["retirement"], facts["investor"]["years_until_retirement"]
    rows = [
        (item["year"], "" if item["age"] is None else item["age"], _PHASES[item["phase"]], money(item["value"]))
        for item in numbers["milestones"]
    ]
    lasting = (
        f"With average returns money remains after {counted(numbers['retirement_years'], 'year')} of retirement."
        if numbers["depleted_year"] is None
        else f"With average returns the money is used up in year {numbers['depleted_year']} from today."
    )
    told = AVERAGES if Decimal(numbers["target_income"]) else "No target income is set."
    start = f"in {counted(years, 'year')}" if years else "now"
    return (
        f"Retirement starts {start}. The expected value at retirement is "
        f"{money(numbers['expected_value_at_retirement'])}; withdrawing {numbers['withdrawal_rate']}% of it gives a "
        f"sustainable income of {money(numbers['sustainable_income'])} a year "
        f"against a target income of {money(numbers['target_income'])}. {lasting} {told}\n\n"
        + _table(("Year", "Age", "Phase", "Value with average returns"), rows)
    )


def render_recommendations(items: Sequence[Mapping[str, Any]]) -> str:
    """Markdown of recommendations with their four parts (XAI-03)."""
    return "\n\n".join(
        f"### {index}. {_cell(item['recommendation'])}\n\n"
        f"- **Recommendation**: {_cell(item['recommendation'])}\n- **Reasoning**: {_cell(item['reasoning'])}\n"
        f"- **Impact**: {_cell(item['impact'])}\n- **Priority**: {_cell(item['priority'])}"
        for index, item in enumerate(items, start=1)
    )


def _limits(facts: Mapping[str, Any]) -> str:
    quality = facts["quality"]
    notes = [f"- {line}" for line in facts["assumptions"]]
    notes += [f"- {line}" for line in quality["heuristics_used"]]
    if quality["missing_prices"]:
        notes.append(f"- In no total, because no price is known: {', '.join(quality['missing_prices'])}.")
    if quality["stale_prices"]:
        notes.append(f"- Old prices: {', '.join(item['symbol'] for item in quality['stale_prices'])}.")
    return "\n".join(notes)


def fallback_report(facts: Mapping[str, Any]) -> str:
    """Markdown report from `reporter_facts`; passes the rules on advice and figures by construction."""
    first = facts["recommendations"][0]["recommendation"]
    unanswered = " Your question could not be answered this time." if facts.get("question") else ""
    sections = {
        "Executive summary": _summary(facts),
        "Portfolio composition": _composition(facts),
        "Diversification": _diversification(facts),
        "Risk": _risk(facts),
        "Retirement readiness": _retirement(facts),
        "Recommendations": render_recommendations(facts["recommendations"]),
        "Assumptions and limitations": _limits(facts),
        "Conclusion": f"Of what this report covers, this helps most: {_cell(first)} Read it together with the "
        f"retirement analysis, and decide with your own situation in mind.{unanswered}",
    }
    body = "\n\n".join(f"## {title}\n\n{content}" for title, content in sections.items())
    return with_disclosures(f"# Portfolio analysis as of {facts['as_of']}\n\n{body}")


def fallback_retirement(facts: Mapping[str, Any]) -> str:
    """Markdown of the retirement analysis from `retirement_facts`, with disclosures (AGENT-09)."""
    numbers = facts["numbers"]
    gap = Decimal(numbers["income_gap"])
    against = f"leaves a gap of {usd(gap)} a year" if gap > 0 else f"exceeds the target by {usd(-gap)} a year"
    poor = Decimal(numbers["percentile_10"])
    worst = f"at most {money(poor)} is left" if poor > 0 else "nothing is left"
    rows = [
        (item["year"], "" if item["age"] is None else item["age"], _PHASES[item["phase"]], money(item["value"]))
        for item in numbers["milestones"]
    ]
    body = (
        f"# Retirement analysis\n\n## Outlook\n\n"
        f"The success rate is {numbers['success_rate']}%: in so many of {numbers['paths']:,} simulated futures money "
        f"is left after {counted(numbers['retirement_years'], 'year')} of retirement. On average the money lasts "
        f"{numbers['average_years_lasted']} years. In the middle of all futures "
        f"{money(numbers['median_final_value'])} is left at the end (the median). In the worst tenth {worst} "
        f"(the 10th percentile), in the best tenth at least {money(numbers['percentile_90'])} "
        "(the 90th percentile).\n\n## Income\n\n"
        "With average returns every year, the expected value at retirement is "
        f"{money(numbers['expected_value_at_retirement'])}. Withdrawing "
        f"{numbers['withdrawal_rate']}% of it gives a sustainable income of {money(numbers['sustainable_income'])}; "
        f"the target income is {money(numbers['target_income'])}. The sustainable income {against}. "
        "Real returns vary, and that is what the success rate counts.\n\n"
        f"## Milestones with average returns\n\n" + _table(("Year", "Age", "Phase", "Value"), rows)
    )
    return with_disclosures(body)
