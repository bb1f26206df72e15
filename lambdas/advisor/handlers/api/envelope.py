"""Bodies in and out: parsing with the field's words for faults, one error envelope, one set of headers.

Decisions: an answer never carries internal text; numbers leave as JSON numbers with the digits of the exact value;
every answer says that it is not to be framed or sniffed; only the configured origin may read it from a browser.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from advisor.domain.errors import AdvisorError, BadRequestError, Detail, InvalidInputError, TooLargeError

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
CORS_METHODS = "GET,POST,PUT,DELETE,OPTIONS"
CORS_HEADERS = "authorization,content-type,x-api-key,idempotency-key"
CORS_EXPOSED = "x-request-id,retry-after"
CORS_SECONDS = 300
MOST_DETAILS = 20


class UnauthorizedError(AdvisorError):
    """The gateway let a request pass without a verified user: a fault of the deployment, so nobody is let in."""

    status, code, message = 401, "unauthorized", "Your session has expired. Please sign in again."


def cors_headers(origin: str | None, allowed: str) -> dict[str, str]:
    """Headers for the allowed origin; caches are told that the answer depends on it."""
    if origin != allowed:
        return {"Vary": "Origin"}
    return {"Vary": "Origin", "Access-Control-Allow-Origin": allowed, "Access-Control-Expose-Headers": CORS_EXPOSED}


def preflight_headers(origin: str | None, allowed: str) -> dict[str, str]:
    """Headers of a preflight's answer: nothing for any other origin."""
    headers = cors_headers(origin, allowed)
    if origin == allowed:
        headers |= {
            "Access-Control-Allow-Methods": CORS_METHODS,
            "Access-Control-Allow-Headers": CORS_HEADERS,
            "Access-Control-Max-Age": str(CORS_SECONDS),
        }
    return headers


def body_text(event: Mapping[str, Any], limit: int) -> str:
    """The request's body (``limit`` in bytes); raises TooLargeError, BadRequestError."""
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        if len(body) > limit * 4 / 3 + 4:
            raise TooLargeError()
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise BadRequestError([Detail("body", "Not UTF-8 text")]) from None
    if len(body) > limit or len(body.encode("utf-8", "surrogatepass")) > limit:
        raise TooLargeError()
    return body


def parse(model: type[BaseModel], text: str, *, symbol_pattern: str) -> BaseModel:
    """The body as its model; raises BadRequestError (not JSON) and InvalidInputError (which fields and why)."""
    try:
        return model.model_validate_json(text or "{}", context={"symbol_pattern": symbol_pattern})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        raise BadRequestError([Detail("body", "Not valid JSON")])
    raise InvalidInputError(
        [
            Detail(
                ".".join(str(part) for part in fault["loc"])[:100] or "body",
                str(fault["msg"]).removeprefix("Value error, ")[:300],
            )
            for fault in faults[:MOST_DETAILS]
        ]
    )


def plain(value: Any) -> Any:
    """JSON of what models hold."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"not JSON: {type(value).__name__}")


def body_of(answer: BaseModel) -> str:
    """An answer's JSON."""
    return json.dumps(answer.model_dump(), default=plain, ensure_ascii=False, allow_nan=False)


def failure_body(error: AdvisorError, request_id: str) -> str:
    """The envelope of an error (domain A.6)."""
    fault: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    if error.details:
        fault["details"] = [{"field": detail.field, "reason": detail.reason} for detail in error.details]
    return json.dumps({"error": fault}, ensure_ascii=False)
