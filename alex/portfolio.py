"""The demo portfolio: real instruments with recorded prices, three accounts with cash, loaded through the API.

It is all equity against a target of 70 / 30, so that the analysis has something to say. The instruments are unknown to
a fresh database, so that the tagger has something to classify. Loading is idempotent: what is there already and equal
is left alone, what differs is set, and what a person added is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alex.client import Api

INVESTOR = "demo-investor"
PROFILE: dict[str, Any] = {
    "display_name": "Demo Investor",
    "current_age": 45,
    "years_until_retirement": 20,
    "target_retirement_income": 72000,
    "annual_contribution": 24000,
    "asset_class_targets": {"equity": 70, "fixed_income": 30},
    "region_targets": {"north_america": 70, "international": 30},
    "retirement_goals": "Retire at 65 with a steady income, and pay for two college degrees in ten years.",
}


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo; cash in US dollars, interest as a fraction a year, quantities in shares."""

    name: str
    kind: str
    purpose: str
    cash: Decimal
    interest: Decimal
    positions: dict[str, str]

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        return {
            "account_name": self.name,
            "account_type": self.kind,
            "account_purpose": self.purpose,
            "cash_balance": float(self.cash),
            "cash_interest": float(self.interest),
        }


ACCOUNTS = (
    DemoAccount(
        "401k Long-term",
        "401k",
        "Long-term retirement savings through the employer",
        Decimal(5000),
        Decimal("0.0150"),
        {"MTUM": "220", "QUAL": "380", "USMV": "300", "VLUE": "250", "SIZE": "120", "MSFT": "90"},
    ),
    DemoAccount(
        "Roth IRA",
        "roth_ira",
        "Growth that will be withdrawn tax-free",
        Decimal(2500),
        Decimal("0.0100"),
        {"AAPL": "150", "AMD": "180", "LLY": "40", "UNH": "22", "MRK": "110"},
    ),
    DemoAccount(
        "Brokerage",
        "taxable",
        "Flexible savings, college in ten years",
        Decimal(10000),
        Decimal("0.0050"),
        {
            "JPM": "120",
            "XOM": "160",
            "JNJ": "90",
            "KO": "200.5",
            "PG": "80",
            "WMT": "70",
            "HD": "35",
            "BAC": "300",
            "CVX": "45",
        },
    ),
)


@dataclass(frozen=True)
class Portfolio:
    """A person's profile and accounts as the API takes them; ``user`` is the subject who signs in with it.

    With ``second_thoughts`` the demonstration's adviser rejects the first analysis, and the person asks again with the
    profile so changed.
    """

    name: str
    user: str
    about: str
    profile: dict[str, Any]
    accounts: tuple[DemoAccount, ...]
    second_thoughts: dict[str, Any] | None = None

    @property
    def positions(self) -> int:
        """How many positions all accounts hold."""
        return sum(len(account.positions) for account in self.accounts)


DEMO = Portfolio("demo", INVESTOR, "three accounts, 20 positions, all equity against 70 / 30", PROFILE, ACCOUNTS)


@dataclass
class Loaded:
    """What loading changed."""

    accounts: int = 0
    positions: int = 0
    created: int = 0
    changed: int = 0

    def __str__(self) -> str:
        """One line for the progress display."""
        news = f"{self.created} created, {self.changed} set" if self.created or self.changed else "already there"
        return f"{self.accounts} accounts, {self.positions} positions ({news})"


def load(api: Api, wanted: Portfolio = DEMO, *, progress: Callable[[str], None] = lambda _: None) -> Loaded:
    """Bring the signed-in user's portfolio to the wanted one; safe to repeat.

    :raises CommandError: the API refused something.
    """
    done = Loaded()
    before = api.get("/api/user")["user"]
    if any(not same(before.get(name), value) for name, value in wanted.profile.items()):
        api.put("/api/user", wanted.profile)
        done.changed += 1
    existing = {account["account_name"]: account for account in api.accounts()}
    for account in wanted.accounts:
        progress(account.name)
        _load_account(api, account, existing.get(account.name), done)
    return done


def _load_account(api: Api, wanted: DemoAccount, account: dict[str, Any] | None, done: Loaded) -> None:
    body = wanted.body()
    if account is None:
        answer = api.post("/api/accounts", body)
        account = answer.get("account", answer)
        done.created += 1
    elif any(not same(account.get(name), value) for name, value in body.items()):
        api.put(f"/api/accounts/{account['id']}", body)
        done.changed += 1
    held = {p["symbol"]: p for p in api.positions(account["id"])}
    done.accounts += 1
    for symbol, quantity in wanted.positions.items():
        done.positions += 1
        if symbol in held and same(held[symbol]["quantity"], quantity):
            continue
        api.post("/api/positions", {"account_id": account["id"], "symbol": symbol, "quantity": float(quantity)})
        done.created, done.changed = done.created + (symbol not in held), done.changed + (symbol in held)


def same(left: Any, right: Any) -> bool:
    """Equal as a person sees it: ``"5000.00"`` is 5000, and maps compare value by value."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    try:
        return Decimal(str(left)) == Decimal(str(right))
    except ArithmeticError:
        return bool(left == right)
