"""Chart data from the roll-up (domain 9.1; AGENT-08): the engine owns every figure, a model may only choose and word.

Values are dollars as JSON numbers with cents. Each point carries ``name`` and, in bars, the same text as ``category``,
because consumers read either (GUARD-01). A dimension with nothing in it gives no chart.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import cycle
from typing import Any

from advisor.domain.money import ZERO, as_decimal, number, over, times, total
from advisor.domain.rollup import RollUp, Slice
from advisor.domain.vocabulary import label

CHART_FALLBACK: Mapping[str, Any] = {"charts": [], "error": "Unable to generate charts at this time"}
"""What replaces an invalid answer of the charter (GUARD-02)."""
TOLERANCE = Decimal("0.0001")
"""Charts agree with the roll-up within 0.01% (GUARD-11)."""
TOP_HOLDINGS = 10

PALETTE = ("#209DD7", "#753991", "#FFB707", "#062147", "#2E9E6B", "#D1495B", "#6C8EAD", "#A67C52", "#8A9A5B", "#5C4B8A")
CLASS_COLOURS: Mapping[str, str] = {
    "equity": "#209DD7",
    "fixed_income": "#753991",
    "real_estate": "#2E9E6B",
    "commodities": "#FFB707",
    "cash": "#6C8EAD",
    "alternatives": "#D1495B",
    "unclassified": "#9AA5B1",
}


def _points(parts: Iterable[tuple[str, Decimal]], *, bars: bool, colours: Iterable[str]) -> list[dict[str, Any]]:
    points = []
    for (name, value), colour in zip(parts, colours, strict=False):
        point: dict[str, Any] = {"name": name, "value": number(value), "color": colour}
        points.append({**point, "category": name} if bars else point)
    return points


def _chart(
    key: str,
    title: str,
    kind: str,
    description: str,
    *,
    parts: Sequence[tuple[str, Decimal]],
    colours: Iterable[str] | None = None,
) -> dict[str, Any]:
    bars = kind in {"bar", "horizontalBar"}
    data = _points(parts, bars=bars, colours=cycle(PALETTE) if colours is None else colours)
    return {"key": key, "title": title, "type": kind, "description": description, "data": data}


def _named(slices: Iterable[Slice]) -> list[tuple[str, Decimal]]:
    return [(label(part.key), part.value) for part in slices]


def target_values(roll_up: RollUp, targets: Mapping[str, float]) -> dict[str, Decimal]:
    """USD each asset class would have at the targets (percent)."""
    whole = total(as_decimal(part) for part in targets.values())
    return {key: over(times(roll_up.total, as_decimal(part)), whole) for key, part in targets.items() if part}


def build_charts(roll_up: RollUp, *, targets: Mapping[str, float] | None = None) -> list[dict[str, Any]]:
    """Four to six charts: asset classes, regions, sectors, holdings, accounts, and targets when given.

    A portfolio without priced holdings has only the charts that its cash fills.
    """
    classes = roll_up.asset_class
    holdings = [(holding.symbol, holding.value) for holding in roll_up.top(TOP_HOLDINGS) if holding.value]
    rest = roll_up.invested - total(value for _, value in holdings)
    if rest > 0:
        holdings.append(("Other holdings", rest))
    accounts = _account_parts(roll_up)
    about_classes, about_regions = "Value by asset class, cash included.", "Value of the priced holdings by region."
    about_sectors, about_top = "Value of the priced holdings by sector.", "The ten largest holdings over all accounts."
    about_accounts = "Value by account, cash included."
    colours = [CLASS_COLOURS[part.key] for part in classes]
    charts = [
        _chart(
            "asset_class_distribution", "Asset classes", "pie", about_classes, parts=_named(classes), colours=colours
        ),
        _chart("geographic_exposure", "Regions", "bar", about_regions, parts=_named(roll_up.region)),
        _chart("sector_breakdown", "Sectors", "donut", about_sectors, parts=_named(roll_up.sector)),
        _chart("top_holdings", "Largest holdings", "horizontalBar", about_top, parts=holdings),
        _chart("account_distribution", "Accounts", "pie", about_accounts, parts=accounts),
    ]
    if targets and roll_up.total > 0:
        wanted = target_values(roll_up, targets)
        parts = [(label(key), wanted[key]) for key in sorted(wanted, key=lambda key: (-wanted[key], key))]
        text = "What each asset class would be worth at your targets."
        charts.append(_chart("target_allocation", "Target allocation", "bar", text, parts=parts))
    return [chart for chart in charts if chart["data"]]


def _account_parts(roll_up: RollUp) -> list[tuple[str, Decimal]]:
    """Accounts with value; equal names are numbered so that each slice has its own."""
    seen: dict[str, int] = {}
    parts = []
    for account in roll_up.accounts:
        seen[account.account_name] = seen.get(account.account_name, 0) + 1
        count = seen[account.account_name]
        name = account.account_name if count == 1 else f"{account.account_name} ({count})"
        if account.value:
            parts.append((name, account.value))
    return parts


def chart_payload(charts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """``charts_payload`` as stored: key -> chart without its key (domain 9.1)."""
    return {chart["key"]: {name: value for name, value in chart.items() if name != "key"} for chart in charts}


def disagreements(
    charts: Iterable[Mapping[str, Any]], roll_up: RollUp, *, targets: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """What in validated charts differs from the roll-up by more than 0.01% (or half a cent of rounding).

    Charts are matched by key and points by name; an unknown key, an unknown or a missing point is a disagreement.
    """
    known = {chart["key"]: chart for chart in build_charts(roll_up, targets=targets)}
    faults: list[str] = []
    for chart in charts:
        key = chart.get("key")
        if key not in known:
            faults.append(f"chart {key!r} has no calculation behind it")
            continue
        right = {point["name"]: as_decimal(point["value"]) for point in known[key]["data"]}
        drawn = {point["name"]: as_decimal(point["value"]) for point in chart["data"]}
        faults += [f"{key}: {name!r} is not calculated" for name in drawn if name not in right]
        faults += [f"{key}: {name!r} is missing" for name in right if name not in drawn]
        faults += [
            f"{key}: {name!r} is {drawn[name]}, calculated {value}"
            for name, value in right.items()
            if name in drawn and abs(drawn[name] - value) > max(abs(value) * TOLERANCE, ZERO)
        ]
    return tuple(faults)
