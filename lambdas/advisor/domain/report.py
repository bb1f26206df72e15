"""The report without a model: the same facts, worded by rule (AGENT-07, AGENT-23).

It stands in when the model fails, and it is complete: summary, composition, diversification, risk, retirement,
recommendations with their four parts, assumptions, conclusion and disclosures. Every figure comes from the facts.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from advisor.domain.advice import with_disclosures
from advisor.domain.money import text
from advisor.domain.recommendations import usd
from advisor.domain.vocabulary import label

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
    largest = f"; {label(classes[0]['key'])} is the largest class with {classes[0]['percent']}%" if classes else ""
    gap = Decimal(retirement["income_gap"])
    outlook = (
        f"A gap of {money(gap)} a year remains between the target income and the sustainable income."
        if gap > 0
        else f"The sustainable income exceeds the target income by {money(-gap)} a year on the mean path."
    )
    drift = facts["rebalancing"]
    moved = ", ".join(label(key) for key in drift["triggered"])
    return "\n".join(
        [
            f"- The total value is {money(portfolio['total_value'])} "
            f"in {portfolio['num_accounts']} accounts and {portfolio['num_positions']} positions{largest}.",
            f"- Outside the band around the targets: {moved}."
            if moved
            else "- Every asset class lies within the band around its target.",
            f"- {outlook}",
            f"- The data allow {quality['cue']} confidence ({quality['confidence']} of 1).",
        ]
    )


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
        f"the ten largest make up {numbers['top_10_percent']}%. The holdings weigh as much as "
        f"{numbers['effective_holdings']} equal ones (Herfindahl index {numbers['herfindahl']}). "
        f"Regions against their targets: {drifts}."
    )


def _risk(facts: Mapping[str, Any]) -> str:
    numbers = facts["statistics"]
    sharpe = "" if numbers["sharpe"] is None else f" The Sharpe ratio is {numbers['sharpe']}."
    return (
        f"The assumed expected return is {numbers['expected_return']}% a year with a volatility of "
        f"{numbers['volatility']}%. The risk score is {numbers['risk_score']} of 10.{sharpe}"
    )


def _retirement(facts: Mapping[str, Any]) -> str:
    numbers, years = facts["retirement"], facts["investor"]["years_until_retirement"]
    rows = [
        (item["year"], "" if item["age"] is None else item["age"], item["phase"], money(item["value"]))
        for item in numbers["milestones"]
    ]
    lasting = (
        f"On the mean path money remains after {numbers['retirement_years']} years of retirement."
        if numbers["depleted_year"] is None
        else f"On the mean path the money is used up in year {numbers['depleted_year']}."
    )
    return (
        f"Retirement starts in {years} years. The expected value at retirement is "
        f"{money(numbers['expected_value_at_retirement'])}; withdrawing {numbers['withdrawal_rate']}% of it gives a "
        f"sustainable income of {money(numbers['sustainable_income'])} a year "
        f"against a target income of {money(numbers['target_income'])}. {lasting}\n\n"
        + _table(("Year", "Age", "Phase", "Value on the mean path"), rows)
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
        notes.append(f"- No price is known for {', '.join(quality['missing_prices'])}: no total includes them.")
    if quality["stale_prices"]:
        notes.append(f"- Old prices: {', '.join(item['symbol'] for item in quality['stale_prices'])}.")
    return "\n".join(notes)


def fallback_report(facts: Mapping[str, Any]) -> str:
    """Markdown report from `reporter_facts`; passes the rules on advice and figures by construction."""
    first = facts["recommendations"][0]["recommendation"]
    sections = {
        "Executive summary": _summary(facts),
        "Portfolio composition": _composition(facts),
        "Diversification": _diversification(facts),
        "Risk": _risk(facts),
        "Retirement readiness": _retirement(facts),
        "Recommendations": render_recommendations(facts["recommendations"]),
        "Assumptions and limitations": _limits(facts),
        "Conclusion": f"The most important next step: {_cell(first)} Decide with your own situation in mind.",
    }
    body = "\n\n".join(f"## {title}\n\n{content}" for title, content in sections.items())
    return with_disclosures(f"# Portfolio analysis as of {facts['as_of']}\n\n{body}")


def fallback_retirement(facts: Mapping[str, Any]) -> str:
    """Markdown of the retirement analysis from `retirement_facts`, with disclosures (AGENT-09)."""
    numbers = facts["numbers"]
    gap = Decimal(numbers["income_gap"])
    against = f"leaves a gap of {usd(gap)} a year" if gap > 0 else f"exceeds the target by {usd(-gap)} a year"
    rows = [
        (item["year"], "" if item["age"] is None else item["age"], item["phase"], money(item["value"]))
        for item in numbers["milestones"]
    ]
    body = (
        f"# Retirement analysis\n\n## Outlook\n\n"
        f"In {numbers['paths']} simulated paths the success rate is {numbers['success_rate']}%: so many end "
        f"{numbers['retirement_years']} years of retirement with money left. On average the money lasts "
        f"{numbers['average_years_lasted']} years. The median final value is {money(numbers['median_final_value'])}, "
        f"the 10th percentile {money(numbers['percentile_10'])}, the 90th percentile "
        f"{money(numbers['percentile_90'])}.\n\n## Income\n\n"
        f"The expected value at retirement is {money(numbers['expected_value_at_retirement'])}. Withdrawing "
        f"{numbers['withdrawal_rate']}% of it gives a sustainable income of {money(numbers['sustainable_income'])}; "
        f"the target income is {money(numbers['target_income'])}. The sustainable income {against}.\n\n"
        f"## Milestones on the mean path\n\n" + _table(("Year", "Age", "Phase", "Value"), rows)
    )
    return with_disclosures(body)
