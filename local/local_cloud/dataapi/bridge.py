"""Decision: the five operations of the RDS Data API over psycopg pools; one class, no global state.

A pool per database role and database; a transaction holds one connection for at most three minutes, as in AWS.
Who may call, and whether cluster and secret exist, is decided before: this class gets a role and a database.
Limits are the service's: 64 KB a row, 1 MiB a response, one statement a call, 45 seconds a statement.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql as composed
from psycopg.types.string import StrDumperVarchar
from psycopg_pool import ConnectionPool

from local_cloud.dataapi import results
from local_cloud.dataapi.errors import DataApiError, bad_request, from_postgres
from local_cloud.dataapi.statements import bind
from local_cloud.dataapi.values import parameter

Json = dict[str, Any]
TRANSACTION_IDLE_SECONDS = 180
STATEMENT_TIMEOUT_MS = 45_000


@dataclass
class _Transaction:
    connection: psycopg.Connection[Any]
    pool: ConnectionPool[psycopg.Connection[Any]]
    last_used: float
    lock: threading.Lock


class Bridge:
    """The Data API over one PostgreSQL server. Thread-safe; `close` ends every connection."""

    def __init__(self, *, host: str, port: int, superuser: str) -> None:
        self._server: dict[str, Any] = {"host": host, "port": port}
        self._superuser = superuser
        self._pools: dict[tuple[str, str], ConnectionPool[psycopg.Connection[Any]]] = {}
        self._transactions: dict[str, _Transaction] = {}
        self._lock = threading.Lock()
        self._resuming = 0
        self.calls = 0
        """Calls of the Data API since the start, each one way to the database: what a job costs is counted with it."""

    def resume_after(self, calls: int) -> None:
        """Fault plan: the next `calls` calls answer DatabaseResumingException, like a paused Aurora."""
        self._resuming = calls

    def ensure_database(self, *, database: str, owner: str) -> None:
        """Create the cluster's master role and first database, as the cluster's creation does in AWS."""
        with psycopg.connect(**self._server, user=self._superuser, dbname="postgres", autocommit=True) as admin:
            role = composed.Identifier(owner)
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone():
                admin.execute(composed.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(role))
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                name = composed.Identifier(database)
                admin.execute(composed.SQL("CREATE DATABASE {} OWNER {}").format(name, role))
                with psycopg.connect(**self._server, user=self._superuser, dbname=database, autocommit=True) as fresh:
                    # In Aurora the master user may create trusted extensions; vector is one of them there.
                    fresh.execute("CREATE EXTENSION IF NOT EXISTS vector")

    def execute(self, request: Json, *, role: str, database: str) -> Json:
        """ExecuteStatement: the response's JSON. Raises DataApiError."""
        self._refuse_while_resuming()
        entries = request.get("parameters") or []
        statement = bind(request["sql"], {entry.get("name") for entry in entries})
        values = {entry["name"]: parameter(entry) for entry in entries}
        with self._connection(request, role=role, database=database) as connection:
            try:
                cursor = connection.execute(statement, values)
            except psycopg.Error as error:
                raise from_postgres(error) from None
            return results.response(cursor, request)

    def batch(self, request: Json, *, role: str, database: str) -> Json:
        """BatchExecuteStatement: every parameter set in one transaction."""
        self._refuse_while_resuming()
        sets = request.get("parameterSets") or [[]]
        with self._connection(request, role=role, database=database) as connection:
            try:
                with connection.transaction():
                    for entries in sets:
                        statement = bind(request["sql"], {entry.get("name") for entry in entries})
                        connection.execute(statement, {entry["name"]: parameter(entry) for entry in entries})
            except psycopg.Error as error:
                raise from_postgres(error) from None
        return {"updateResults": [{"generatedFields": []} for _ in sets]}

    def begin(self, *, role: str, database: str) -> Json:
        """BeginTransaction: {"transactionId"}."""
        self._refuse_while_resuming()
        self._expire_transactions()
        pool = self._pool(role, database)
        connection = self._lease(pool)
        connection.autocommit = False
        identifier = uuid.uuid4().hex
        with self._lock:
            self._transactions[identifier] = _Transaction(connection, pool, time.monotonic(), threading.Lock())
        return {"transactionId": identifier}

    def end(self, identifier: str, *, commit: bool) -> Json:
        """CommitTransaction or RollbackTransaction: {"transactionStatus"}."""
        with self._lock:
            transaction = self._transactions.pop(identifier, None)
        if transaction is None:
            raise DataApiError("TransactionNotFoundException", f"Transaction {identifier} is not found", 404)
        try:
            with transaction.lock:
                if commit:
                    transaction.connection.commit()
                else:
                    transaction.connection.rollback()
        except psycopg.Error as error:
            raise from_postgres(error) from None
        finally:
            self._give_back(transaction)
        return {"transactionStatus": "Transaction Committed" if commit else "Rollback Complete"}

    def close(self) -> None:
        """End every transaction and connection."""
        with self._lock:
            transactions, self._transactions = list(self._transactions.values()), {}
            pools, self._pools = list(self._pools.values()), {}
        for transaction in transactions:
            self._give_back(transaction)
        for pool in pools:
            pool.close(timeout=1)

    # -- connections ------------------------------------------------------------------------------------------

    def _connection(self, request: Json, *, role: str, database: str) -> _Leased:
        identifier = request.get("transactionId")
        if identifier is None:
            pool = self._pool(role, database)
            return _Leased(self._lease(pool), pool=pool)
        self._expire_transactions()
        transaction = self._transactions.get(identifier)
        if transaction is None:
            raise DataApiError("TransactionNotFoundException", f"Transaction {identifier} is not found", 404)
        transaction.last_used = time.monotonic()
        return _Leased(transaction.connection, lock=transaction.lock)

    def _pool(self, role: str, database: str) -> ConnectionPool[psycopg.Connection[Any]]:
        with self._lock:
            pool = self._pools.get((role, database))
            if pool is None:
                options = f"-c TimeZone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS}"
                connect = {**self._server, "user": role, "dbname": database, "autocommit": True, "options": options}
                pool = ConnectionPool(
                    kwargs=connect, configure=_send_strings_as_varchar, min_size=0, max_size=16, timeout=15, open=True
                )
                self._pools[role, database] = pool
        return pool

    def _lease(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> psycopg.Connection[Any]:
        try:
            connection = pool.getconn()
        except psycopg.Error as error:
            raise self._connection_refused(pool) from error
        if not connection.autocommit:
            connection.autocommit = True
        return connection

    def _connection_refused(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> DataApiError:
        """Say why no connection came: ask once, outside of the pool, which hides the reason."""
        with self._lock:
            for key, known in list(self._pools.items()):
                if known is pool:
                    del self._pools[key]
        pool.close(timeout=1)
        try:
            psycopg.connect(**pool.kwargs).close()  # type: ignore[arg-type]
        except psycopg.Error as error:
            reason = str(error).strip().rsplit("FATAL:", 1)[-1].strip()
            return bad_request(f"FATAL: {reason}")
        return DataApiError("DatabaseUnavailableException", "Too many open connections: try again", 504)

    def _refuse_while_resuming(self) -> None:
        with self._lock:
            self.calls += 1
            resuming, self._resuming = self._resuming > 0, max(0, self._resuming - 1)
        if resuming:
            message = "The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds."
            raise DataApiError("DatabaseResumingException", message)

    def _expire_transactions(self) -> None:
        limit = time.monotonic() - TRANSACTION_IDLE_SECONDS
        with self._lock:
            stale = [key for key, found in self._transactions.items() if found.last_used < limit]
            expired = [self._transactions.pop(key) for key in stale]
        for transaction in expired:
            self._give_back(transaction)

    @staticmethod
    def _give_back(transaction: _Transaction) -> None:
        transaction.pool.putconn(transaction.connection)  # the pool rolls back what is still open


def _send_strings_as_varchar(connection: psycopg.Connection[Any]) -> None:
    connection.adapters.register_dumper(str, StrDumperVarchar)


class _Leased:
    """A connection for one call: from a pool (given back), or a transaction's own (locked, kept)."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        pool: ConnectionPool[psycopg.Connection[Any]] | None = None,
        lock: threading.Lock | None = None,
    ) -> None:
        self._connection, self._leased_from, self._lock = connection, pool, lock

    def __enter__(self) -> psycopg.Connection[Any]:
        if self._lock:
            self._lock.acquire()
        return self._connection

    def __exit__(self, *_error: object) -> None:
        if self._lock:
            self._lock.release()
        if self._leased_from:
            self._leased_from.putconn(self._connection)
