"""Portfolios in PostgreSQL, through the port that planner and agents use (SYS-04, PERF-06)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from advisor.adapters.data_api import DataApi
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.records import Records
from advisor.domain.models import Instrument, Portfolio
from advisor.domain.vocabulary import AllocationSource, PriceSource

if TYPE_CHECKING:
    from tests.advisor.conftest import FakeRdsData


def portfolio_of_ann(portfolios: DataApiPortfolioStore) -> Portfolio:
    found = portfolios.portfolio("ann")
    assert found is not None
    return found


def test_a_portfolio_comes_whole(records: Records, portfolios: DataApiPortfolioStore) -> None:
    """Accounts with cash, positions with instruments, the user's goals: what every engine computes from."""
    first = records.open_account("ann", {"account_name": "401k", "cash_balance": Decimal("5000.25")})
    empty = records.open_account("ann", {"account_name": "Empty"})
    records.hold(first.id, "VTI", Decimal("1.12345678"))
    records.hold(first.id, "BND", Decimal(2))
    portfolio = portfolios.portfolio("ann")
    assert portfolio is not None
    assert [account.id for account in portfolio.accounts] == [first.id, empty.id]
    assert portfolio.accounts[0].cash_balance == Decimal("5000.25")
    assert [(p.symbol, p.quantity) for p in portfolio.positions] == [
        ("BND", Decimal(2)),
        ("VTI", Decimal("1.12345678")),
    ]
    assert portfolio.instruments["VTI"].allocation_source is AllocationSource.SEED
    assert portfolio.user.years_until_retirement == 20


def test_an_unknown_user_has_no_portfolio_and_a_new_one_an_empty_one(
    records: Records, portfolios: DataApiPortfolioStore
) -> None:
    """The planner must tell the two apart: the first is an invalid job, the second nothing to analyse."""
    assert portfolios.portfolio("nobody") is None
    assert portfolio_of_ann(portfolios).accounts == ()


def test_the_number_of_queries_does_not_grow_with_the_holdings(
    records: Records, portfolios: DataApiPortfolioStore, rds_data: FakeRdsData, database: DataApi
) -> None:
    """Defect 17 of the earlier system was a query for each position (PERF-06)."""
    account = records.open_account("ann", {"account_name": "Big"})
    database.query("INSERT INTO instruments (symbol, name) SELECT 'S' || n, 'S' || n FROM generate_series(1, 700) AS n")
    database.query(
        "INSERT INTO positions (account_id, symbol, quantity) "
        "SELECT :id, 'S' || n, n FROM generate_series(1, 700) AS n",
        id=account.id,
    )
    rds_data.statements.clear()
    portfolio = portfolio_of_ann(portfolios)
    assert len(portfolio.positions) == len({position.symbol for position in portfolio.positions}) == 700
    assert len(rds_data.statements) == 3, "one for user and accounts, one for each 500 positions"


def test_many_accounts_with_the_longest_texts_are_all_read(
    records: Records, portfolios: DataApiPortfolioStore, database: DataApi
) -> None:
    """The Data API refuses an answer over 1 MiB: such a user could never see or analyse anything again."""
    database.query("UPDATE users SET retirement_goals = :text WHERE user_id = 'ann'", text="\U0001f4b0" * 2000)
    values = {"account_name": "\U0001f4b0" * 255, "account_purpose": "\U0001f4b0" * 2000}
    made = [records.open_account("ann", values).id for _ in range(125)]
    assert [account.id for account in records.accounts("ann", limit=200)] == made
    assert [account.id for account in portfolio_of_ann(portfolios).accounts] == made


def test_buying_again_replaces_the_quantity(records: Records, portfolios: DataApiPortfolioStore) -> None:
    """A position is one row a symbol and account (UPSERT): two would be counted twice."""
    account = records.open_account("ann", {"account_name": "IRA"})
    first = records.hold(account.id, "VTI", Decimal(1))
    second = records.hold(account.id, "VTI", Decimal(3))
    assert first.id == second.id
    assert [p.quantity for p in portfolio_of_ann(portfolios).positions] == [Decimal(3)]


def test_an_unknown_symbol_waits_for_price_and_tagger(records: Records, portfolios: DataApiPortfolioStore) -> None:
    """Never a made-up price or an assumed 100% equity (defects 4 and 5)."""
    account = records.open_account("ann", {"account_name": "IRA"})
    instrument = records.hold(account.id, "ZZTOP", Decimal(1)).instrument
    assert instrument.current_price is None
    assert instrument.price_source is PriceSource.NONE
    assert instrument.allocation_source is AllocationSource.DEFAULT
    assert instrument.allocation_asset_class is None


def test_prices_are_stored_with_their_day_and_source(
    records: Records, portfolios: DataApiPortfolioStore, database: DataApi
) -> None:
    """Unknown symbols of the provider's answer are ignored, thousands of them cost one statement."""
    account = records.open_account("ann", {"account_name": "IRA"})
    records.hold(account.id, "VTI", Decimal(1))
    portfolios.save_prices({"VTI": (Decimal("191.0650"), date(2022, 12, 28)), "NOPE": (Decimal(1), date(2022, 12, 28))})
    instrument = portfolio_of_ann(portfolios).instruments["VTI"]
    assert (instrument.current_price, instrument.price_as_of) == (Decimal("191.0650"), date(2022, 12, 28))
    assert instrument.price_source is PriceSource.PROVIDER
    assert database.one("SELECT count(*) AS n FROM instruments WHERE symbol = 'NOPE'") == {"n": 0}


def test_the_tagger_classifies_what_nobody_did_and_overrules_nobody(
    records: Records, portfolios: DataApiPortfolioStore
) -> None:
    """A model's opinion must not replace reference data."""
    account = records.open_account("ann", {"account_name": "IRA"})
    for symbol in ("VTI", "AMD"):
        held = records.hold(account.id, symbol, Decimal(1)).instrument
        portfolios.save_classification(
            Instrument(
                **held.model_dump(include={"symbol", "name"}),
                allocation_asset_class={"equity": 100},
                allocation_regions={"europe": 100},
                allocation_sectors={"technology": 100},
                allocation_source=AllocationSource.TAGGER,
            )
        )
    found = portfolio_of_ann(portfolios).instruments
    assert found["AMD"].allocation_regions == {"europe": 100}
    assert found["AMD"].classified
    assert found["VTI"].allocation_regions == {"north_america": 100}
    assert found["VTI"].allocation_source is AllocationSource.SEED
