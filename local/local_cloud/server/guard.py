"""Decision: the gateway answers this machine's programs, never a web page of another origin.

The emulator accepts made-up credentials, so whoever reaches it is an administrator of it. It listens on loopback
only; a browser on this machine could still be told by any web page to call it. So: the Host must be loopback (no
DNS rebinding), a cross-site request is refused with 403, and an Origin is accepted only on deployed APIs and only
from loopback. The emulator's administration and our own control routes need the local admin key.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

ADMIN_HEADER = "x-alex-admin-key"
_LOOPBACK = re.compile(r"^(?:127\.0\.0\.1|localhost|\[::1\]|[A-Za-z0-9.-]+\.localhost)$")
# A deployed API, in both of the emulator's forms, may be called by a local web app.
_DEPLOYED_API = ("/_aws/execute-api/", "/restapis/")
_ADMINISTRATION = ("/_alex/", "/_issuer/token", "/_issuer/rotate", "/_ministack/")
# CloudFormation's answers from functions, and liveness: open to programs on this machine.
_OPEN = ("/_ministack/cfn-response/", "/_ministack/health", "/_ministack/ready")


class Guard:
    """ASGI middleware: refuse with 403 what no local program would send; `port` is the gateway's."""

    def __init__(self, app: Asgi, *, port: int, admin_key: str) -> None:
        self._app, self._port, self._admin_key = app, port, admin_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            reason = self.refusal(scope["path"], headers(scope))
            if reason:
                await self._refuse(scope, receive, send, reason)
                return
        await self._app(scope, receive, send)

    def refusal(self, path: str, fields: dict[str, str]) -> str | None:
        """Why this request is refused, or None."""
        host, _, port = fields.get("host", "").rpartition(":")
        if not _LOOPBACK.match(host) or port != str(self._port):
            return f"the Host must be 127.0.0.1:{self._port}"
        if fields.get("sec-fetch-site") == "cross-site":
            return "a web page of another site may not call the local cloud"
        origin = fields.get("origin")
        if origin is not None and not (path.startswith(_DEPLOYED_API) and _is_loopback(origin)):
            return "a web page may call deployed APIs only, and only from this machine"
        if path.startswith(_ADMINISTRATION) and not path.startswith(_OPEN):
            given = fields.get(ADMIN_HEADER, "")
            if not hmac.compare_digest(given.encode(), self._admin_key.encode()):
                return f"this route needs the local admin key in the header {ADMIN_HEADER}"
        return None

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, reason: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason[:120]})
            return
        await respond_json(send, 403, {"error": {"code": "forbidden", "message": reason}})


def _is_loopback(origin: str) -> bool:
    try:
        return bool(_LOOPBACK.match(urlsplit(origin).hostname or ""))
    except ValueError:
        return False


def headers(scope: Scope) -> dict[str, str]:
    """A request's header fields, lower-case. A repeated field keeps its last value."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


async def respond_json(send: Send, status: int, body: Any) -> None:
    """Send one JSON response."""
    content = json.dumps(body).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def read_json(receive: Receive, *, limit: int = 1_000_000) -> Any:
    """Read a request's body as JSON; an empty body is an empty object. Raises ValueError."""
    body = await read_body(receive, limit=limit)
    return json.loads(body) if body else {}


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """Read a request's body. Raises ValueError."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise ValueError(f"the body is larger than {limit} bytes")
        if not message.get("more_body"):
            return body
