"""What the API reads and writes of one user: profile, accounts, positions, instruments.

Decisions: a record is read together with who owns it and who advises the owner, so that an entitlement check costs no
query of its own; column names come from the closed lists below, never from a request; an unknown symbol becomes an
instrument without price and classification (domain 5.1, defects 4 and 5 of the earlier system).
"""

# ruff: noqa: S608 - column names come from the closed lists below; values are always parameters

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from advisor.adapters.data_api import DataApi, Transaction
from advisor.adapters.rows import (
    ACCOUNT,
    INSTRUMENT,
    POSITION_AND_INSTRUMENT,
    USER,
    account_of,
    by_age,
    columns_of,
    instrument_of,
    position_of,
    user_of,
)
from advisor.domain.errors import Detail, NotFoundError
from advisor.domain.models import Account, Instrument, Position, User

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
PAGE, ACCOUNTS_PAGE = 500, 80
"""Records a query: an answer of the Data API holds 1 MiB, and an account with its texts up to 10 KB."""
PROFILE_COLUMNS = frozenset(
    {
        "display_name",
        "years_until_retirement",
        "target_retirement_income",
        "current_age",
        "annual_contribution",
        "asset_class_targets",
        "region_targets",
        "retirement_goals",
    }
)
ACCOUNT_COLUMNS = frozenset({"account_name", "account_type", "account_purpose", "cash_balance", "cash_interest"})
NO_PROFILE = Detail("user", "There is no profile yet; GET /api/user creates it")


@dataclass(frozen=True)
class OwnedAccount:
    """An account and its owner's adviser."""

    account: Account
    advisor_id: str | None


@dataclass(frozen=True)
class OwnedPosition:
    """A position, whose it is, and the owner's adviser."""

    position: Position
    owner_id: str
    advisor_id: str | None


class Records:
    """The API's records over the Data API, or inside a transaction of it; raises DatabaseError, UnavailableError."""

    def __init__(self, database: DataApi | Transaction) -> None:
        self._database = database

    def profile(self, user_id: str) -> tuple[User, bool]:
        """The user and whether this call created it (with the defaults of the schema)."""
        row = self._database.one(f"SELECT {USER} FROM users WHERE user_id = :user_id", user_id=user_id)
        if row is not None:
            return user_of(row), False
        created = self._database.one(
            f"INSERT INTO users (user_id) VALUES (:user_id) ON CONFLICT DO NOTHING RETURNING {USER}", user_id=user_id
        )
        if created is not None:
            return user_of(created), True
        return self.profile(user_id)[0], False

    def change_profile(self, user_id: str, changes: Mapping[str, Any]) -> User:
        """Change the given fields; raises NotFoundError without a profile."""
        row = self._database.one(
            f"UPDATE users SET {_assignments(changes, PROFILE_COLUMNS)} WHERE user_id = :own_id RETURNING {USER}",
            own_id=user_id,
            **changes,
        )
        if row is None:
            raise NotFoundError([NO_PROFILE])
        return user_of(row)

    def accounts(self, user_id: str, *, limit: int, after: tuple[datetime, UUID] | None = None) -> list[Account]:
        """A user's accounts, oldest first, without positions: at most ``limit`` behind the key ``after``."""
        found: list[Account] = []
        while len(found) < limit:
            asked = min(ACCOUNTS_PAGE, limit - len(found))
            moment, last = by_age(found[-1]) if found else after or (EARLIEST, UUID(int=0))
            rows = self._database.query(
                f"""SELECT {ACCOUNT} FROM accounts
                WHERE user_id = :user_id AND (created_at, id) > (CAST(:moment AS timestamptz), CAST(:last AS uuid))
                ORDER BY created_at, id LIMIT {asked}""",
                user_id=user_id,
                moment=moment.isoformat(),
                last=last,
            )
            found += [account_of(row) for row in rows]
            if len(rows) < asked:
                break
        return found

    def account(self, account_id: UUID) -> OwnedAccount | None:
        """One account, or None."""
        row = self._database.one(
            f"""SELECT {columns_of("a", ACCOUNT)}, u.advisor_id
            FROM accounts a JOIN users u ON u.user_id = a.user_id WHERE a.id = :id""",
            id=account_id,
        )
        if row is None:
            return None
        advisor_id = row.pop("advisor_id")
        return OwnedAccount(account_of(row), advisor_id)

    def open_account(self, user_id: str, values: Mapping[str, Any]) -> Account:
        """A new account; raises NotFoundError without a profile."""
        names = sorted(set(values) & ACCOUNT_COLUMNS)
        row = self._database.one(
            f"""INSERT INTO accounts (id, user_id, {", ".join(names)})
            SELECT :new_id, user_id, {", ".join(f":{name}" for name in names)} FROM users WHERE user_id = :own_id
            RETURNING {ACCOUNT}""",
            new_id=uuid4(),
            own_id=user_id,
            **{name: values[name] for name in names},
        )
        if row is None:
            raise NotFoundError([NO_PROFILE])
        return account_of(row)

    def change_account(self, account_id: UUID, changes: Mapping[str, Any]) -> Account:
        """Change the given fields; raises NotFoundError when it was deleted meanwhile."""
        row = self._database.one(
            f"UPDATE accounts SET {_assignments(changes, ACCOUNT_COLUMNS)} WHERE id = :own_id RETURNING {ACCOUNT}",
            own_id=account_id,
            **changes,
        )
        if row is None:
            raise NotFoundError()
        return account_of(row)

    def close_account(self, account_id: UUID) -> None:
        """Delete the account and its positions; deleting twice is the same."""
        self._database.query("DELETE FROM accounts WHERE id = :id", id=account_id)

    def positions(self, account_id: UUID, *, limit: int, after: str = "") -> list[Position]:
        """An account's positions with their instruments, by symbol: at most ``limit`` behind the symbol ``after``."""
        rows = self._database.query(
            f"""SELECT {POSITION_AND_INSTRUMENT} FROM positions p JOIN instruments i ON i.symbol = p.symbol
            WHERE p.account_id = :account_id AND p.symbol > :after ORDER BY p.symbol LIMIT :limit""",
            account_id=account_id,
            after=after,
            limit=limit,
        )
        return [position_of(row) for row in rows]

    def position(self, position_id: UUID) -> OwnedPosition | None:
        """One position, or None."""
        row = self._database.one(
            f"""SELECT {POSITION_AND_INSTRUMENT}, a.user_id AS owner_id, u.advisor_id
            FROM positions p JOIN instruments i ON i.symbol = p.symbol
            JOIN accounts a ON a.id = p.account_id JOIN users u ON u.user_id = a.user_id
            WHERE p.id = :id""",
            id=position_id,
        )
        return OwnedPosition(position_of(row), row["owner_id"], row["advisor_id"]) if row else None

    def hold(self, account_id: UUID, symbol: str, quantity: Decimal) -> Position:
        """Set what an account holds of a symbol (replaces the quantity); raises NotFoundError without the account."""
        row = self._database.one(
            """WITH known AS (
                INSERT INTO instruments (symbol, name) VALUES (:symbol, :symbol) ON CONFLICT DO NOTHING
            )
            INSERT INTO positions (id, account_id, symbol, quantity)
            SELECT :new_id, id, :symbol, :quantity FROM accounts WHERE id = :account_id
            ON CONFLICT (account_id, symbol)
            DO UPDATE SET quantity = excluded.quantity, as_of_date = excluded.as_of_date
            RETURNING id""",
            new_id=uuid4(),
            account_id=account_id,
            symbol=symbol,
            quantity=quantity,
        )
        held = self.position(row["id"]) if row else None
        if held is None:
            raise NotFoundError()
        return held.position

    def change_quantity(self, position_id: UUID, quantity: Decimal) -> date | None:
        """Replace a position's quantity; returns the day it is as of, None when it was deleted meanwhile."""
        row = self._database.one(
            "UPDATE positions SET quantity = :quantity, as_of_date = current_date WHERE id = :id RETURNING as_of_date",
            id=position_id,
            quantity=quantity,
        )
        return row["as_of_date"] if row else None

    def sell_out(self, position_id: UUID) -> None:
        """Delete a position; deleting twice is the same."""
        self._database.query("DELETE FROM positions WHERE id = :id", id=position_id)

    def instrument(self, symbol: str) -> Instrument | None:
        """One instrument, or None."""
        row = self._database.one(f"SELECT {INSTRUMENT} FROM instruments WHERE symbol = :symbol", symbol=symbol)
        return instrument_of(row) if row else None

    def instruments(self) -> list[Instrument]:
        """All instruments by symbol."""
        found: list[Instrument] = []
        while True:
            rows = self._database.query(
                f"SELECT {INSTRUMENT} FROM instruments WHERE symbol > :after ORDER BY symbol LIMIT {PAGE}",
                after=found[-1].symbol if found else "",
            )
            found += [instrument_of(row) for row in rows]
            if len(rows) < PAGE:
                return found


def _assignments(changes: Mapping[str, Any], allowed: frozenset[str]) -> str:
    """``a = :a, b = :b`` of known columns; a programming error otherwise."""
    if not changes or not set(changes) <= allowed:
        raise ValueError(f"columns {sorted(changes)} are not among {sorted(allowed)}")
    return ", ".join(f"{name} = :{name}" for name in sorted(changes))
