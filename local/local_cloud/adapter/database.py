"""Decision: the Data API's wire, IAM, cluster and secret checks stay ministack's; the statements run on PostgreSQL.

The role in PostgreSQL is the secret's user name. The cluster's master role and its first database are made on
the first call, from what the stack declared. As in AWS the caller needs `secretsmanager:GetSecretValue` on the
secret, too; ministack by itself authorises only the Data API's own action.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import psycopg
from ministack import app
from ministack.services import rds_data

from local_cloud.dataapi.bridge import Bridge
from local_cloud.dataapi.errors import DataApiError, bad_request

Json = dict[str, Any]
# What each operation needs beside the cluster and the secret.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "/Execute": ("sql",),
    "/BatchExecute": ("sql",),
    "/BeginTransaction": (),
    "/CommitTransaction": ("transactionId",),
    "/RollbackTransaction": ("transactionId",),
}


class _RefusedError(Exception):
    """ministack's own refusal, ready to be sent."""

    def __init__(self, answer: Any) -> None:
        super().__init__("refused by ministack")
        self.answer = answer


def install(bridge: Bridge) -> None:
    """Replace ministack's stub by `bridge`."""
    prepared: set[tuple[str, str]] = set()

    async def handle_request(_method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        # A thread: psycopg blocks, and the gateway must stay free. The request's context travels along.
        return await asyncio.to_thread(answer, path, headers, body, query_params)

    def answer(path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        try:
            request = _checked(path, body)
            _require_access_to_secret(request["secretArn"], headers, query_params)
            role, database = _target(request, bridge, prepared)
            result = _run(path, request, bridge, role=role, database=database)
        except _RefusedError as refused:
            return refused.answer
        except DataApiError as error:
            return rds_data._error(error.code, str(error), error.status)
        except psycopg.Error as error:
            message = f"The local PostgreSQL does not answer: {error}"
            return rds_data._error("DatabaseUnavailableException", message, 504)
        return 200, {"Content-Type": "application/json"}, json.dumps(result).encode()

    rds_data.handle_request = handle_request


def _checked(path: str, body: bytes) -> Json:
    """The request's JSON with all that its operation needs."""
    try:
        request: Json = json.loads(body or b"{}")
    except json.JSONDecodeError:
        raise bad_request("Invalid JSON in request body") from None
    if path not in _REQUIRED:
        raise bad_request(f"Unknown Data API path {path}")
    for key in ("resourceArn", "secretArn", *_REQUIRED[path]):
        if not request.get(key):
            raise bad_request(f"{key} is required")
    return request


def _require_access_to_secret(secret: str, headers: Any, query_params: Any) -> None:
    """As in AWS, the Data API's caller must be allowed to read the secret."""
    action = "secretsmanager:GetSecretValue"
    request_id = str(uuid.uuid4())
    refused = app._enforce_data_plane("secretsmanager", action, headers, query_params, request_id, resource_arn=secret)
    if refused:
        raise _RefusedError(refused)


def _target(request: Json, bridge: Bridge, prepared: set[tuple[str, str]]) -> tuple[str, str]:
    """The role and the database of a request, after ministack's checks of cluster and secret."""
    arn = request["resourceArn"]
    instance, engine, cluster = rds_data._resolve_target(arn)
    if refused := rds_data._validate_http_endpoint_enabled(cluster, arn):
        raise _RefusedError(refused)
    if not instance:
        raise _RefusedError(rds_data._cluster_resolution_error(arn, engine))
    role, _password, refused = rds_data._require_secret_credentials(request["secretArn"])
    if refused:
        raise _RefusedError(refused)
    cluster = cluster or instance
    master = cluster.get("MasterUsername") or role
    first = cluster.get("DatabaseName") or "postgres"
    if (master, first) not in prepared:
        bridge.ensure_database(database=first, owner=master)
        prepared.add((master, first))
    return role or master, request.get("database") or first


def _run(path: str, request: Json, bridge: Bridge, *, role: str, database: str) -> Json:
    match path:
        case "/Execute":
            return bridge.execute(request, role=role, database=database)
        case "/BatchExecute":
            return bridge.batch(request, role=role, database=database)
        case "/BeginTransaction":
            return bridge.begin(role=role, database=database)
    return bridge.end(request["transactionId"], commit=path == "/CommitTransaction")
