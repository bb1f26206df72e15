"""The schema keeps what the application relies on, whoever writes (DATA-08)."""

import re
from decimal import Decimal
from enum import StrEnum

import pytest

from advisor.adapters.data_api import DataApi, DatabaseError
from advisor.adapters.migrator import read_migrations
from advisor.adapters.records import Records
from advisor.domain.models import Instrument
from advisor.domain.review import ReviewReason, ReviewState
from advisor.domain.vocabulary import (
    AccountType,
    AllocationSource,
    InstrumentType,
    JobStatus,
    JobType,
    PriceSource,
    Priority,
)

STOCKS = {"AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "UNH"}
FOR_THE_TAGGER = {"AMD", "BBY", "RRC", "MTUM", "QUAL", "SIZE", "USMV", "VLUE"}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("instrument_type", InstrumentType),
        ("price_source", PriceSource),
        ("allocation_source", AllocationSource),
        ("account_type", AccountType),
        ("job_type", JobType),
        ("status", JobStatus),
        ("priority", Priority),
        ("reason", ReviewReason),
        ("state", ReviewState),
    ],
)
def test_the_lists_of_the_schema_are_the_vocabulary(column: str, words: type[StrEnum]) -> None:
    """A word known to one side only would be refused by the other at run time, for a user."""
    schema = "\n".join(migration.sql for migration in read_migrations())
    lists = re.findall(rf"CHECK \(\s*{column} IN \(([^)]*)\)", schema)
    assert {word.value for word in words} in [set(re.findall(r"'([^']+)'", one)) for one in lists]


def test_every_reference_instrument_is_classified_and_unpriced(database: DataApi) -> None:
    """A seed with a bad allocation would distort every roll-up; one with a price would be a made-up price."""
    rows = database.query("SELECT * FROM instruments")
    known = {}
    for row in rows:
        for name in ("rationale_ref", "created_at"):
            row.pop(name)
        known[row["symbol"]] = Instrument.model_validate(row)
    assert all(instrument.classified and not instrument.priced for instrument in known.values())
    assert known.keys() >= STOCKS | {"WMT", "XOM", "VTI", "VXUS", "TSLA", "BND", "SPY"}
    assert not known.keys() & FOR_THE_TAGGER
    assert len(known) >= 22 + 17


def test_deleting_a_user_deletes_accounts_positions_and_jobs_but_no_instrument(database: DataApi) -> None:
    """Cascade: nothing of a user survives, nothing shared goes with them."""
    records = Records(database)
    records.profile("ann")
    account = records.open_account("ann", {"account_name": "IRA"})
    records.hold(account.id, "VTI", Decimal(1))
    database.query("INSERT INTO jobs (user_id, job_type) VALUES ('ann', 'portfolio_analysis')")
    database.query("DELETE FROM users WHERE user_id = 'ann'")
    counts = database.one(
        "SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM positions) AS positions, "
        "(SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM instruments WHERE symbol = 'VTI') AS vti"
    )
    assert counts == {"accounts": 0, "positions": 0, "jobs": 0, "vti": 1}


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("INSERT INTO users (user_id, years_until_retirement) VALUES ('x', 101)", "23514"),
        ("INSERT INTO users (user_id, target_retirement_income) VALUES ('x', -1)", "23514"),
        ("INSERT INTO accounts (user_id, account_name) VALUES ('nobody', 'a')", "23503"),
        ("INSERT INTO accounts (user_id, account_name, cash_interest) VALUES ('ann', 'a', 1.5)", "23514"),
        ("INSERT INTO accounts (user_id, account_name, account_type) VALUES ('ann', 'a', 'piggy')", "23514"),
        ("INSERT INTO instruments (symbol, name, current_price) VALUES ('ZZ', 'Z', 1.0)", "23514"),
        ("INSERT INTO jobs (user_id, job_type, status) VALUES ('ann', 'portfolio_analysis', 'done')", "23514"),
    ],
)
def test_bad_rows_are_refused_by_the_database_itself(database: DataApi, statement: str, sqlstate: str) -> None:
    """Not every writer is the API: a price without a source, say, must not get in by any door."""
    Records(database).profile("ann")
    with pytest.raises(DatabaseError) as refused:
        database.query(statement)
    assert refused.value.sqlstate == sqlstate


def test_updates_touch_updated_at(database: DataApi) -> None:
    """Who asks when a record changed gets the truth without every statement having to remember."""
    Records(database).profile("ann")
    database.query("UPDATE users SET updated_at = '2020-01-01' WHERE user_id = 'ann'")
    row = database.one("SELECT updated_at > now() - interval '1 minute' AS touched FROM users")
    assert row == {"touched": True}


def test_a_user_has_one_unfinished_analysis_but_many_finished_ones(database: DataApi) -> None:
    """Two simultaneous requests cannot both start one: the index decides, not a check before it."""
    Records(database).profile("ann")
    for status in ("completed", "failed", "completed", "running"):
        database.query(
            "INSERT INTO jobs (user_id, job_type, status) VALUES ('ann', 'portfolio_analysis', :status)", status=status
        )
    with pytest.raises(DatabaseError) as refused:
        database.query("INSERT INTO jobs (user_id, job_type) VALUES ('ann', 'portfolio_analysis')")
    assert refused.value.sqlstate == "23505"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT * FROM accounts WHERE user_id = 'u1'", "accounts_of_user"),
        ("SELECT * FROM positions WHERE account_id = '00000000-0000-0000-0000-000000000001'", "one_position_a_symbol"),
        ("SELECT * FROM positions WHERE symbol = 'VTI'", "positions_of_symbol"),
        ("SELECT * FROM jobs WHERE user_id = 'u1' ORDER BY created_at DESC LIMIT 100", "jobs_of_user"),
        ("SELECT * FROM jobs WHERE status = 'pending' AND created_at < now()", "jobs_unfinished"),
    ],
)
def test_frequent_queries_have_an_index(database: DataApi, query: str, index: str) -> None:
    """Without it a query reads the whole table and grows with everybody's data (PERF-06)."""
    with database.transaction() as transaction:
        transaction.query("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row["QUERY PLAN"] for row in transaction.query(f"EXPLAIN {query}"))
    assert index in plan
