"""classify_instrument: the table where the instrument is known, otherwise the cautious reading of name and type."""

from collections.abc import Mapping
from typing import Any

from local_cloud.analyst.known import BONDS, COMPANY_SECTORS, FUND_NOTES, FUNDS, REITS, Split

_SECTOR_OF = {symbol: sector for sector, symbols in COMPANY_SECTORS.items() for symbol in symbols}

_BOND_WORDS = (
    ("treasury", "treasury"), ("tips", "treasury"), ("mortgage", "mortgage"), ("corporate", "corporate"),
    ("high yield", "corporate"), ("municipal", "government_related"), ("government", "government_related"),
)  # fmt: skip

_REGION_WORDS = (
    ("emerging", {"asia": 77.0, "latin_america": 9.0, "middle_east": 8.0, "africa": 4.0, "europe": 2.0}),
    ("europe", {"europe": 100.0}),
    ("japan", {"asia": 100.0}),
    ("china", {"asia": 100.0}),
    ("pacific", {"asia": 100.0}),
    ("international", {"international": 100.0}),
    ("ex-us", {"international": 100.0}),
    ("global", {"global": 100.0}),
    ("world", {"global": 100.0}),
)

_SECTOR_WORDS = (
    ("technolog", "technology"), ("software", "technology"), ("semiconductor", "technology"),
    ("health", "healthcare"), ("pharma", "healthcare"), ("biotech", "healthcare"), ("bank", "financials"),
    ("financial", "financials"), ("insurance", "financials"), ("energy", "energy"), ("oil", "energy"),
    ("petroleum", "energy"), ("utilit", "utilities"), ("electric power", "utilities"), ("mining", "materials"),
    ("chemical", "materials"), ("industrial", "industrials"), ("airline", "industrials"),
    ("staples", "consumer_staples"), ("beverage", "consumer_staples"), ("retail", "consumer_discretionary"),
    ("telecom", "communication"), ("media", "communication"),
)  # fmt: skip


def answer(data: Mapping[str, Any]) -> dict[str, Any]:
    """Classification of ``data["instrument"]`` (symbol, name, type), rationale first; every map sums to 100."""
    asked = data["instrument"]
    symbol, name = str(asked["symbol"]).upper(), str(asked["name"])
    kind = str(asked.get("instrument_type") or "")
    basis, (classes, regions, sectors) = _known(symbol, name) or _read(name.lower(), kind)
    return {
        "rationale": f"Simulated analyst: {basis}",
        "asset_class": max(classes, key=lambda key: classes[key]),
        "asset_class_allocation": dict(classes),
        "region_allocation": dict(regions),
        "sector_allocation": dict(sectors),
        "instrument_type": kind or _form(symbol),
    }


def _form(symbol: str) -> str | None:
    """Legal form of an instrument in the tables; None for others."""
    if symbol in FUNDS:
        return "bond_fund" if FUNDS[symbol][0] == BONDS else "etf"
    return "stock" if symbol in _SECTOR_OF else "reit" if symbol in REITS else None


def _known(symbol: str, name: str) -> tuple[str, tuple[Split, Split, Split]] | None:
    if symbol in FUNDS:
        style = f" with a {FUND_NOTES[symbol]} tilt" if symbol in FUND_NOTES else ""
        return f"{name} is in the table of known funds{style}; rounded published splits.", FUNDS[symbol]
    if symbol in _SECTOR_OF:
        sector = _SECTOR_OF[symbol]
        words = sector.replace("_", " ")
        basis = f"{name} is in the table of known US companies, sector {words}; the whole company counts there."
        return basis, ({"equity": 100.0}, {"north_america": 100.0}, {sector: 100.0})
    if symbol in REITS:
        whole = {"real_estate": 100.0}
        return f"{name} is in the table of known US property companies.", (whole, {"north_america": 100.0}, whole)
    return None


def _read(name: str, kind: str) -> tuple[str, tuple[Split, Split, Split]]:
    """Unknown instrument: only what its name and legal form say; what they leave open stays broad."""
    region = next((split for word, split in _REGION_WORDS if word in name), None)
    if kind in {"bond", "bond_fund"} or any(word in name for word in (" bond", "treasury", "fixed income")):
        sector = next((sector for word, sector in _BOND_WORDS if word in name), "other")
        basis = f"not in any table; name and form say bonds ({sector.replace('_', ' ')})."
        return basis, ({"fixed_income": 100.0}, region or {"global": 100.0}, {sector: 100.0})
    if kind == "reit" or "real estate" in name or "reit" in name.split():
        whole = {"real_estate": 100.0}
        return "not in any table; name and form say real estate.", (whole, region or {"global": 100.0}, whole)
    if kind == "commodity" or any(word in name.split() for word in ("gold", "silver", "commodity", "commodities")):
        whole = {"commodities": 100.0}
        return "not in any table; name and form say commodities.", (whole, {"global": 100.0}, whole)
    if any(word in name for word in ("money market", "cash reserve")):
        return "not in any table; the name says money market.", (
            {"cash": 100.0}, region or {"global": 100.0}, {"other": 100.0}
        )  # fmt: skip
    hinted = next((sector for word, sector in _SECTOR_WORDS if word in name), None)
    if kind == "stock":
        said = f"its name suggests {hinted.replace('_', ' ')}" if hinted else "its name does not tell the sector"
        basis = f"not in any table; a company's share, {said}; its region is left open."
        return basis, ({"equity": 100.0}, region or {"global": 100.0}, {hinted or "other": 100.0})
    basis = "not in any table; a fund that names no asset class is read as diversified equity, with low certainty."
    return basis, ({"equity": 100.0}, region or {"global": 100.0}, {hinted or "diversified": 100.0})
