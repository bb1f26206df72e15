"""The report's section about rebalancing: how far the mix is from its targets, and trades that would bring it back."""

from collections.abc import Mapping
from html import escape
from typing import Any

from alex.figures import money, percent, quantity, words
from alex.report_money import table
from alex.result import Analysis


def rebalancing(analysis: Analysis) -> str:
    """Shares now, wanted and after, then the suggested trades; empty when the platform computed no plan."""
    plan = analysis.rebalancing
    if not plan.get("target_allocation") or not analysis.total_value:
        return ""
    shares = [_map(plan.get(name)) for name in ("current_allocation", "target_allocation", "after_allocation")]
    keys = sorted({key for part in shares for key in part}, key=lambda key: (-float(shares[1].get(key, 0)), key))
    rows = [[escape(words(key)), *(percent(part.get(key, 0)) for part in shares)] for key in keys]
    mix = table("Share of the classified value by asset class", ["Class", "Now", "Target", "After"], rows)
    trades = [trade for trade in plan.get("trades") or () if isinstance(trade, Mapping)]
    drift = f"{float(plan.get('max_drift_before', 0)):.1f} points"
    lead = f"The class furthest from its target is {drift} away. " + (
        f"{len(trades)} trades worth {money(plan.get('traded_value', 0))} would bring the mix closer."
        if trades
        else "Nothing needs to be traded."
    )
    return f'<p class="lead">{lead}</p>{mix}{_trades(trades)}{_reasons(plan)}'


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _trades(trades: list[Mapping[str, Any]]) -> str:
    if not trades:
        return ""
    rows = [
        [
            escape(words(str(trade.get("action", "")))),
            f"<strong>{escape(str(trade.get('symbol') or 'to be chosen'))}</strong> "
            f'<span class="sub">{escape(words(str(trade.get("asset_class", ""))))}</span>',
            escape(str(trade.get("account_name", ""))),
            quantity(trade["quantity"]) if trade.get("quantity") is not None else "",
            money(trade["price"], cents=True) if trade.get("price") is not None else "",
            money(trade.get("value", 0), cents=True),
        ]
        for trade in trades
    ]
    heads = ["Action", "Instrument", "Account", "Quantity", "Price", "Value"]
    return "<h3>Suggested trades</h3>" + table("Suggestions only: no order is placed", heads, rows, numeric=3)


def _reasons(plan: Mapping[str, Any]) -> str:
    items = "".join(f"<li>{escape(str(text))}</li>" for text in plan.get("rationale") or ())
    return f'<div class="prose"><h4>Why these</h4><ul>{items}</ul></div>' if items else ""
