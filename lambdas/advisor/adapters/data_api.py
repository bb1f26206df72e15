"""The RDS Data API as plain calls: named parameters in, dictionaries with Python values out.

Decisions: this module alone talks to the Data API (`data_api_wire` knows its typed fields); it alone retries, and
only what certainly did not run (a database that is resuming, throttling, no connection), so that a retry can never
repeat a write; it gives up before the caller's own time is over and then says UnavailableError, which is a 503.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from advisor.adapters.data_api_wire import decode, encode
from advisor.adapters.environment import DatabaseEnvironment
from advisor.domain.errors import UnavailableError

Row = dict[str, Any]

BUDGET_SECONDS = 20.0
"""Longest wait for a resuming database; API Gateway itself gives up after 29 seconds."""
RESERVE_SECONDS = 2.0
"""Time of the caller that is left to it to answer."""

NOT_RUN = frozenset({"DatabaseResumingException", "ThrottlingException", "TooManyRequestsException"})
UNAVAILABLE = frozenset(
    {
        "DatabaseUnavailableException",
        "HttpEndpointNotEnabledException",
        "InternalServerErrorException",
        "ServiceUnavailableError",
        "StatementTimeoutException",
    }
)
QUERY_CANCELED = "57014"
LOGIN_REFUSED = ("28P01", "28000")
"""For moments during a rotation the secret's old password is already refused: nothing has run, so a retry is safe."""
CONNECTION_FAMILIES = ("08", "53", "57P")


class DatabaseError(Exception):
    """The database refused a statement; ``sqlstate`` is PostgreSQL's five-letter code ("" when it gave none).

    The text names what of the schema was at fault and quotes no value: it is for the log.
    """

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class DataApi:
    """One database behind the Data API.

    ``remaining`` tells the seconds that the caller still has; ``timed`` hears how many milliseconds a statement took,
    with its pauses (OBS-24).
    """

    def __init__(
        self,
        *,
        client: Any,
        cluster_arn: str,
        secret_arn: str,
        database: str,
        remaining: Callable[[], float] = lambda: BUDGET_SECONDS + RESERVE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        timed: Callable[[float], None] = lambda _milliseconds: None,
    ) -> None:
        self._client = client
        self._target = {"resourceArn": cluster_arn, "secretArn": secret_arn}
        self._database = database
        self.remaining = remaining
        self._sleep = sleep
        self._clock = clock
        self._timed = timed

    @classmethod
    def from_environment(cls, env: DatabaseEnvironment, **options: Any) -> "DataApi":
        """The handler's database; botocore's own retries are off, because they would repeat writes."""
        config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=50)
        client = boto3.client("rds-data", config=config)
        return cls(
            client=client,
            cluster_arn=env.cluster_arn,
            secret_arn=env.secret_arn,
            database=env.database_name,
            **options,
        )

    def query(self, sql: str, **parameters: Any) -> list[Row]:
        """Rows of one statement; raises DatabaseError, UnavailableError."""
        return self._rows(sql, parameters, None)

    def one(self, sql: str, **parameters: Any) -> Row | None:
        """The first row, or None."""
        return next(iter(self.query(sql, **parameters)), None)

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """All or nothing: commits at the end of the block, rolls back when it raises."""
        begun = self._call("begin_transaction", database=self._database, **self._target)
        identifier = begun["transactionId"]
        try:
            yield Transaction(self, identifier)
        except BaseException:
            self._roll_back(identifier)
            raise
        self._call("commit_transaction", transactionId=identifier, **self._target)

    def _roll_back(self, identifier: str) -> None:
        """Best effort: the reason for it matters more, and the Data API ends idle transactions by itself."""
        try:
            self._call("rollback_transaction", transactionId=identifier, **self._target)
        except (DatabaseError, UnavailableError):
            return

    def _rows(self, sql: str, parameters: Mapping[str, Any], transaction: str | None) -> list[Row]:
        request: dict[str, Any] = {
            **self._target,
            "database": self._database,
            "sql": sql,
            "includeResultMetadata": True,
            "parameters": [encode(name, value) for name, value in parameters.items()],
        }
        if transaction is not None:
            request["transactionId"] = transaction
        began = self._clock()
        answer = self._call("execute_statement", **request)
        self._timed((self._clock() - began) * 1000)
        columns = [
            (column["label"] or column["name"], column["typeName"]) for column in answer.get("columnMetadata", [])
        ]
        return [
            {label: decode(field, kind) for (label, kind), field in zip(columns, record, strict=True)}
            for record in answer.get("records", [])
        ]

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        """One call, repeated with growing random pauses while the database certainly did not run it."""
        end = self._clock() + min(BUDGET_SECONDS, self.remaining() - RESERVE_SECONDS)
        pause = 0.25
        while True:
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] not in NOT_RUN and _sqlstate(error) not in LOGIN_REFUSED:
                    # Without its cause: PostgreSQL quotes rows and parameters, which are clients' data.
                    raise _refusal(error) from None
                cause: Exception = error
            except (ConnectTimeoutError, EndpointConnectionError) as error:
                cause = error
            except BotoCoreError as error:
                raise UnavailableError() from error
            else:
                return answer
            wait = pause * random.uniform(0.75, 1.25)
            if self._clock() + wait >= end:
                raise UnavailableError(retry_after=10) from cause
            self._sleep(wait)
            pause = min(pause * 2, 4.0)


class Transaction:
    """The same calls inside one transaction."""

    def __init__(self, api: DataApi, identifier: str) -> None:
        self._api = api
        self._identifier = identifier

    def query(self, sql: str, **parameters: Any) -> list[Row]:
        """Rows of one statement; raises DatabaseError, UnavailableError."""
        return self._api._rows(sql, parameters, self._identifier)

    def one(self, sql: str, **parameters: Any) -> Row | None:
        """The first row, or None."""
        return next(iter(self.query(sql, **parameters)), None)


def _sqlstate(error: ClientError) -> str:
    """PostgreSQL's code in the error's text, or ""."""
    found = re.search(r"SQLState:\s*([0-9A-Z]{5})", str(error.response["Error"].get("Message")), re.IGNORECASE)
    return found.group(1) if found else ""


def _refusal(error: ClientError) -> Exception:
    """What a final error of the Data API means: the statement is wrong (DatabaseError), or nobody is there."""
    code, message, sqlstate = error.response["Error"]["Code"], error.response["Error"].get("Message"), _sqlstate(error)
    if code in UNAVAILABLE or sqlstate == QUERY_CANCELED or sqlstate.startswith(CONNECTION_FAMILIES):
        return UnavailableError(retry_after=5)
    return DatabaseError(f"{code}: {_without_values(str(message))}; SQLState: {sqlstate or 'none'}", sqlstate)


_OF_SCHEMA = re.compile(
    r'(?:at or near|column|constraint|database|function|index|relation|role|schema|table|trigger|type) "\w*"$'
)


def _without_values(message: str) -> str:
    """PostgreSQL's sentence up to the first quotation that is no name of the schema; details quote rows."""
    sentence = re.split(r"[;\s]*(?:Detail|Hint|Where|Position|SQLState):", message, maxsplit=1)[0]
    for quoted in re.finditer(r'"[^"]*"', sentence):
        if not _OF_SCHEMA.search(sentence[: quoted.end()]):
            return sentence[: quoted.start()] + "..."
    return sentence
