"""A portfolio to try things with (DATA-18): three accounts and 17 positions for one user, outside production only.

Every symbol is among the reference instruments (defect 16 of the earlier system: four positions silently vanished).
Nothing is added to accounts that are there already: test data mixed with a person's own could not be told apart again.
"""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from advisor.adapters.data_api import DataApi
from advisor.adapters.records import NO_PROFILE
from advisor.domain.errors import ConflictError, Detail, NotFoundError

ACCOUNTS: tuple[tuple[str, str, str, Decimal, dict[str, str]], ...] = (
    (
        "401k Long-term",
        "401k",
        "Retirement savings through the employer",
        Decimal(5000),
        {"VTI": "210", "VXUS": "160", "BND": "240", "QQQ": "25", "IWM": "30", "VNQ": "45"},
    ),
    (
        "Roth IRA",
        "roth_ira",
        "Growth that will be withdrawn tax-free",
        Decimal(2500),
        {"AAPL": "60", "MSFT": "35", "JNJ": "40", "LLY": "12", "KO": "90"},
    ),
    (
        "Brokerage",
        "taxable",
        "Flexible savings",
        Decimal(10000),
        {"JPM": "45", "XOM": "70", "PG": "40.5", "WMT": "38", "HD": "15", "TLT": "80"},
    ),
)
"""Name, type, purpose, cash in USD, shares by symbol."""
ALREADY = Detail("accounts", "There are accounts already; DELETE /api/reset-accounts first")
NUM_POSITIONS = sum(len(held) for *_, held in ACCOUNTS)


class SamplePortfolio:
    """Loads it for a user who has no accounts, and removes a user's accounts."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def load(self, user_id: str) -> None:
        """Raises NotFoundError without a profile, ConflictError when the user has accounts."""
        accounts, positions = _rows()
        with self._database.transaction() as transaction:
            # The user's row is the lock: two simultaneous requests take turns, and the second finds accounts.
            if not transaction.query("SELECT user_id FROM users WHERE user_id = :id FOR UPDATE", id=user_id):
                raise NotFoundError([NO_PROFILE])
            if transaction.query("SELECT id FROM accounts WHERE user_id = :id LIMIT 1", id=user_id):
                raise ConflictError([ALREADY])
            transaction.query(
                """INSERT INTO accounts (id, user_id, account_name, account_type, account_purpose, cash_balance)
                SELECT id, :user_id, name, kind, purpose, cash FROM jsonb_to_recordset(CAST(:rows AS jsonb))
                AS q (id uuid, name text, kind text, purpose text, cash numeric)""",
                user_id=user_id,
                rows=accounts,
            )
            transaction.query(
                """INSERT INTO positions (account_id, symbol, quantity)
                SELECT account, symbol, quantity FROM jsonb_to_recordset(CAST(:rows AS jsonb))
                AS q (account uuid, symbol text, quantity numeric)""",
                rows=positions,
            )

    def remove(self, user_id: str) -> int:
        """Delete the user's accounts with their positions; how many accounts there were."""
        return len(self._database.query("DELETE FROM accounts WHERE user_id = :id RETURNING id", id=user_id))


def _rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    accounts, positions = [], []
    for name, kind, purpose, cash, held in ACCOUNTS:
        identifier = str(uuid4())
        accounts.append({"id": identifier, "name": name, "kind": kind, "purpose": purpose, "cash": str(cash)})
        positions += [
            {"account": identifier, "symbol": symbol, "quantity": quantity} for symbol, quantity in held.items()
        ]
    return accounts, positions
