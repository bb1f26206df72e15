"""The report's sections about money: allocation, holdings, recommendations."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from alex import charts_svg as svg
from alex.figures import compact, money, percent, quantity, words
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
        if not analysis.total_value:
            return "<p>Nothing of value is held yet, so there is nothing to divide.</p>"
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
