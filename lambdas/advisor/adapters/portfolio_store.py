"""Portfolios in PostgreSQL as the planner and the agents read them (port PortfolioStore).

The number of queries does not grow with the holdings (PERF-06, and defect 17 of the earlier system): one for the user
with the first accounts, one for each further page of accounts, one for each page of positions with their instruments.
Pages keep below the Data API's limits of 64 KB a row and 1 MiB an answer, however long users' texts are.
"""

# ruff: noqa: S608 - column lists are constants of the code; values are always parameters

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from advisor.adapters.data_api import DataApi
from advisor.adapters.rows import (
    ACCOUNT,
    POSITION_AND_INSTRUMENT,
    USER,
    account_of,
    by_age,
    columns_of,
    position_of,
    unprefixed,
    user_of,
)
from advisor.domain.models import Instrument, Portfolio, Position

PAGE = 500
"""Positions a query; at about 1.2 KB a row this stays below the Data API's 1 MiB an answer."""
ACCOUNTS_PAGE = 40
"""Accounts a query: with the longest texts that the API takes, user and account fill about 20 KB."""
FIRST = UUID(int=0)

OWNER_AND_ACCOUNTS = f"""SELECT {columns_of("u", USER, "user_")}, {columns_of("a", ACCOUNT, "account_")}
FROM users u LEFT JOIN accounts a ON a.user_id = u.user_id AND a.id > :after
WHERE u.user_id = :user_id
ORDER BY a.id LIMIT {ACCOUNTS_PAGE}"""

POSITIONS = f"""SELECT {POSITION_AND_INSTRUMENT}
FROM accounts a JOIN positions p ON p.account_id = a.id JOIN instruments i ON i.symbol = p.symbol
WHERE a.user_id = :user_id AND p.id > :after
ORDER BY p.id LIMIT {PAGE}"""


class DataApiPortfolioStore:
    """PortfolioStore over the Data API."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def portfolio(self, user_id: str) -> Portfolio | None:
        """The user with accounts (oldest first) and positions (by symbol), or None for an unknown user."""
        rows = self._database.query(OWNER_AND_ACCOUNTS, user_id=user_id, after=FIRST)
        if not rows:
            return None
        page = rows
        while len(page) == ACCOUNTS_PAGE:
            page = self._database.query(OWNER_AND_ACCOUNTS, user_id=user_id, after=page[-1]["account_id"])
            rows += page
        held = self._positions(user_id)
        accounts = [
            account_of(unprefixed(row, "account_", ACCOUNT), tuple(held[row["account_id"]]))
            for row in rows
            if row["account_id"] is not None
        ]
        return Portfolio(user=user_of(unprefixed(rows[0], "user_", USER)), accounts=tuple(sorted(accounts, key=by_age)))

    def _positions(self, user_id: str) -> dict[UUID, list[Position]]:
        """All positions by account, page by page."""
        found: list[Position] = []
        after = FIRST
        while True:
            page = [position_of(row) for row in self._database.query(POSITIONS, user_id=user_id, after=after)]
            found += page
            if len(page) < PAGE:
                break
            after = page[-1].id
        held: dict[UUID, list[Position]] = defaultdict(list)
        for position in sorted(found, key=lambda position: position.symbol):
            held[position.account_id].append(position)
        return held

    def save_classification(self, instrument: Instrument) -> None:
        """Store the three maps and who stands for them; what a user or the reference data said is kept."""
        self._database.query(
            """UPDATE instruments
            SET allocation_asset_class = CAST(:asset_class AS jsonb), allocation_regions = CAST(:regions AS jsonb),
                allocation_sectors = CAST(:sectors AS jsonb), allocation_source = :source,
                instrument_type = coalesce(instrument_type, :instrument_type)
            WHERE symbol = :symbol AND (allocation_source IN ('default', 'tagger') OR :source = 'user')""",
            symbol=instrument.symbol,
            asset_class=instrument.allocation_asset_class,
            regions=instrument.allocation_regions,
            sectors=instrument.allocation_sectors,
            source=instrument.allocation_source,
            instrument_type=instrument.instrument_type,
        )

    def save_prices(self, prices: Mapping[str, tuple[Decimal, date]]) -> None:
        """Store the provider's closes (USD, 4 places) of known symbols in one statement."""
        if not prices:
            return
        self._database.query(
            """UPDATE instruments i
            SET current_price = q.price, price_as_of = q.as_of, price_source = 'provider'
            FROM jsonb_to_recordset(CAST(:prices AS jsonb)) AS q (symbol text, price numeric, as_of date)
            WHERE i.symbol = q.symbol""",
            prices=[
                {"symbol": symbol, "price": str(close), "as_of": as_of.isoformat()}
                for symbol, (close, as_of) in sorted(prices.items())
            ],
        )
