"""The report's sections about money: allocation, holdings, recommendations, retirement."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any

from alex import charts_axis as axis
from alex import charts_svg as svg
from alex.figures import compact, money, percent, quantity, words
from alex.markdown import to_html
from alex.result import AccountLine, Analysis, Part


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, foot: Sequence[str] = (), numeric: int = 1
) -> str:
    """A table whose columns from ``numeric`` on hold figures; cells are HTML already."""

    def cells(tag: str, values: Sequence[str], scope: str = "") -> str:
        return "".join(
            f"<{tag}{scope}{' class=n' if index >= numeric else ''}>{value}</{tag}>"
            for index, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    end = f"<tfoot><tr>{cells('td', foot)}</tr></tfoot>" if foot else ""
    head = cells("th", heads, ' scope="col"')
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody>{end}</table></div>"
    )


def allocation(analysis: Analysis) -> str:
    """Asset classes against the targets, sectors, regions, accounts."""
    if not analysis.asset_class:
        return "<p>The platform returned no allocation for this analysis.</p>"
    ring = svg.donut(
        [(part.label, float(part.value)) for part in analysis.asset_class],
        ident="ring",
        title="Value by asset class",
        centre=compact(analysis.total_value),
        below="total value",
    )
    targets = analysis.asset_targets
    rows = []
    for index, part in enumerate(analysis.asset_class):
        target = targets.get(part.key, 0.0)
        drift = float(part.percent) - target
        rows.append(
            [
                f'<span class="key {svg.colour(index)}"></span>{escape(part.label)}',
                money(part.value),
                percent(part.percent),
                percent(target, places=0) if targets else "none",
                f"{drift:+.1f} points" if targets else "",
            ]
        )
    held = {part.key for part in analysis.asset_class}
    rows += [
        [escape(words(key)), money(0), percent(0), percent(target, places=0), f"{-target:+.1f} points"]
        for key, target in targets.items()
        if key not in held and target > 0
    ]
    legend = table(
        "Asset classes, including cash, against your targets", ["Class", "Value", "Share", "Target", "Drift"], rows
    )
    charts = [("Sectors", "sector", analysis.sector), ("Regions", "region", analysis.region)]
    drawn = "".join(
        f'<h3>{title}</h3><p class="sub">Share of invested value, without cash.</p>'
        f'<div class="plain wide">{svg.bars(_rows(parts), ident=ident, title=f"Share of value by {ident}")}</div>'
        for title, ident, parts in charts
        if parts
    )
    return f'<div class="two">{ring}{legend}</div>{drawn}{_accounts(analysis)}'


def _rows(parts: Sequence[Part]) -> list[svg.Bar]:
    return [svg.Bar(part.label, float(part.percent), percent(part.percent), money(part.value)) for part in parts]


def _accounts(analysis: Analysis) -> str:
    rows = [
        [
            f'{escape(line.name)} <span class="sub">{escape(_kind(line))}</span>',
            money(line.invested),
            money(line.cash),
            money(line.total),
            percent(100 * line.total / analysis.held_value if analysis.held_value else 0),
        ]
        for line in analysis.accounts
    ]
    cash = sum((line.cash for line in analysis.accounts), Decimal(0))
    foot = ["Total", money(analysis.held_value - cash), money(cash), money(analysis.held_value), "100.0%"]
    heads = ["Account", "Invested", "Cash", "Total", "Share"]
    return "<h3>Accounts</h3>" + table("Cash and investments of each account", heads, rows, foot=foot)


def _kind(line: AccountLine) -> str:
    """The tax form, unless the account's name says it."""
    kind = words(line.kind)
    return "" if kind.lower() in line.name.lower() else kind


def holdings(analysis: Analysis) -> str:
    """The largest holdings drawn, all of them in a table, and the check of the sum."""
    if not analysis.holdings:
        return "<p>The portfolio holds no position.</p>"
    priced = [holding for holding in analysis.holdings if holding.value is not None]
    total = analysis.held_value or Decimal(1)
    top = [
        svg.Bar(
            holding.symbol,
            float(100 * holding.value / total),
            percent(100 * holding.value / total),
            money(holding.value),
        )
        for holding in priced[:10]
        if holding.value is not None
    ]
    rows = [
        [
            f'<strong>{escape(h.symbol)}</strong> <span class="sub">{escape(h.title)}</span>',
            escape(h.account),
            quantity(h.quantity),
            money(h.price, cents=True) if h.price is not None else "no price",
            money(h.value, cents=True) if h.value is not None else "excluded",
            percent(100 * h.value / total) if h.value is not None else "",
        ]
        for h in analysis.holdings
    ]
    invested = sum((h.value for h in priced if h.value is not None), Decimal(0))
    foot = ["Invested", "", "", "", money(invested, cents=True), percent(100 * invested / total)]
    heads = ["Instrument", "Account", "Quantity", "Price", "Value", "Share"]
    verdict = (
        '<p class="sub"><span class="badge good">checked</span> Quantity times price over all positions, plus cash, is '
        f"{money(analysis.held_value, cents=True)}: the total that the platform reported.</p>"
        if analysis.sums_agree
        else ""
    )
    drawn = svg.bars(top, ident="top", title="Largest holdings by share of total value", label_width=110)
    count = f"The {len(top)} largest of {len(analysis.holdings)}, by share of total value."
    listed = table("All positions, largest first; prices are closes in US dollars", heads, rows, foot=foot, numeric=2)
    return f'<p class="lead">{count}</p><div class="plain">{drawn}</div><h3>All positions</h3>{listed}{verdict}'


def recommendations(analysis: Analysis) -> str:
    """Each advice with reasoning, impact and priority (XAI-03)."""
    if not analysis.recommendations:
        return "<p>This analysis contains no recommendation.</p>"
    marks = {"High": "bad-mark", "Medium": "warned", "Low": "calm"}
    items = "".join(
        f'<li><h3><span>{escape(item.recommendation)}</span><span class="badge {marks.get(item.priority, "calm")}">'
        f"{escape(item.priority)} priority</span></h3><dl><dt>Reasoning</dt><dd>{escape(item.reasoning)}</dd>"
        f"<dt>Impact</dt><dd>{escape(item.impact)}</dd></dl></li>"
        for item in analysis.recommendations
    )
    lead = "Suggestions to consider, most urgent first. Alex never executes a trade."
    return f'<p class="lead">{lead}</p><ol class="advice">{items}</ol>'


def retirement(analysis: Analysis) -> str:
    """Success rate, range of outcomes, expected path with milestones, and the analyst's words."""
    numbers = analysis.retirement
    if "success_rate" not in numbers:
        said = to_html(analysis.retirement_text, top=3) if analysis.retirement_text else ""
        return f"<p>The retirement simulation gave no result for this analysis.</p>{said}"
    rate = float(numbers["success_rate"])
    years, horizon = numbers.get("years_until_retirement", 0), numbers.get("retirement_years", 30)
    dots = svg.hundred(rate, ident="futures", title=f"{rate:.1f} percent of simulated futures succeed")
    facts = [
        ("Simulated futures", f"{int(numbers.get('paths', 0)):,}"),
        ("Income wanted in the first year", money(numbers.get("target_income", 0))),
        ("Expected value at retirement", money(numbers.get("expected_value_at_retirement", 0))),
        (
            f"Income it sustains at {float(numbers.get('withdrawal_rate', 4)):g}%",
            money(numbers.get("sustainable_income", 0)),
        ),
        ("Contribution a year until then", money(numbers.get("annual_contribution", 0))),
        ("Average years the money lasts", f"{float(numbers.get('average_years_lasted', 0)):.1f} of {horizon}"),
        (
            "Mean return, volatility",
            f"{float(numbers.get('mean_return', 0)):.1f}%, {float(numbers.get('volatility', 0)):.1f}%",
        ),
    ]
    listed = table(
        "What the simulation assumes and finds", ["Figure", "Value"], [[escape(k), escape(v)] for k, v in facts]
    )
    lasting = (
        f"In <strong>{percent(rate)}</strong> of the simulated futures the money lasts {horizon} years of retirement, "
        f"which begins in {years} years."
    )
    charts = _outcomes(numbers, horizon) + _path(numbers)
    return f'<p class="lead">{lasting}</p><div class="two">{dots}{listed}</div>{charts}{_words(analysis)}'


def _outcomes(numbers: dict[str, Any], horizon: int) -> str:
    found = [numbers.get(name) for name in ("percentile_10", "median_final_value", "percentile_90")]
    if any(value is None for value in found):
        return ""
    low, middle, high = (float(value) for value in found if value is not None)
    if not low <= middle <= high:
        return ""
    title = f"Money left after {horizon} years of retirement"
    drawn = axis.spread(low, middle, high, ident="spread", title=title)
    return f'<h3>{title}</h3><p class="sub">Eight futures in ten end between the outer marks.</p>{drawn}'


def _path(numbers: dict[str, Any]) -> str:
    stones = [stone for stone in numbers.get("milestones") or () if isinstance(stone, dict)]
    if len(stones) < 2:
        return ""
    turn = float(numbers.get("years_until_retirement", 0))
    points = [axis.Point(float(stone["year"]), float(stone["value"])) for stone in stones]
    drawn = axis.path(
        points,
        ident="path",
        title="Expected value over time at the mean return",
        turn=turn,
        turn_text="retirement",
        summary="; ".join(f"year {point.x:.0f} {compact(point.y)}" for point in points),
    )
    rows = [
        [
            f"{stone['year']}",
            f"{stone['age']}" if stone.get("age") is not None else "",
            escape(words(str(stone.get("phase", "")))),
            money(stone["value"]),
            money(stone.get("withdrawal", 0)),
        ]
        for stone in stones
    ]
    listed = table(
        "Milestones of the expected path",
        ["Years from now", "Age", "Phase", "Value", "Withdrawn that year"],
        rows,
        numeric=3,
    )
    return (
        f'<h3>Expected path</h3><p class="sub">If every year brought the mean return; real years will not.</p>{drawn}'
        f"<details open><summary>Milestones</summary>{listed}</details>"
    )


def _words(analysis: Analysis) -> str:
    if not analysis.retirement_text:
        return ""
    return f'<h3>In the analyst\'s words</h3><div class="prose">{to_html(analysis.retirement_text, top=4)}</div>'
