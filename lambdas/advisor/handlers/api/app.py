"""One request: preflight, route, caller, rate limit, body, operation, answer; in this order, for every route.

Decisions: Powertools matches routes, everything else is the same few lines for all of them; the rate is counted before
the database is asked; an unexpected error is logged with its stack and answered without any of it.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from advisor.adapters.environment import starting
from advisor.adapters.rate_table import RateTableError
from advisor.domain.entitlement import Caller
from advisor.domain.errors import AdvisorError, NotFoundError, ThrottledError, UnavailableError
from advisor.domain.pseudonyms import user_hash
from advisor.handlers.api import (
    routes_accounts,
    routes_audit,
    routes_clients,
    routes_jobs,
    routes_market,
    routes_planning,
    routes_positions,
    routes_recommendations,
    routes_reviews,
    routes_status,
    routes_trial,
    routes_user,
)
from advisor.handlers.api.envelope import (
    SECURITY_HEADERS,
    UnauthorizedError,
    body_of,
    body_text,
    cors_headers,
    failure_body,
    parse,
    preflight_headers,
)
from advisor.handlers.api.operations import OPERATIONS, Call, Operation
from advisor.handlers.api.services import Services, services

ROUTES = (
    routes_user,
    routes_accounts,
    routes_positions,
    routes_audit,
    routes_jobs,
    routes_status,
    routes_clients,
    routes_planning,
    routes_reviews,
    routes_recommendations,
    routes_market,
    routes_trial,
)
"""Importing them declares the operations."""


class InternalError(AdvisorError):
    """Something nobody expected; details are in the log under the request's id."""


def _caller(event: dict[str, Any]) -> Caller:
    """The verified user; raises UnauthorizedError when the gateway verified none."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    user_id = authorizer.get("user_id")
    if not isinstance(user_id, str) or not user_id:
        raise UnauthorizedError()
    roles = str(authorizer.get("roles") or "").split(",")
    return Caller(user_id=user_id, roles=frozenset(role.strip() for role in roles if role.strip()))


def _count(made: Services, caller: Caller) -> None:
    """Take a token of the caller's bucket; raises ThrottledError (API-03, API-04)."""
    try:
        decision = made.rate.take(caller.user_id)
    except RateTableError as error:
        made.telemetry.event("RATE_LIMIT_UNAVAILABLE", agent="api", warning=True, error_type=str(error))
        return
    if not decision.allowed:
        limit = f"{made.env.user_rate_per_second:g} requests a second, at once {made.env.user_rate_burst:g}"
        made.telemetry.event("REQUEST_THROTTLED", agent="api", warning=True, limit=limit)
        made.telemetry.metric("Throttled", 1, agent="api")
        raise ThrottledError(retry_after=max(1, decision.retry_after))


def _perform(operation: Operation, event: dict[str, Any], path: dict[str, str], request_id: str) -> str:
    """The operation's answer as JSON ("" for none); raises AdvisorError."""
    made = services()
    caller = Caller(user_id="") if operation.public else _caller(event)
    if not operation.public:
        made.telemetry.logger.append_keys(user_id=user_hash(caller.user_id))
        _count(made, caller)
    body = None
    if operation.body is not None:
        text = body_text(event, made.env.max_body_bytes)
        body = parse(operation.body, text, symbol_pattern=made.env.symbol_pattern)
    answer = operation.run(
        Call(
            caller=caller,
            services=made,
            request_id=request_id,
            path=path,
            query={name: str(value) for name, value in (event.get("queryStringParameters") or {}).items()},
            headers=_headers(event),
            body=body,
        )
    )
    return "" if answer is None else body_of(answer)


def _headers(event: dict[str, Any]) -> dict[str, str]:
    """The request's headers by lower-case name."""
    return {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}


def _endpoint(operation: Operation) -> Callable[..., Response[str]]:
    """The operation as the router calls it."""

    def endpoint(**path: str) -> Response[str]:
        event = router.current_event.raw_event
        text = _perform(operation, event, path, _request_id(event))
        return Response(
            status_code=operation.status,
            content_type="application/json",
            body=text,
            headers={"Cache-Control": operation.cache_control},
        )

    return endpoint


def _request_id(event: dict[str, Any]) -> str:
    return str(event.get("requestContext", {}).get("requestId") or "unknown")


def _listed(headers: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers.items()}


router = APIGatewayRestResolver()
for _operation in OPERATIONS:
    router.route(_operation.path.replace("{", "<").replace("}", ">"), method=_operation.method)(_endpoint(_operation))


def _unknown(_error: Exception) -> Response[str]:
    return _refused(NotFoundError())


def _refused(error: AdvisorError) -> Response[str]:
    """An expected refusal: its own status, code and text."""
    if error.status == UnavailableError.status:
        services().telemetry.logger.warning("a dependency does not answer", exc_info=True)
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    text = failure_body(error, _request_id(router.current_event.raw_event))
    return Response(status_code=error.status, content_type="application/json", body=text, headers=headers)


def _unexpected(_error: Exception) -> Response[str]:
    """A fault of ours: the stack goes to the log, nothing of it to the caller."""
    services().telemetry.logger.exception("unexpected error")
    return _refused(InternalError())


def prepare() -> None:
    """Make the services while Lambda starts the process: clients take a third of a second, which is the start's with
    provisioned concurrency, and otherwise that of somebody's request."""
    if starting():
        services()


router.not_found(_unknown)
router.exception_handler(AdvisorError)(_refused)
router.exception_handler(Exception)(_unexpected)


prepare()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """AWS Lambda entry point for API Gateway's proxy events (REST)."""
    made = services()
    made.deadline.start(context)
    request_id = _request_id(event)
    origin = _headers(event).get("origin")
    if event.get("httpMethod") == "OPTIONS":
        headers = preflight_headers(origin, made.env.allowed_origin)
        return {"statusCode": 204, "body": "", "multiValueHeaders": _listed({**SECURITY_HEADERS, **headers})}
    made.telemetry.logger.append_keys(correlation_id=request_id)
    try:
        answer: dict[str, Any] = router.resolve(event, context)
    finally:
        made.telemetry.flush()
    common = {**SECURITY_HEADERS, **cors_headers(origin, made.env.allowed_origin), "X-Request-Id": request_id}
    answer["multiValueHeaders"] = {**_listed(common), **answer.get("multiValueHeaders", {})}
    return answer
