"""The function behind a WSGI door: HTTP requests become API Gateway's REST proxy events, as the gateway sends them.

What the gateway does before the function is done here too: a path is not decoded, a header or query name given twice
keeps its last value beside the list of all, bodies that are no text come base64-encoded, and the authorizer's answer
is who ``user`` is.
"""

import base64
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Gateway:
    """A WSGI application around a handler; ``user`` is the verified caller, None is nobody."""

    def __init__(self, handler: Handler, *, user: str | None = "alice", roles: str = "") -> None:
        self._handler = handler
        self.user, self.roles = user, roles

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        answer = self._handler(self.event(environ), None)
        headers = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
        status = HTTPStatus(answer["statusCode"])
        start_response(f"{status.value} {status.phrase}", headers)
        body: str = answer["body"] or ""
        return [base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()]

    def event(self, environ: Environ) -> dict[str, Any]:
        """The proxy event of a request."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
            query.setdefault(name, []).append(value)
        body, encoded = _body(environ)
        # PATH_INFO is decoded by WSGI; the gateway passes the path as it was sent.
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~")
        authorizer = {"user_id": self.user, "principalId": self.user, "roles": self.roles} if self.user else None
        return {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": environ["REQUEST_METHOD"],
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "body": body,
            "isBase64Encoded": encoded,
            "requestContext": {
                "requestId": "req-1",
                "stage": "api",
                "httpMethod": environ["REQUEST_METHOD"],
                "path": path,
                "authorizer": authorizer,
            },
        }


def _body(environ: Environ) -> tuple[str | None, bool]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    raw: bytes = environ["wsgi.input"].read(length) if length else b""
    try:
        return raw.decode() or None, False
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), True
