"""Migrations: applied once, in turn, wholly or not at all, and never a silent change of history."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from advisor.adapters import environment
from advisor.adapters.data_api import DataApi, DatabaseError
from advisor.adapters.migrator import Migration, MigrationError, migrate, read_migrations
from advisor.domain.errors import UnavailableError
from advisor.handlers import migrations as function

if TYPE_CHECKING:
    from tests.advisor.conftest import FakeRdsData

ONE = Migration(1, "0001_one", "CREATE TABLE one (n integer);\nINSERT INTO one VALUES (1);")
TWO = Migration(2, "0002_two", "INSERT INTO one VALUES (2);")


def over(client: Any) -> DataApi:
    return DataApi(client=client, cluster_arn="arn:c", secret_arn="arn:s", database="alex", sleep=lambda _s: None)


def test_the_schema_applies_and_applying_it_again_changes_nothing(empty_rds_data: FakeRdsData) -> None:
    """Every deployment runs the migrations: the second must be a no-op (SYS-04)."""
    database = over(empty_rds_data)
    assert migrate(database) == [migration.name for migration in read_migrations()]
    before = database.query("SELECT * FROM schema_migrations ORDER BY version")
    assert migrate(database) == []
    assert database.query("SELECT * FROM schema_migrations ORDER BY version") == before


def test_only_what_is_new_is_applied(empty_rds_data: FakeRdsData) -> None:
    """A later release adds files; the earlier ones stay as they are."""
    database = over(empty_rds_data)
    migrate(database, [ONE])
    assert migrate(database, [ONE, TWO]) == ["0002_two"]
    assert database.query("SELECT n FROM one ORDER BY n") == [{"n": 1}, {"n": 2}]


def test_a_changed_file_is_refused_with_what_to_do(empty_rds_data: FakeRdsData) -> None:
    """Else two environments would have the same version number and different schemas."""
    database = over(empty_rds_data)
    migrate(database, [ONE])
    with pytest.raises(MigrationError, match=r"0001_one was changed after .* write a new one"):
        migrate(database, [Migration(1, "0001_one", ONE.sql + " "), TWO])
    assert database.query("SELECT n FROM one") == [{"n": 1}]


def test_a_file_that_fails_leaves_nothing_of_itself(empty_rds_data: FakeRdsData) -> None:
    """The next deployment can try again from a clean state."""
    database = over(empty_rds_data)
    bad = Migration(2, "0002_bad", "CREATE TABLE half (n integer); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(DatabaseError):
        migrate(database, [ONE, bad])
    assert database.one("SELECT to_regclass('half') IS NULL AS gone") == {"gone": True}
    assert database.one("SELECT max(version) AS version FROM schema_migrations") == {"version": 1}
    assert migrate(database, [ONE, TWO]) == ["0002_two"]


def test_an_older_release_leaves_a_newer_database_alone(empty_rds_data: FakeRdsData) -> None:
    """A release that is rolled back must come up again: its stack update may not fail on the newer schema."""
    database = over(empty_rds_data)
    migrate(database, [ONE, TWO])
    assert migrate(database, [ONE]) == []


def test_runners_at_the_same_time_take_turns(empty_rds_data: FakeRdsData) -> None:
    """Two deployments, or a retry of CloudFormation's, must not both create the tables."""
    clients = [type(empty_rds_data)(empty_rds_data.dsn) for _ in range(4)]
    slow = Migration(1, "0001_slow", "CREATE TABLE one (n integer); SELECT 1 AS one FROM pg_sleep(0.1);")
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda client: migrate(over(client), [slow, TWO]), clients))
    for client in clients:
        client.close()
    assert sorted(name for names in applied for name in names) == ["0001_slow", "0002_two"]
    assert over(empty_rds_data).query("SELECT n FROM one") == [{"n": 2}]


def test_statements_are_split_where_they_end_and_nowhere_else() -> None:
    """A semicolon in a text, a name, a comment or a function's body ends nothing."""
    sql = """-- first; comment
    INSERT INTO t VALUES ('a;b''c;'); /* x; */ SELECT ";" FROM t;
    CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END; $body$;
    -- the end;
    """
    found = list(Migration(1, "0001_x", sql).statements())
    assert len(found) == 3
    assert found[1].endswith('SELECT ";" FROM t')
    assert found[2].endswith("$body$")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["0001_a.sql", "0003_b.sql"], "0002 is due"),
        (["0001_a.sql", "0001_b.sql"], "0002 is due"),
        (["1_a.sql"], "NNNN_words.sql"),
        ([], "build it again"),
    ],
)
def test_a_folder_with_a_gap_a_double_or_nothing_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    """A merge of two branches that both add number 7 is found before it reaches a database."""
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=message):
        read_migrations(tmp_path)


@pytest.fixture
def cloudformation() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where the function answers; the address and the answers so far."""
    answers: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.append({**json.loads(body), "content_type": self.headers.get("Content-Type")})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer", answers
    server.shutdown()
    thread.join()
    server.server_close()


def event(url: str, kind: str = "Create", **more: str) -> dict[str, str]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Migrations",
        **more,
    }


def long() -> float:
    return 900.0


def test_cloudformation_is_told_what_was_applied(
    cloudformation: tuple[str, list[dict[str, Any]]], empty_rds_data: FakeRdsData
) -> None:
    """The signed address takes an empty content type only; the resource keeps its identity over updates."""
    url, answers = cloudformation
    database = over(empty_rds_data)
    for kind in ("Create", "Update"):
        function.serve(event(url, kind), run=lambda: migrate(database), remaining=long)
    assert [answer["Status"] for answer in answers] == ["SUCCESS", "SUCCESS"]
    assert answers[0]["Data"]["Applied"].startswith("0001_")
    assert answers[1]["Data"]["Applied"] == ""
    assert len({answer["PhysicalResourceId"] for answer in answers}) == 1
    assert answers[0]["content_type"] == ""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MigrationError("0001_one was changed"), "0001_one was changed"),
        (UnavailableError(), "deploy again"),
        (RuntimeError("password=hunter2"), "RuntimeError; see the function's log"),
    ],
)
def test_cloudformation_is_told_of_every_failure(
    cloudformation: tuple[str, list[dict[str, Any]]], error: Exception, reason: str
) -> None:
    """Silence would leave the stack hanging for an hour; the reason says what to do and nothing internal."""
    url, answers = cloudformation

    def fail() -> list[str]:
        raise error

    function.serve(event(url), run=fail, remaining=long)
    assert answers[0]["Status"] == "FAILED"
    assert reason in answers[0]["Reason"]
    assert "hunter2" not in json.dumps(answers)


def test_cloudformation_is_told_before_the_functions_time_is_over(
    cloudformation: tuple[str, list[dict[str, Any]]],
) -> None:
    """A database that hangs must not become a stack that hangs; and there is one answer only."""
    url, answers = cloudformation
    told = threading.Event()

    def hang() -> list[str]:
        while not answers:
            told.wait(0.01)
        return []

    function.serve(event(url), run=hang, remaining=lambda: function.RESERVE_SECONDS + 0.05)
    assert [(answer["Status"], answer["Reason"]) for answer in answers] == [("FAILED", "the migrations took too long")]


def test_deleting_the_stack_keeps_the_data(cloudformation: tuple[str, list[dict[str, Any]]]) -> None:
    """Nothing runs on Delete."""
    url, answers = cloudformation
    function.serve(
        event(url, "Delete", PhysicalResourceId="alex-schema"), run=lambda: pytest.fail("ran"), remaining=long
    )
    assert answers[0]["Status"] == "SUCCESS"


def test_a_missing_setting_reaches_cloudformation_too(
    cloudformation: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a function that is wired wrongly answers."""
    url, answers = cloudformation
    for name in ("DATABASE_CLUSTER_ARN", "DATABASE_SECRET_ARN", "ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    environment.forget()
    context = type("Context", (), {"get_remaining_time_in_millis": lambda _self: 900_000})()
    function.handler(event(url), context)
    assert answers[0]["Status"] == "FAILED"
    assert "DATABASE_CLUSTER_ARN: missing" in answers[0]["Reason"]


def test_called_directly_it_returns_or_raises() -> None:
    """An operator sees the error itself."""
    assert function.serve({}, run=lambda: ["0001_x"], remaining=long)["applied"] == ["0001_x"]
    with pytest.raises(UnavailableError):
        function.serve({}, run=lambda: (_ for _ in ()).throw(UnavailableError()), remaining=long)
