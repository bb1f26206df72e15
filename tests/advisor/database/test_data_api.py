"""The Data API's client: exact values both ways, retries that can never repeat a write, and an end in time."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from advisor.adapters.data_api import BUDGET_SECONDS, DataApi, DatabaseError
from advisor.domain.errors import UnavailableError

if TYPE_CHECKING:
    from tests.advisor.conftest import FakeRdsData

Patient = Callable[..., DataApi]


class Clock:
    """Time that passes only in pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patient(rds_data: FakeRdsData, clock: Clock) -> Patient:
    """A client whose pauses are counted, not slept."""

    def make(remaining: float = 60.0) -> DataApi:
        return DataApi(
            client=rds_data,
            cluster_arn="arn:c",
            secret_arn="arn:s",
            database="alex",
            remaining=lambda: remaining - clock.now,
            sleep=clock.sleep,
            clock=clock.time,
        )

    return make


@pytest.mark.parametrize(
    ("cast", "value"),
    [
        ("text", "O'Hara :name -- not a comment; % \u00e9\u4e2d"),
        ("uuid", UUID("6b1c0000-0000-4000-8000-000000000001")),
        ("numeric(20,8)", Decimal("123456789012.12345678")),
        ("date", date(2022, 12, 28)),
        ("bigint", 2**53 + 1),
        ("double precision", 0.1),
        ("boolean", True),
        ("jsonb", {"a": [1, None, "x"], "b": {"c": 1.5}}),
        ("text", None),
    ],
)
def test_values_come_back_as_they_went(database: DataApi, cast: str, value: Any) -> None:
    """A lost digit of a quantity, or a shifted date, would be a wrong portfolio."""
    assert database.one(f"SELECT CAST(:value AS {cast}) AS value", value=value) == {"value": value}


def test_times_are_aware_and_utc_whatever_zone_they_came_from(database: DataApi) -> None:
    """Naive times were defect 13 of the earlier system."""
    sent = datetime(2026, 3, 1, 1, 30, 15, 250000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    row = database.one("SELECT CAST(:at AS timestamptz) AS at, now() AS now", at=sent)
    assert row is not None
    assert row["at"] == sent
    assert row["at"].tzinfo is UTC
    assert row["now"].tzinfo is UTC


def test_each_statement_tells_how_long_it_took_with_its_pauses(rds_data: FakeRdsData, clock: Clock) -> None:
    """OBS-24: a database that resumes is slow for the caller, whatever PostgreSQL itself needed."""
    told: list[float] = []
    database = DataApi(
        client=rds_data, cluster_arn="c", secret_arn="s", database="alex", sleep=clock.sleep, clock=clock.time,
        timed=told.append,
    )  # fmt: skip
    database.query("SELECT 1 AS one")
    rds_data.faults.append("DatabaseResumingException")
    database.query("SELECT 1 AS one")
    assert len(told) == 2
    assert told[0] == 0
    assert told[1] >= 187


def test_one_call_runs_one_statement(database: DataApi) -> None:
    """A second statement smuggled into the first must not run."""
    with pytest.raises(DatabaseError):
        database.query("SELECT 1; DROP TABLE positions")
    assert database.one("SELECT count(*) AS n FROM positions") == {"n": 0}


def test_a_value_that_is_not_supported_is_a_clear_error(database: DataApi) -> None:
    """Not a silent text."""
    with pytest.raises(TypeError, match="'value'"):
        database.query("SELECT :value", value={1, 2})


def test_a_transaction_is_all_or_nothing(database: DataApi) -> None:
    """Half a migration, or half a change, would be worse than none."""
    with database.transaction() as transaction:
        transaction.query("INSERT INTO users (user_id) VALUES ('kept')")

    def fail() -> None:
        with database.transaction() as transaction:
            transaction.query("INSERT INTO users (user_id) VALUES ('lost')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [row["user_id"] for row in database.query("SELECT user_id FROM users")] == ["kept"]


@pytest.mark.parametrize("code", ["DatabaseResumingException", "ThrottlingException"])
def test_a_resuming_or_throttled_database_is_waited_for(
    patient: Patient, rds_data: FakeRdsData, clock: Clock, code: str
) -> None:
    """The first visitor after a pause gets an answer, not an error (DATA-02)."""
    rds_data.faults = [code] * 4
    assert patient().one("SELECT 1 AS one") == {"one": 1}
    assert len(clock.pauses) == 4
    assert clock.pauses[-1] > clock.pauses[0]


def test_a_refused_connection_is_tried_again(patient: Patient, rds_data: FakeRdsData, clock: Clock) -> None:
    """Nothing was sent, so nothing can happen twice."""
    rds_data.faults = [EndpointConnectionError(endpoint_url="http://x")]
    assert patient().one("SELECT 1 AS one") == {"one": 1}


def test_a_password_that_is_just_being_rotated_is_tried_again(
    patient: Patient, rds_data: FakeRdsData, clock: Clock
) -> None:
    """A rotation happens without downtime (SEC-15): between its steps the old password is refused for a moment."""
    refused = ClientError(
        {"Error": {"Code": "DatabaseErrorException", "Message": "FATAL: password authentication; SQLState: 28P01"}},
        "ExecuteStatement",
    )
    rds_data.faults = [refused, refused]
    assert patient().one("SELECT 1 AS one") == {"one": 1}


def test_waiting_ends_and_says_when_to_come_back(patient: Patient, rds_data: FakeRdsData, clock: Clock) -> None:
    """A 503 with Retry-After, before the gateway's own 504."""
    rds_data.faults = ["DatabaseResumingException"] * 100
    with pytest.raises(UnavailableError) as unavailable:
        patient().query("SELECT 1")
    assert unavailable.value.retry_after
    assert 10 < clock.now <= BUDGET_SECONDS


def test_waiting_leaves_the_caller_time_to_answer(patient: Patient, rds_data: FakeRdsData, clock: Clock) -> None:
    """A function with five seconds left must not wait twenty."""
    rds_data.faults = ["DatabaseResumingException"] * 100
    with pytest.raises(UnavailableError):
        patient(remaining=5.0).query("SELECT 1")
    assert clock.now <= 3.0


@pytest.mark.parametrize(
    "fault", ["InternalServerErrorException", "ServiceUnavailableError", ReadTimeoutError(endpoint_url="http://x")]
)
def test_what_may_have_run_is_never_repeated(
    patient: Patient, rds_data: FakeRdsData, clock: Clock, fault: str | Exception
) -> None:
    """A write that timed out may be in the database: a second one could double it."""
    rds_data.faults = [fault]
    with pytest.raises(UnavailableError):
        patient().query("INSERT INTO users (user_id) VALUES ('once')")
    assert clock.pauses == []
    assert rds_data.statements == []


def test_a_statement_that_takes_too_long_is_ended_by_the_database(database: DataApi) -> None:
    """One slow query must not hold a connection for ever; the caller is told to come back."""
    with database.transaction() as transaction:
        transaction.query("SET LOCAL statement_timeout = '20ms'")
        with pytest.raises(UnavailableError):
            transaction.query("SELECT 1 AS one FROM pg_sleep(5)")


def test_functions_sessions_have_a_statement_timeout(rds_data: FakeRdsData, database: DataApi) -> None:
    """The limit holds for every session of the role, without a statement before each query."""
    with psycopg.connect(rds_data.dsn) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("30s",)


def test_a_wrong_statement_is_a_database_error_with_its_code(database: DataApi) -> None:
    """So that callers can tell a broken rule from a broken statement."""
    with pytest.raises(DatabaseError) as error:
        database.query("SELECT * FROM nowhere WHERE id = :id", id=uuid4())
    assert error.value.sqlstate == "42P01"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ('ERROR: duplicate key value violates unique constraint "one_key"\n  Detail: Key (user_id)=(Jane Doe) already '
         "exists.; SQLState: 23505", 'ERROR: duplicate key value violates unique constraint "one_key"'),
        ('ERROR: new row for relation "users" violates check constraint "age"\n  Detail: Failing row contains (Jane, "'
         'Doe").; SQLState: 23514', 'ERROR: new row for relation "users" violates check constraint "age"'),
        ('ERROR: invalid input syntax for type uuid: "Jane "x" Doe"; SQLState: 22P02',
         "ERROR: invalid input syntax for type uuid: ..."),
        ('ERROR: value "Jane Doe" is out of range for type integer; SQLState: 22003', "ERROR: value ..."),
        ('ERROR: column "Jane Doe" is of type text; SQLState: 42703', "ERROR: column ..."),
        ('ERROR: column "age" does not exist\n  Position: 8; SQLState: 42703', 'ERROR: column "age" does not exist'),
    ],
)  # fmt: skip
def test_a_refusal_names_the_schema_and_quotes_nobody(
    patient: Patient, rds_data: FakeRdsData, message: str, told: str
) -> None:
    """OBS-01: the text and its traceback go to the log of every function; PostgreSQL quotes rows and parameters."""
    rds_data.faults = [ClientError({"Error": {"Code": "DatabaseErrorException", "Message": message}}, "Execute")]
    with pytest.raises(DatabaseError) as refused:
        patient().query("SELECT 1 AS one")
    state = message.rsplit(" ", 1)[1]
    assert str(refused.value) == f"DatabaseErrorException: {told}; SQLState: {state}"
    assert "Jane" not in "".join(traceback.format_exception(refused.value))
