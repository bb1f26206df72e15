"""What the analyst knows by heart: public, approximate classifications (end of 2022) of common instruments.

Companies are whole in one sector, by where they are listed and mainly counted; funds carry rounded splits from their
published characteristics. Rounded means: good enough to show the way of the data, not to trade on.
"""

Split = dict[str, float]

COMPANY_SECTORS: dict[str, tuple[str, ...]] = {
    "technology": ("AAPL", "MSFT", "AMD", "NVDA", "INTC", "CSCO", "ORCL", "IBM", "ADBE", "CRM", "QCOM", "TXN", "AVGO"),
    "communication": ("GOOGL", "GOOG", "META", "NFLX", "DIS", "T", "VZ", "CMCSA"),
    "consumer_discretionary": ("AMZN", "TSLA", "HD", "BBY", "MCD", "NKE", "LOW", "SBUX", "TGT"),
    "consumer_staples": ("KO", "PEP", "PG", "WMT", "COST", "CL", "MO", "PM"),
    "healthcare": ("JNJ", "LLY", "MRK", "PFE", "UNH", "ABBV", "ABT", "TMO", "BMY", "AMGN"),
    "financials": ("JPM", "BAC", "WFC", "C", "GS", "MS", "V", "MA", "AXP", "BLK"),
    "industrials": ("GE", "BA", "CAT", "HON", "UPS", "MMM", "UNP", "LMT", "DE"),
    "energy": ("XOM", "CVX", "RRC", "COP", "SLB", "EOG", "OXY"),
    "materials": ("LIN", "NEM", "FCX", "DOW", "APD"),
    "utilities": ("NEE", "DUK", "SO", "D", "AEP"),
}

REITS = ("AMT", "PLD", "O", "SPG", "EQIX", "PSA")

_US: Split = {"north_america": 100.0}
_US_MARKET: Split = {
    "technology": 26.0, "healthcare": 15.0, "financials": 12.0, "consumer_discretionary": 10.0, "industrials": 10.0,
    "communication": 7.0, "consumer_staples": 7.0, "energy": 5.0, "utilities": 3.0, "real_estate": 3.0,
    "materials": 2.0,
}  # fmt: skip
_WORLD_EX_US: Split = {
    "financials": 19.0, "industrials": 14.0, "technology": 11.0, "consumer_discretionary": 12.0, "healthcare": 10.0,
    "consumer_staples": 9.0, "materials": 8.0, "communication": 6.0, "energy": 5.0, "utilities": 3.0,
    "real_estate": 3.0,
}  # fmt: skip
_TREASURY: Split = {"treasury": 100.0}
_US_BONDS: Split = {"treasury": 44.0, "mortgage": 27.0, "corporate": 25.0, "government_related": 4.0}

EQUITY: Split = {"equity": 100.0}
BONDS: Split = {"fixed_income": 100.0}

FUNDS: dict[str, tuple[Split, Split, Split]] = {
    # factor funds on the US market
    "MTUM": (EQUITY, _US, {
        "healthcare": 30.0, "energy": 18.0, "consumer_staples": 12.0, "technology": 10.0, "financials": 8.0,
        "utilities": 8.0, "industrials": 6.0, "communication": 2.0, "materials": 3.0, "real_estate": 1.0,
        "consumer_discretionary": 2.0}),
    "QUAL": (EQUITY, _US, {
        "technology": 26.0, "healthcare": 16.0, "financials": 12.0, "consumer_discretionary": 10.0,
        "industrials": 9.0, "communication": 8.0, "consumer_staples": 7.0, "energy": 5.0, "materials": 2.0,
        "utilities": 2.0, "real_estate": 3.0}),
    "SIZE": (EQUITY, _US, {
        "technology": 16.0, "industrials": 16.0, "financials": 15.0, "healthcare": 12.0,
        "consumer_discretionary": 11.0, "consumer_staples": 6.0, "utilities": 6.0, "real_estate": 6.0,
        "materials": 5.0, "communication": 4.0, "energy": 3.0}),
    "USMV": (EQUITY, _US, {
        "technology": 23.0, "healthcare": 19.0, "consumer_staples": 13.0, "financials": 14.0, "industrials": 9.0,
        "communication": 7.0, "utilities": 7.0, "consumer_discretionary": 4.0, "materials": 2.0,
        "real_estate": 1.0, "energy": 1.0}),
    "VLUE": (EQUITY, _US, {
        "technology": 25.0, "healthcare": 15.0, "financials": 13.0, "consumer_discretionary": 9.0,
        "industrials": 9.0, "communication": 8.0, "consumer_staples": 7.0, "energy": 5.0, "utilities": 3.0,
        "real_estate": 3.0, "materials": 3.0}),
    # broad equity
    **dict.fromkeys(("VTI", "ITOT", "SCHB", "SPY", "VOO", "IVV"), (EQUITY, _US, _US_MARKET)),
    "QQQ": (EQUITY, _US, {
        "technology": 50.0, "communication": 16.0, "consumer_discretionary": 14.0, "healthcare": 8.0,
        "consumer_staples": 7.0, "industrials": 4.0, "utilities": 1.0}),
    **dict.fromkeys(("VXUS", "IXUS", "VEU"), (EQUITY, {
        "europe": 40.0, "asia": 41.0, "north_america": 7.0, "oceania": 5.0, "latin_america": 3.0,
        "middle_east": 3.0, "africa": 1.0}, _WORLD_EX_US)),
    **dict.fromkeys(("VEA", "IEFA", "EFA"), (EQUITY, {
        "europe": 55.0, "asia": 28.0, "north_america": 9.0, "oceania": 7.0, "middle_east": 1.0}, _WORLD_EX_US)),
    **dict.fromkeys(("VWO", "IEMG", "EEM"), (EQUITY, {
        "asia": 77.0, "latin_america": 9.0, "middle_east": 8.0, "africa": 4.0, "europe": 2.0}, _WORLD_EX_US)),
    "VT": (EQUITY, {
        "north_america": 63.0, "europe": 15.0, "asia": 17.0, "oceania": 2.0, "latin_america": 1.0,
        "middle_east": 1.0, "africa": 1.0}, _US_MARKET),
    # bonds
    **dict.fromkeys(("BND", "AGG", "SCHZ"), (BONDS, _US, _US_BONDS)),
    "BNDX": (BONDS, {"europe": 60.0, "asia": 26.0, "north_america": 8.0, "oceania": 4.0, "global": 2.0}, {
        "treasury": 70.0, "government_related": 15.0, "corporate": 15.0}),
    **dict.fromkeys(("TLT", "IEF", "SHY", "GOVT", "VGIT", "TIP", "VTIP"), (BONDS, _US, _TREASURY)),
    **dict.fromkeys(("LQD", "HYG", "VCIT"), (BONDS, _US, {"corporate": 100.0})),
    "MBB": (BONDS, _US, {"mortgage": 100.0}),
    # real assets
    **dict.fromkeys(("VNQ", "SCHH", "IYR"), ({"real_estate": 100.0}, _US, {"real_estate": 100.0})),
    **dict.fromkeys(("GLD", "IAU", "SLV", "DBC"), ({"commodities": 100.0}, {"global": 100.0}, {"commodities": 100.0})),
}  # fmt: skip

FUND_NOTES = {
    "MTUM": "momentum", "QUAL": "quality", "SIZE": "smaller size", "USMV": "minimum volatility", "VLUE": "value",
}  # fmt: skip
