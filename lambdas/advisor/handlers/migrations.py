"""Migrations as a CloudFormation custom resource that answers for itself, and by direct invocation.

Decisions: CloudFormation waits an hour for an answer that never comes, so this function answers always: on success, on
any error, and shortly before its own time is over; deleting the resource keeps the data; a database that is still
resuming is waited for.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from advisor.adapters.data_api import DataApi, DatabaseError
from advisor.adapters.environment import ConfigurationError, MigrationsEnvironment, load
from advisor.adapters.migrator import MigrationError, migrate, read_migrations
from advisor.domain.errors import UnavailableError

RESERVE_SECONDS = 15.0
"""What stays of the function's time to send the answer."""
RETRY_SECONDS = 3.0
REASON_LIMIT = 500
logger = Logger(service="migrations")

Migrate = Callable[[], list[str]]


class Answer:
    """The one answer to CloudFormation; whoever is first sends it."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self._lock = threading.Lock()
        self._sent = False

    def send(self, *, reason: str | None = None, data: Mapping[str, str] | None = None) -> None:
        """SUCCESS, or FAILED with a reason."""
        with self._lock:
            if self._sent:
                return
            self._sent = True
        event = self._event
        body = {
            "Status": "FAILED" if reason else "SUCCESS",
            "Reason": (reason or "done")[:REASON_LIMIT],
            # The same for ever: another one would make CloudFormation delete the "old" schema.
            "PhysicalResourceId": event.get("PhysicalResourceId") or "alex-schema",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": dict(data or {}),
        }
        url = str(event["ResponseURL"])
        if not url.startswith(("https://", "http://")):
            raise ValueError("ResponseURL is not an HTTP address")
        request = urllib.request.Request(  # noqa: S310 - checked above
            url, data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - checked above
            logger.info("answered", extra={"status": body["Status"], "reason": body["Reason"]})


def apply(remaining: Callable[[], float], *, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Apply what is missing; waits for a resuming database while the function has time."""
    database = DataApi.from_environment(load(MigrationsEnvironment), remaining=remaining)
    while True:
        try:
            return migrate(database)
        except UnavailableError:
            if remaining() < 2 * RESERVE_SECONDS:
                raise
            logger.warning("the database does not answer yet; trying again")
            pause(RETRY_SECONDS)


def explain(error: Exception) -> str:
    """Short reason for the stack's events; the whole error is in the log."""
    if isinstance(error, MigrationError | ConfigurationError):
        return str(error)
    if isinstance(error, DatabaseError):
        return f"the database refused a statement: {error}"
    if isinstance(error, UnavailableError):
        return "the database does not answer; deploy again in some minutes"
    return f"{type(error).__name__}; see the function's log"


def serve(event: Mapping[str, Any], *, run: Migrate, remaining: Callable[[], float]) -> dict[str, Any]:
    """Answer a custom resource's event; a direct invocation raises its error instead."""
    if "ResponseURL" not in event:
        return {"applied": run(), "version": len(read_migrations())}
    answer = Answer(event)
    if event.get("RequestType") == "Delete":
        answer.send(data={"Kept": "all data"})
        return {"applied": []}
    watch = threading.Timer(
        max(0.0, remaining() - RESERVE_SECONDS), answer.send, kwargs={"reason": "the migrations took too long"}
    )
    watch.daemon = True
    watch.start()
    try:
        applied = run()
    except Exception as error:
        logger.exception("migrations failed")
        answer.send(reason=explain(error))
        return {"applied": []}
    finally:
        watch.cancel()
    answer.send(data={"Applied": ",".join(applied), "Version": str(len(read_migrations()))})
    return {"applied": applied}


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """AWS Lambda entry point: {"RequestType": Create|Update|Delete, "ResponseURL": ...} or {} for a direct call."""

    def remaining() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    return serve(event, run=lambda: apply(remaining), remaining=remaining)
