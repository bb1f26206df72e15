"""The RDS Data API over real PostgreSQL: what works here works in AWS, and what fails there fails here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud
from local_cloud.dataapi.errors import DataApiError
from local_cloud.dataapi.statements import bind

if TYPE_CHECKING:
    from tests.local_cloud.conftest import Client, Invoke

Database = Callable[..., Any]


@pytest.fixture(scope="module")
def database(client: Client, deployed: dict[str, str]) -> Database:
    """`database(operation, **arguments)` on the sample's cluster."""
    rds = client("rds-data")
    target = {"resourceArn": deployed["ClusterArn"], "secretArn": deployed["SecretArn"]}

    def call(operation: str, **arguments: Any) -> Any:
        if operation in ("execute_statement", "batch_execute_statement", "begin_transaction"):
            arguments.setdefault("database", "sample")
        return getattr(rds, operation)(**target, **arguments)

    return call


@pytest.fixture
def table(database: Database) -> Iterator[str]:
    """A fresh table with the types that the platform uses."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    columns = "id uuid PRIMARY KEY, quantity numeric(20,8), facts jsonb, seen timestamptz, tags text[]"
    database("execute_statement", sql=f"CREATE TABLE {name} ({columns})")
    yield name
    database("execute_statement", sql=f"DROP TABLE {name}")


def parameter(name: str, value: Any, hint: str | None = None) -> dict[str, Any]:
    """One SqlParameter."""
    kinds = {bool: "booleanValue", int: "longValue", float: "doubleValue", bytes: "blobValue"}
    field = {"isNull": True} if value is None else {kinds.get(type(value), "stringValue"): value}
    return {"name": name, "value": field, **({"typeHint": hint} if hint else {})}


def error_of(call: Callable[[], Any]) -> tuple[str, str]:
    """The code and text of the refusal."""
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_typed_values_go_in_and_come_back_as_the_data_api_types_them(database: Database, table: str) -> None:
    """The repositories read these fields by their kind."""
    identifier = str(uuid.uuid4())
    database(
        "execute_statement",
        sql=f"INSERT INTO {table} VALUES (:id, :quantity, :facts, :seen::timestamptz, ARRAY['a','b,c'])",
        parameters=[
            parameter("id", identifier, "UUID"),
            parameter("quantity", "12.5", "DECIMAL"),
            parameter("facts", '{"a": [1, null]}', "JSON"),
            parameter("seen", "2026-01-02 03:04:05", "TIMESTAMP"),
        ],
    )
    answer = database(
        "execute_statement",
        sql=f"SELECT *, 1::bigint, 1.5::float8, true, NULL::text, '\\x01'::bytea FROM {table} WHERE id = :id",
        parameters=[parameter("id", identifier, "UUID")],
        includeResultMetadata=True,
    )
    assert answer["records"] == [[
        {"stringValue": identifier}, {"stringValue": "12.50000000"}, {"stringValue": '{"a": [1, null]}'},
        {"stringValue": "2026-01-02 03:04:05"}, {"arrayValue": {"stringValues": ["a", "b,c"]}}, {"longValue": 1},
        {"doubleValue": 1.5}, {"booleanValue": True}, {"isNull": True}, {"blobValue": b"\x01"},
    ]]  # fmt: skip
    assert [column["typeName"] for column in answer["columnMetadata"]][:3] == ["uuid", "numeric", "jsonb"]


def test_a_string_without_a_hint_is_refused_by_a_uuid_column_as_in_aws(database: Database, table: str) -> None:
    """Leniency here would be a failure in AWS."""
    insert = {"sql": f"INSERT INTO {table} (id) VALUES (:id)", "parameters": [parameter("id", str(uuid.uuid4()))]}
    code, message = error_of(lambda: database("execute_statement", **insert))
    assert code == "DatabaseErrorException"
    assert "is of type uuid but expression is of type character varying" in message
    assert message.endswith("SQLState: 42804")


def test_a_unique_violation_carries_its_sqlstate(database: Database, table: str) -> None:
    """The idempotency of jobs depends on telling this error from every other."""
    row = {"sql": f"INSERT INTO {table} (id) VALUES (:id)", "parameters": [parameter("id", str(uuid.uuid4()), "UUID")]}
    assert database("execute_statement", **row)["numberOfRecordsUpdated"] == 1
    code, message = error_of(lambda: database("execute_statement", **row))
    assert code == "DatabaseErrorException"
    assert message.endswith("already exists.; SQLState: 23505")


def test_a_transaction_is_seen_by_nobody_until_it_commits_and_leaves_nothing_when_rolled_back(
    database: Database, table: str
) -> None:
    """A job and its queue message are written together or not at all."""
    count = {"sql": f"SELECT count(*) FROM {table}"}

    def rows(**transaction: str) -> Any:
        return database("execute_statement", **count, **transaction)["records"][0][0]["longValue"]

    insert = {"sql": f"INSERT INTO {table} (id) VALUES (gen_random_uuid())"}
    first = database("begin_transaction")["transactionId"]
    database("execute_statement", **insert, transactionId=first)
    assert (rows(transactionId=first), rows()) == (1, 0)
    database("rollback_transaction", transactionId=first)
    assert rows() == 0
    second = database("begin_transaction")["transactionId"]
    database("execute_statement", **insert, transactionId=second)
    database("commit_transaction", transactionId=second)
    assert rows() == 1
    code, _ = error_of(lambda: database("commit_transaction", transactionId=second))
    assert code == "TransactionNotFoundException"


def test_a_batch_is_one_transaction(database: Database, table: str) -> None:
    """A half-written batch of positions would be a wrong portfolio."""
    good, bad = str(uuid.uuid4()), "not a uuid at all"
    sets = [[parameter("id", good)], [parameter("id", bad)]]
    sql = f"INSERT INTO {table} (id) VALUES (CAST(:id AS uuid))"
    code, _ = error_of(lambda: database("batch_execute_statement", sql=sql, parameterSets=sets))
    assert code == "DatabaseErrorException"
    left = database("execute_statement", sql=f"SELECT count(*) FROM {table}")["records"][0][0]
    assert left == {"longValue": 0}
    answer = database("batch_execute_statement", sql=sql, parameterSets=sets[:1])
    assert len(answer["updateResults"]) == 1


def test_the_services_limits_hold(database: Database) -> None:
    """A report of 65 KB or a page of 1.1 MB must fail here, not first in AWS."""
    code, message = error_of(lambda: database("execute_statement", sql="SELECT repeat('x', 65537)"))
    assert (code, "64 KB" in message) == ("BadRequestException", True)
    many = "SELECT repeat('x', 60000) FROM generate_series(1, 20)"
    code, message = error_of(lambda: database("execute_statement", sql=many))
    assert (code, "1 MiB" in message) == ("BadRequestException", True)
    code, message = error_of(lambda: database("execute_statement", sql="SELECT 1; SELECT 2"))
    assert (code, message) == ("BadRequestException", "Multistatements aren't supported.")


def test_json_records(database: Database) -> None:
    """`formatRecordsAs=JSON` gives one string with an object a row."""
    answer = database("execute_statement", sql="SELECT 1 AS n, 'x' AS s, 2.50::numeric AS d", formatRecordsAs="JSON")
    assert answer["formattedRecords"] == '[{"n":1,"s":"x","d":"2.50"}]'


def test_a_resuming_database_answers_so_for_as_many_calls_as_planned(cloud: LocalCloud, database: Database) -> None:
    """Aurora that pauses at zero capacity answers this for some seconds; the repositories must wait, not fail."""
    cloud.set_faults(database_resuming=2)
    for _ in range(2):
        code, _ = error_of(lambda: database("execute_statement", sql="SELECT 1"))
        assert code == "DatabaseResumingException"
    assert database("execute_statement", sql="SELECT 1")["records"] == [[{"longValue": 1}]]


def test_an_unknown_secret_or_cluster_is_refused(client: Client, deployed: dict[str, str]) -> None:
    """A typing error in a setting must not reach some other database."""
    rds = client("rds-data")
    arns = {"resourceArn": deployed["ClusterArn"], "secretArn": deployed["SecretArn"]}
    for wrong in ("resourceArn", "secretArn"):
        code, _ = error_of(partial(rds.execute_statement, **{**arns, wrong: arns[wrong] + "x"}, sql="SELECT 1"))
        assert code in ("BadRequestException", "SecretsErrorException")


def test_the_data_api_needs_the_right_to_use_it_and_to_read_the_secret(
    client: Client, deployed: dict[str, str], invoke: Invoke
) -> None:
    """As in AWS: who has neither is refused, who has both is served."""
    arns = {"resourceArn": deployed["ClusterArn"], "secretArn": deployed["SecretArn"], "database": "sample"}
    reader = client("rds-data", **invoke(deployed["ReaderName"]))
    assert reader.execute_statement(**arns, sql="SELECT 1")["records"]
    stranger = client("rds-data", **invoke(deployed["StrangerName"]))
    with pytest.raises(ClientError, match="rds-data:ExecuteStatement"):
        stranger.execute_statement(**arns, sql="SELECT 1")


# -- the reader of SQL, without a database --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "bound"),
    [
        ("SELECT :a::uuid", "SELECT %(a)s::uuid"),
        ("SELECT ':a', \":a\", $$:a$$, $x$:a$x$ -- :a", "SELECT ':a', \":a\", $$:a$$, $x$:a$x$ -- :a"),
        ("SELECT /* :a /* nested */ :a */ :a", "SELECT /* :a /* nested */ :a */ %(a)s"),
        ("SELECT 'it''s :a', E'\\':a' , :a", "SELECT 'it''s :a', E'\\':a' , %(a)s"),
        ("SELECT 5 % 2 ;  ", "SELECT 5 %% 2   "),
    ],
)
def test_parameters_are_found_where_sql_has_them(sql: str, bound: str) -> None:
    """A colon in a string or a comment is text; a parameter there would corrupt the statement."""
    assert bind(sql, {"a"}) == bound


def test_a_parameter_without_a_value_is_refused() -> None:
    """PostgreSQL would answer with a syntax error that names nothing."""
    with pytest.raises(DataApiError, match="Cannot find parameter: b"):
        bind("SELECT :a, :b", {"a"})


def test_each_call_is_counted(cloud: LocalCloud, database: Database) -> None:
    """AGENT-05: what a job asks of the database is measured with this counter; one that missed calls would flatter."""
    before = cloud.database_calls()
    for _ in range(3):
        database("execute_statement", sql="SELECT 1")
    assert cloud.database_calls() == before + 3
