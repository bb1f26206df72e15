"""Decision: what stands beside the emulator on the same port: control, token issuer, market data and traces.

Everything else goes to the emulator. The guard has already checked the admin key where one is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from local_cloud.server.guard import Asgi, Receive, Scope, Send, headers, read_body, read_json, respond_json
from local_cloud.server.issuer import SHAPES, Issuer, IssuerError
from local_cloud.server.market import Market
from local_cloud.server.traces import MAX_BYTES, Traces

Answer = tuple[int, Any]
MARKET, ISSUER, TRACES, CONTROL = "/_market", "/_issuer", "/_otlp", "/_alex/"
_DISCOVERY, _JWKS = "/.well-known/openid-configuration", "/.well-known/jwks.json"


class Routes:
    """ASGI application: our own routes, then `emulator`. `control` answers (path, body) below /_alex/."""

    def __init__(
        self,
        emulator: Asgi,
        *,
        issuer: Issuer,
        market: Market | None,
        traces: Traces,
        control: Callable[[str, dict[str, Any]], Answer],
    ) -> None:
        self._emulator, self._issuer, self._market, self._control = emulator, issuer, market, control
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(f"{TRACES}/"):
            await self._take_traces(scope, receive, send)
            return
        handler = self._handler(path) if scope["type"] == "http" else None
        if handler is None:
            await self._emulator(scope, receive, send)
            return
        try:
            body = await read_json(receive)
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            status, answer = await handler(scope, body)
        except ValueError as error:
            status, answer = 400, {"error": {"code": "bad_request", "message": str(error)}}
        await respond_json(send, status, answer)

    def _handler(self, path: str) -> Callable[[Scope, dict[str, Any]], Awaitable[Answer]] | None:
        if path.startswith(f"{MARKET}/"):
            return self._answer_market
        if path.startswith(f"{ISSUER}/"):
            return self._answer_issuer
        if path.startswith(CONTROL):
            return self._answer_control
        return None

    async def _take_traces(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Protobuf, not JSON: the one body that is taken as it is."""
        try:
            body = await read_body(receive, limit=MAX_BYTES)
        except ValueError as error:
            await respond_json(send, 413, {"error": "TooLarge", "message": str(error)})
            return
        path = scope["path"].removeprefix(TRACES)
        answer = await asyncio.to_thread(self._traces.answer, scope["method"], path, headers(scope), body)
        await respond_json(send, *answer)

    async def _answer_market(self, scope: Scope, _body: dict[str, Any]) -> Answer:
        if self._market is None:
            return 503, {"status": "ERROR", "error": "The local market data is not installed: `alex up` fetches it."}
        path, query = scope["path"].removeprefix(MARKET), scope.get("query_string", b"").decode()
        return await asyncio.to_thread(self._market.answer, path, query, headers(scope).get("authorization", ""))

    async def _answer_issuer(self, scope: Scope, body: dict[str, Any]) -> Answer:
        method, path = scope["method"], scope["path"].removeprefix(ISSUER)
        if (method, path) == ("POST", "/token"):
            try:
                return 200, self._issuer.token(body)
            except IssuerError as error:
                return 400, {"error": "invalid_request", "error_description": str(error)}
        if (method, path) == ("POST", "/rotate"):
            return 200, {"kid": self._issuer.rotate(withdraw_old=bool(body.get("withdraw_old")))}
        # Each shape is an issuer of its own; Cognito's is the root.
        for shape, prefix in ((shape, "" if shape == "cognito" else f"/{shape}") for shape in SHAPES):
            if method == "GET" and path in (prefix + _DISCOVERY, prefix + _JWKS):
                return 200, self._issuer.discovery(shape) if path.endswith(_DISCOVERY) else self._issuer.jwks()
        return 404, {"error": "not_found", "error_description": f"the issuer has no {method} {path}"}

    async def _answer_control(self, scope: Scope, body: dict[str, Any]) -> Answer:
        # In the event loop, not in a thread: the emulator changes its stacks there, so nothing moves meanwhile.
        return self._control(scope["path"].removeprefix(CONTROL), body)
