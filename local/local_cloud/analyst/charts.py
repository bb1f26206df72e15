"""choose_charts: the charts that can be drawn, the allocation first, each with what is largest in it."""

from collections.abc import Mapping
from typing import Any

from local_cloud.analyst.wording import usd

_ORDER = (
    "asset_class_distribution",
    "target_allocation",
    "top_holdings",
    "sector_breakdown",
    "geographic_exposure",
    "account_distribution",
)
_TITLES = {
    "asset_class_distribution": "Where your money is",
    "target_allocation": "Where you want it to be",
    "top_holdings": "Your largest holdings",
    "sector_breakdown": "Sectors you depend on",
    "geographic_exposure": "Regions you depend on",
    "account_distribution": "Value by account",
}
MOST = 6


def answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """Up to six of ``data["charts"]`` with title and description; forms stay as the engine suggests."""
    drawable = {chart["key"]: chart for chart in data["charts"]}
    known = [key for key in _ORDER if key in drawable]
    chosen = (known + sorted(set(drawable) - set(known)))[:MOST]
    return {
        "rationale": "Simulated analyst: first the split against its targets, then what the portfolio depends on most.",
        "charts": [_worded(drawable[key]) for key in chosen],
    }


def _worded(chart: Mapping[str, Any]) -> dict[str, Any]:
    largest = max(chart["data"], key=lambda point: point["value"])
    return {
        "key": chart["key"],
        "type": chart["type"],
        "title": _TITLES.get(chart["key"], chart["title"]),
        "description": f"The largest part is {largest['name']} with {usd(largest['value'])} (simulated analyst).",
    }
