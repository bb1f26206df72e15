"""write_report: the portfolio's facts as prose. Figures are printed as given, never combined into new ones."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local_cloud.analyst.wording import LABEL, counted, first_upper, listed, percent, usd, words


def answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the report; recommendations keep what the engine advises and its figures."""
    return {
        "rationale": "Simulated analyst: the drift from the targets and the income in retirement weigh most, because "
        "both are what the investor set as goals; single risks and the quality of the data come after them.",
        "executive_summary": _summary(data),
        "composition": _composition(data),
        "diversification": _diversification(data),
        "risk": _risk(data),
        "retirement_readiness": _retirement(data),
        "recommendations": [dict(one) for one in data["recommendations"]],
        "limitations": _limitations(data),
        "conclusion": _conclusion(data),
    }


def _summary(data: Mapping[str, Any]) -> list[str]:
    whole, risk, goal = data["portfolio"], data["statistics"], data["retirement"]
    points = [
        f"The portfolio has a total value of {usd(whole['total_value'])} as of {data['as_of']}, "
        f"in {counted(whole['num_accounts'], 'account')} with {counted(whole['num_positions'], 'position')}.",
    ]
    classes = data["allocation"]["asset_class"]
    if classes:
        points.append(
            f"{first_upper(words(classes[0]['key']))} is the largest asset class with {percent(classes[0]['percent'])}."
        )
    points.append(f"The risk score is {risk['risk_score']} of 10, with a volatility of {percent(risk['volatility'])}.")
    points.append(
        "No target income for retirement is set, so nothing is said about whether the money is enough."
        if not Decimal(goal["target_income"])
        else f"With average returns the sustainable income is {usd(goal['sustainable_income'])} a year; "
        f"the target income is {usd(goal['target_income'])}. How sure that is, the retirement analysis tells."
    )
    return points


def _called(holding: Mapping[str, Any]) -> str:
    """Symbol and name, or the symbol alone where nobody gave a name."""
    symbol, name = holding["symbol"], holding["name"]
    return str(symbol) if name == symbol else f"{symbol} ({name})"


def _composition(data: Mapping[str, Any]) -> str:
    whole = data["portfolio"]
    parts = [
        f"Of the total value of {usd(whole['total_value'])}, {usd(whole['invested'])} is invested and "
        f"{usd(whole['cash'])} is cash."
    ]
    targets = data["targets"]["asset_class"]
    for part in data["allocation"]["asset_class"]:
        wanted = targets.get(part["key"])
        aim = f"; the target is {percent(wanted)}" if wanted is not None else ", for which no target is set"
        name = first_upper(words(part["key"]))
        parts.append(f"{name} is worth {usd(part['value'])}, which is {percent(part['percent'])}{aim}.")
    holdings = data["top_holdings"][:5]
    if holdings:
        named = listed(f"{_called(one)} with {usd(one['value'])}" for one in holdings)
        parts.append(f"The largest holdings are {named}.")
    accounts = [f"{one['name']} ({words(one['type'])}) with {usd(one['value'])}" for one in data["accounts"]]
    if accounts:
        parts.append(f"By account: {listed(accounts)}.")
    return " ".join(parts)


def _diversification(data: Mapping[str, Any]) -> str:
    spread = data["concentration"]
    if spread["largest_symbol"] is None:
        return "No holding has a price, so nothing can be said about concentration."
    parts = [
        f"{spread['largest_symbol']} is the largest holding with {percent(spread['largest_percent'])}, and the ten "
        f"largest make up {percent(spread['top_10_percent'])}.",
        f"The portfolio is as spread out as {spread['effective_holdings']} holdings of equal size would be.",
    ]
    for name, dimension in (("regions", "region"), ("sectors", "sector")):
        slices = data["allocation"][dimension][:4]
        if slices:
            shares = listed(f"{words(one['key'])} with {percent(one['percent'])}" for one in slices)
            parts.append(f"The largest {name} of the priced holdings are {shares}.")
    for key, points in data["region_drift"].items():
        side = "above" if Decimal(points) > 0 else "below"
        if Decimal(points):
            distance = abs(Decimal(points))
            parts.append(f"{first_upper(words(key))} lies {distance} percentage points {side} its target.")
    return " ".join(parts)


def _risk(data: Mapping[str, Any]) -> str:
    numbers = data["statistics"]
    sharpe = (
        f" Each point of volatility is rewarded with {numbers['sharpe']} points more than cash (Sharpe ratio)."
        if numbers["sharpe"] is not None
        else ""
    )
    return (
        f"With the stated assumptions the expected return is {percent(numbers['expected_return'])} a year and the "
        f"volatility {percent(numbers['volatility'])}, which gives a risk score of {numbers['risk_score']} of "
        f"10.{sharpe} Volatility says how widely single years spread around the average; it says nothing about the "
        f"order in which good and bad years come. {' '.join(data['rebalancing']['rationale'])}"
    )


def _retirement(data: Mapping[str, Any]) -> str:
    goal, investor = data["retirement"], data["investor"]
    years = investor["years_until_retirement"]
    parts = [
        f"Retirement begins in {counted(years, 'year')}, with a contribution of "
        f"{usd(investor['annual_contribution'])} a year until then."
        if years
        else "Retirement begins now.",
        f"With average returns the value at retirement is {usd(goal['expected_value_at_retirement'])}.",
        f"Its sustainable income is {usd(goal['sustainable_income'])} a year at a withdrawal of "
        f"{percent(goal['withdrawal_rate'])}; the target income is {usd(goal['target_income'])}.",
    ]
    gap = Decimal(goal["income_gap"])
    if not Decimal(goal["target_income"]):
        return " ".join([*parts[:-1], "No target income is set."])
    parts.append(f"The gap is {usd(gap)} a year." if gap > 0 else "Average returns cover the target.")
    lasting = goal["depleted_year"]
    parts.append(
        "With average returns money remains at the end of retirement."
        if lasting is None
        else f"With average returns the money is used up in year {lasting} from today."
    )
    parts.append(
        "Real returns vary, and bad early years cost most: the retirement analysis tells in how many simulated futures "
        "the money lasts."
    )
    return " ".join(parts)


def _limitations(data: Mapping[str, Any]) -> str:
    quality = data["quality"]
    parts = [LABEL, *data["assumptions"]]
    if quality["missing_prices"]:
        parts.append(f"No total includes {listed(quality['missing_prices'])}, because no price is known.")
    if quality["stale_prices"]:
        parts.append(f"Old prices are used for {listed(one['symbol'] for one in quality['stale_prices'])}.")
    unknown = [*quality["missing_allocations"], *quality["default_allocations"]]
    if unknown:
        parts.append(f"Nobody has confirmed the classification of {listed(sorted(unknown))}.")
    return " ".join(parts)


def _conclusion(data: Mapping[str, Any]) -> str:
    first = data["recommendations"][0]["recommendation"]
    asked = " The simulated analyst does not answer questions of your own." if data.get("question") else ""
    return (
        f"Of what this report covers, this helps most: {first} Read it together with the retirement analysis, decide "
        f"with your own situation in mind, and review the plan yearly.{asked}"
    )
