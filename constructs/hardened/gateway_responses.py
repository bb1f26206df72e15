"""What the gateway itself answers, in the product's error envelope, so that a client needs one parser (domain rule
5.4).

The texts are the application's. A refusal by the gateway tells the same as one by the function: code, message,
request id, the same CORS header, and Retry-After where waiting helps. Templates know no logic: only `$context`
variables.
"""

import json

from aws_cdk import aws_apigateway as apigw

T = apigw.ResponseType
SESSION = "Your session has expired. Please sign in again."
FORBIDDEN = "You don't have permission to access this resource."
INTERNAL = "An internal error occurred. Please try again later."
INVALID = "Invalid input data. Please check your request and try again."
BUSY = "Too many requests. Please slow down and try again later."
TOO_LARGE = "The request is too large."
RETRY_AFTER_S = 1

# Answer by kind: (kind, status or None for the gateway's own, code, message). The two defaults cover the rest.
ANSWERS: tuple[tuple[str, apigw.ResponseType, int | None, str, str], ...] = (
    ("Unauthorized", T.UNAUTHORIZED, 401, "unauthorized", SESSION),
    ("ExpiredToken", T.EXPIRED_TOKEN, 401, "unauthorized", SESSION),
    ("AccessDenied", T.ACCESS_DENIED, 403, "forbidden", FORBIDDEN),
    ("Filtered", T.WAF_FILTERED, 403, "forbidden", FORBIDDEN),
    # An unknown path or method: the gateway's own words for it speak of a missing token.
    ("UnknownRoute", T.MISSING_AUTHENTICATION_TOKEN, 404, "not_found", "The requested resource was not found."),
    ("BadBody", T.BAD_REQUEST_BODY, 422, "validation_error", INVALID),
    ("BadParameters", T.BAD_REQUEST_PARAMETERS, 422, "validation_error", INVALID),
    ("TooLarge", T.REQUEST_TOO_LARGE, 413, "too_large", TOO_LARGE),
    ("Throttled", T.THROTTLED, 429, "throttled", BUSY),
    ("QuotaExceeded", T.QUOTA_EXCEEDED, 429, "throttled", BUSY),
    (
        "Timeout",
        T.INTEGRATION_TIMEOUT,
        503,
        "unavailable",
        "The service is temporarily unavailable. Please try again later.",
    ),
    # The function or the authorizer failed: nothing of why may be seen outside.
    ("AuthorizerFailed", T.AUTHORIZER_FAILURE, 500, "internal_error", INTERNAL),
    ("AuthorizerMisconfigured", T.AUTHORIZER_CONFIGURATION_ERROR, 500, "internal_error", INTERNAL),
    ("Default4xx", T.DEFAULT_4_XX, None, "bad_request", "The request could not be read. Please check its format."),
    ("Default5xx", T.DEFAULT_5_XX, None, "internal_error", INTERNAL),
)
_WAIT = {"throttled", "unavailable"}


def envelope(code: str, message: str) -> str:
    """The error body as a response template."""
    return json.dumps({"error": {"code": code, "message": message, "request_id": "$context.requestId"}})


def answer_headers(origin: str) -> dict[str, str]:
    """What every refusal carries, whoever answers: readable by the front end at ``origin``, kept by nobody."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
    }


def add_gateway_responses(api: apigw.RestApi, *, origin: str) -> None:
    """Answer every refusal of the gateway in the envelope, readable by the front end at ``origin``."""
    for name, kind, status, code, message in ANSWERS:
        headers = {name: f"'{value}'" for name, value in answer_headers(origin).items()}
        if code in _WAIT:
            headers["Retry-After"] = f"'{RETRY_AFTER_S}'"
        api.add_gateway_response(
            f"Answer{name}",
            type=kind,
            status_code=str(status) if status else None,
            response_headers=headers,
            templates={"application/json": envelope(code, message)},
        )
