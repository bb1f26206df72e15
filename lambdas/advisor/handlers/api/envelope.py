"""Bodies in and out: parsing with the field's words for faults, one error envelope, one set of headers.

Decisions: an answer never carries internal text; numbers leave as JSON numbers with the digits of the exact value;
every answer says that it is not to be framed or sniffed; only the configured origin may read it from a browser.
"""

import base64
import binascii
import json
import re
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


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse(model: type[BaseModel], text: str, *, symbol_pattern: str) -> BaseModel:
    """The body as its model; raises BadRequestError (not JSON) and InvalidInputError (which fields and why).

    Fractions are read as exact numbers: as floats, a quantity of 17 digits would silently become another one.
    """
    try:
        body = json.loads(text or "{}", parse_float=Decimal, parse_constant=_no_number)
        # Escapes can spell half a character, which no text may hold.
        json.dumps(body, default=str, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise BadRequestError([Detail("body", "Not valid JSON")]) from None
    if not isinstance(body, dict):
        raise InvalidInputError([Detail("body", "Input should be an object")])
    try:
        return model.model_validate(body, context={"symbol_pattern": symbol_pattern})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    raise InvalidInputError(
        [
            Detail(
                ".".join(str(part) for part in fault["loc"])[:100] or "body",
                str(fault["msg"]).removeprefix("Value error, ")[:300],
            )
            for fault in faults[:MOST_DETAILS]
        ]
    )


_EXACT = re.compile(r'"\\u0000(-?[0-9.]+)\\u0000"')
"""An exact number on its way: between two characters that no text of a record can hold (see `schemas`)."""


def plain(value: Any) -> Any:
    """JSON of what models hold; exact numbers as marked texts, because the encoder itself knows only floats."""
    match value:
        case Decimal():
            return f"\0{value.normalize():f}\0"
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
    text = json.dumps(answer.model_dump(), default=plain, ensure_ascii=False, allow_nan=False)
    return _EXACT.sub(r"\1", text)


def failure_body(error: AdvisorError, request_id: str) -> str:
    """The envelope of an error (domain A.6)."""
    fault: dict[str, Any] = {"code": error.code, "message": error.message, "request_id": request_id}
    if error.details:
        fault["details"] = [{"field": detail.field, "reason": detail.reason} for detail in error.details]
    return json.dumps({"error": fault}, ensure_ascii=False)
