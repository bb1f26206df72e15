"""The client of the HTTP API: patient with a busy platform, clear about a refusal."""

import json
from typing import Any

import httpx
import pytest

from alex.client import PATIENCE, Api
from alex.errors import CommandError, Exit


def api(answers: list[Any], seen: Any = None) -> Any:
    """A session whose server gives these answers in turn; records requests and waits."""
    queue = list(answers)
    waits: list[float] = []

    def handle(request: Any) -> Any:
        if seen is not None:
            seen.append(request)
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    tokens = iter(f"token-{n}" for n in range(1, 10))
    made = Api("http://cloud/stage/", token=lambda: next(tokens), transport=httpx.MockTransport(handle))
    made._sleep = waits.append
    return made, waits


def error(status: int, code: str, message: str, **more: Any) -> Any:
    """An answer in the API's error envelope."""
    return httpx.Response(status, json={"error": {"code": code, "message": message, "request_id": "r-1", **more}})


def test_expired_token_is_renewed_once() -> None:
    """A person who leaves `alex analyze` open over an hour should not be thrown out."""
    seen: list[httpx.Request] = []
    client, _ = api([error(401, "unauthorized", "expired"), httpx.Response(200, json={"user": {}})], seen)
    assert client.get("/api/user") == {"user": {}}
    assert [r.headers["Authorization"] for r in seen] == ["Bearer token-1", "Bearer token-2"]


def test_rejected_token_ends_with_what_to_do() -> None:
    """A second 401 is the answer, not a loop."""
    seen: list[httpx.Request] = []
    client, _ = api([error(401, "unauthorized", "Your session has expired. Please sign in again.")], seen)
    with pytest.raises(CommandError, match="401: Your session has expired") as refused:
        client.get("/api/user")
    assert len(seen) == 2
    assert "alex token" in refused.value.remedy


def test_throttled_request_waits_as_told_then_succeeds() -> None:
    """Retry-After is the platform's word; asking earlier makes it worse (API-03)."""
    client, waits = api(
        [httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(503), httpx.Response(200, json={"ok": 1})]
    )
    assert client.get("/x") == {"ok": 1}
    assert waits == [3.0, 2.0]


def test_patience_ends() -> None:
    """A platform that stays down must end in a message, not in an endless wait."""
    client, waits = api([error(503, "unavailable", "The service is temporarily unavailable.")])
    with pytest.raises(CommandError, match="503"):
        client.get("/x")
    assert len(waits) == PATIENCE - 1


def test_validation_error_names_field_reason_and_request() -> None:
    """The user must learn which field is wrong and what to quote to support."""
    details = [{"field": "symbol", "reason": "Invalid symbol format"}]
    client, _ = api([error(422, "validation_error", "Invalid input data.", details=details)])
    with pytest.raises(CommandError) as refused:
        client.post("/api/positions", {"symbol": "$$"})
    assert "symbol: Invalid symbol format" in refused.value.what
    assert "r-1" in refused.value.where
    assert refused.value.code is Exit.BAD_INPUT


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"", b"[1]", b'{"message": "Forbidden"}'])
def test_answer_that_is_no_envelope_is_still_explained(body: bytes) -> None:
    """Gateways answer in their own words; a command must not crash on them."""
    client, _ = api([httpx.Response(502, content=body)])
    with pytest.raises(CommandError, match="502"):
        client.get("/x")


def test_unreachable_platform_says_how_to_start_it() -> None:
    """The commonest mistake is a cloud that does not run."""
    client, _ = api([httpx.ConnectError("refused")])
    with pytest.raises(CommandError, match="cannot be reached") as refused:
        client.get("/x")
    assert "alex demo" in refused.value.remedy
    assert refused.value.code is Exit.NOT_RUNNING


def test_idempotency_key_travels_as_a_header() -> None:
    """Without it a repeated request would start a second analysis."""
    seen: list[httpx.Request] = []
    client, _ = api([httpx.Response(202, json={"job_id": "j"})], seen)
    client.post("/api/analyze", {"analysis_type": "portfolio"}, key="k-1")
    assert seen[0].headers["Idempotency-Key"] == "k-1"
    assert json.loads(seen[0].content) == {"analysis_type": "portfolio"}
    assert str(seen[0].url) == "http://cloud/stage/api/analyze"
