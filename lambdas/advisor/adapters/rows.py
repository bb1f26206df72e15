"""How rows become entities: one place for the column lists and the mapping, shared by all stores."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from advisor.adapters.data_api import Row
from advisor.domain.models import Account, Instrument, Job, Position, User

USER = (
    "user_id, display_name, years_until_retirement, target_retirement_income, current_age, annual_contribution, "
    "asset_class_targets, region_targets, retirement_goals, advisor_id, created_at, updated_at"
)
ACCOUNT = (
    "id, user_id, account_name, account_type, account_purpose, cash_balance, cash_interest, created_at, updated_at"
)
INSTRUMENT = (
    "symbol, name, instrument_type, current_price, price_as_of, price_source, allocation_asset_class, "
    "allocation_regions, allocation_sectors, allocation_source, updated_at"
)
JOB = (
    "id, user_id, job_type, status, request_payload, progress, error_code, error_message, correlation_id, "
    "idempotency_key, attempt, created_at, started_at, completed_at, updated_at"
)
JOB_PAYLOADS = ("report_payload", "charts_payload", "retirement_payload", "summary_payload", "quality_payload")

POSITION_AND_INSTRUMENT = "p.id, p.account_id, p.symbol, p.quantity, p.as_of_date, " + ", ".join(
    f"i.{column} AS instrument_{column}" for column in INSTRUMENT.split(", ")
)


def columns_of(alias: str, columns: str, prefix: str = "") -> str:
    """``a, b`` as ``x.a AS prefix_a, x.b AS prefix_b``."""
    return ", ".join(f"{alias}.{column} AS {prefix}{column}" for column in columns.split(", "))


def unprefixed(row: Row, prefix: str, columns: str) -> Row:
    """The part of a joined row that belongs to one table."""
    return {column: row[prefix + column] for column in columns.split(", ")}


def user_of(row: Row) -> User:
    """A user."""
    return User.model_validate(row)


def account_of(row: Row, positions: tuple[Position, ...] = ()) -> Account:
    """An account with the positions that were read for it."""
    return Account.model_validate({**row, "positions": positions})


def by_age(account: Account) -> tuple[datetime, UUID]:
    """How accounts are listed: the oldest first."""
    return account.created_at or datetime.min.replace(tzinfo=UTC), account.id


def instrument_of(row: Row) -> Instrument:
    """An instrument."""
    return Instrument.model_validate(row)


def position_of(row: Row) -> Position:
    """A position from a row of POSITION_AND_INSTRUMENT."""
    own = {name: row[name] for name in ("id", "account_id", "symbol", "quantity", "as_of_date")}
    return Position(**own, instrument=instrument_of(unprefixed(row, "instrument_", INSTRUMENT)))


def job_of(row: Row, payloads: Mapping[str, Any] | None = None) -> Job:
    """A job; payloads are absent when they were not read."""
    return Job.model_validate({**row, **(payloads or {})})
