"""Portfolios of different character, of real instruments at recorded prices: `alex demo --portfolio NAME`.

The recorded data knows 25 instruments, all of them equity (20 companies of the S&P 500 and 5 factor funds), so sixty
positions are the same instruments in several accounts, as families hold them, and two symbols that nobody has a price
for; and a cautious mix is made of shares and cash, because no recorded price of a bond fund exists.
"""

from decimal import Decimal

from alex.errors import CommandError, Exit
from alex.portfolio import DEMO, DemoAccount, Portfolio

_COMPANIES = ("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE",
              "PG", "RRC", "UNH", "WMT", "XOM")  # fmt: skip
_FUNDS = ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")
UNPRICED = ("NOPRICEA", "NOPRICEB")
"""Symbols that no exchange lists: they must be named as unpriced and be in no total."""


def _account(name: str, kind: str, cash: str, positions: dict[str, str], *, interest: str = "0.0100") -> DemoAccount:
    return DemoAccount(name, kind, name, Decimal(cash), Decimal(interest), positions)


def _even(symbols: tuple[str, ...], first: int) -> dict[str, str]:
    """Quantities that differ from position to position, the third one with a fraction of a share."""
    return {symbol: str(Decimal(first + 3 * n) + (Decimal("0.125") if n % 3 == 2 else 0)) for n, symbol in
            enumerate(symbols)}  # fmt: skip


ONE_STOCK = Portfolio(
    "one-stock",
    "one-stock-investor",
    "everything in the shares of one employer",
    {
        "display_name": "One Stock",
        "current_age": 38,
        "years_until_retirement": 27,
        "target_retirement_income": 60000,
        "annual_contribution": 12000,
        "asset_class_targets": {"equity": 80, "cash": 20},
    },
    (_account("Employee plan", "taxable", "0", {"MSFT": "400"}),),
)
ALL_CASH = Portfolio(
    "all-cash",
    "all-cash-investor",
    "nothing invested, everything on two accounts",
    {
        "display_name": "All Cash",
        "current_age": 55,
        "years_until_retirement": 10,
        "target_retirement_income": 30000,
        "annual_contribution": 6000,
        "asset_class_targets": {"equity": 40, "cash": 60},
    },
    (
        _account("Savings", "taxable", "180000.25", {}, interest="0.0400"),
        _account("Rollover IRA", "traditional_ira", "70000", {}),
    ),
)
SIXTY = Portfolio(
    "sixty",
    "sixty-positions-investor",
    "60 positions in four accounts, two of them without a price",
    {
        "display_name": "Sixty Positions",
        "current_age": 50,
        "years_until_retirement": 15,
        "target_retirement_income": 90000,
        "annual_contribution": 18000,
        "asset_class_targets": {"equity": 90, "cash": 10},
    },
    (
        _account("Plan at work", "401k", "12000", _even(_COMPANIES, 20)),
        _account("Roth IRA", "roth_ira", "3500.50", _even(_FUNDS, 40) | _even(_COMPANIES[:10], 7)),
        _account("Brokerage", "taxable", "25000", _even(_COMPANIES[10:], 11) | _even(_FUNDS, 15)),
        _account("College", "529", "800", _even(_COMPANIES[5:13], 5) | dict.fromkeys(UNPRICED, "10")),
    ),
)
RETIRED = Portfolio(
    "retired",
    "retired-investor",
    "retired already, lives on withdrawals",
    {
        "display_name": "Retired",
        "current_age": 70,
        "years_until_retirement": 0,
        "target_retirement_income": 42000,
        "annual_contribution": 0,
        "asset_class_targets": {"equity": 60, "cash": 40},
    },
    (
        _account("IRA", "traditional_ira", "260000", {"USMV": "2600", "QUAL": "1500", "JNJ": "450"}),
        _account("Household", "taxable", "90000", {"KO": "900", "PG": "300"}),
    ),
)
NEW = Portfolio("new", "new-investor", "signed in a minute ago, has nothing yet", {}, ())
FIVE_MILLION = Portfolio(
    "five-million",
    "five-million-investor",
    "$5M in shares against a cautious target: a senior adviser rejects the orders, then approves smaller ones",
    {
        "display_name": "Five Million",
        "current_age": 60,
        "years_until_retirement": 5,
        "target_retirement_income": 180000,
        "annual_contribution": 0,
        "asset_class_targets": {"equity": 50, "cash": 50},
    },
    (
        _account("Family trust", "taxable", "100000", {"AAPL": "14500", "MSFT": "6000", "LLY": "1500"}),
        _account("Rollover IRA", "traditional_ira", "50000", {"UNH": "1000", "HD": "1500", "MTUM": "1000"}),
    ),
    second_thoughts={"asset_class_targets": {"equity": 70, "cash": 30}},
)
GALLERY = {one.name: one for one in (DEMO, ONE_STOCK, ALL_CASH, SIXTY, RETIRED, NEW, FIVE_MILLION)}


def named(name: str) -> Portfolio:
    """A portfolio of the gallery.

    :raises CommandError: there is none of that name.
    """
    if name not in GALLERY:
        raise CommandError(
            f"there is no portfolio {name!r}",
            where="--portfolio",
            remedy="choose one: " + "; ".join(f"{one.name} ({one.about})" for one in GALLERY.values()),
            code=Exit.BAD_INPUT,
        )
    return GALLERY[name]
