"""The platform's HTTP API as a signed-in user sees it: nothing here knows that the cloud is local.

Errors become messages with the API's own words, the address and what to do; a busy or resuming platform (429, 503) is
asked again as it says itself (Retry-After), a bounded number of times.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from alex.errors import CommandError, Exit

PATIENCE = 6
LONGEST_WAIT_SECONDS = 15.0
_REMEDIES = {
    401: "sign in again: `alex token` prints a fresh token",
    403: "sign in as the owner of the record (`--user`)",
    404: "check the id; `alex analyze` starts a new analysis",
    409: "an analysis of this user is running (`alex analyze --follow`) or waits for approval (`alex review list`)",
    429: "wait a moment and try again",
}


class Api:
    """One user's session.

    :param url: base address of the stage, without a slash at its end.
    :param token: gives a bearer token; asked again once when the API answers 401.
    """

    def __init__(
        self, url: str, *, token: Callable[[], str], timeout: float = 35.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._mint = token
        self._token = ""
        self._client = httpx.Client(timeout=timeout, transport=transport, trust_env=False)
        self._sleep: Callable[[float], None] = time.sleep

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @property
    def token(self) -> str:
        """The current bearer token."""
        if not self._token:
            self._token = self._mint()
        return self._token

    def get(self, path: str) -> dict[str, Any]:
        """GET; the JSON object of the answer."""
        return self._json("GET", path)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT a JSON object."""
        return self._json("PUT", path, body=body)

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """POST a JSON object; ``key`` is the Idempotency-Key."""
        return self._json("POST", path, body=body, headers={"Idempotency-Key": key} if key else {})

    def accounts(self) -> list[dict[str, Any]]:
        """The user's accounts."""
        return self._pages("/api/accounts", "accounts")

    def positions(self, account_id: str) -> list[dict[str, Any]]:
        """Positions of an account, each with its instrument."""
        return self._pages(f"/api/accounts/{account_id}/positions", "positions")

    def portfolio(self) -> list[dict[str, Any]]:
        """Accounts, each with its ``positions``."""
        return [{**account, "positions": self.positions(str(account["id"]))} for account in self.accounts()]

    def _pages(self, path: str, name: str) -> list[dict[str, Any]]:
        """All records of a list, page after page."""
        answer = self.get(path)
        found = _rows(answer, name)
        while isinstance(answer, dict) and (cursor := answer.get("next_cursor")):
            answer = self.get(f"{path}?cursor={cursor}")
            found += _rows(answer, name)
        return found

    def job(self, job_id: str) -> dict[str, Any]:
        """One job with its payloads."""
        answer = self.get(f"/api/jobs/{job_id}")
        return answer.get("job", answer)  # type: ignore[no-any-return]

    def send(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One request, no second try: what `alex bench` measures and what the error paths build on."""
        try:
            return self._client.request(
                method, self.url + path, json=body, headers={"Authorization": f"Bearer {self.token}", **(headers or {})}
            )
        except httpx.TimeoutException:
            raise CommandError(
                "the API did not answer in time",
                where=f"{method} {self.url}{path}",
                remedy="`alex status` tells whether the cloud is healthy; `alex logs api` what it was doing",
            ) from None
        except httpx.HTTPError as error:
            raise CommandError(
                f"the API cannot be reached: {error}",
                where=f"{method} {self.url}{path}",
                remedy="`alex status` shows whether the local cloud runs; `alex demo` starts it",
                code=Exit.NOT_RUNNING,
            ) from None

    def _json(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        renewed = False
        for attempt in range(1, PATIENCE + 1):
            answer = self.send(method, path, body=body, headers=headers)
            if answer.status_code == 401 and not renewed:
                self._token, renewed = "", True
                continue
            if answer.status_code in {429, 503} and attempt < PATIENCE:
                self._sleep(_wait(answer, attempt))
                continue
            break
        return _decoded(answer, f"{method} {path}")


def _wait(answer: httpx.Response, attempt: int) -> float:
    said = answer.headers.get("Retry-After", "")
    return min(float(said) if said.isdigit() else float(attempt), LONGEST_WAIT_SECONDS)


def _rows(answer: Any, name: str) -> list[dict[str, Any]]:
    rows = answer.get(name, []) if isinstance(answer, Mapping) else answer
    return [dict(row) for row in rows]


def _decoded(answer: httpx.Response, where: str) -> dict[str, Any]:
    try:
        content = answer.json() if answer.content else {}
    except ValueError:
        content = None
    if answer.is_success and content is not None:
        return content
    error = content.get("error") if isinstance(content, Mapping) else None
    said = error if isinstance(error, Mapping) else {}
    message = said.get("message") or (content.get("message") if isinstance(content, Mapping) else None)
    details = "; ".join(
        f"{d.get('field')}: {d.get('reason')}" for d in said.get("details") or () if isinstance(d, Mapping)
    )
    request = f", request {said['request_id']}" if said.get("request_id") else ""
    raise CommandError(
        f"the API answered {answer.status_code}: {message or answer.reason_phrase or 'no message'}"
        + (f" ({details})" if details else ""),
        where=f"{where}{request}",
        remedy=_REMEDIES.get(
            answer.status_code,
            "`alex logs api` shows what happened" if answer.status_code >= 500 else "correct the request",
        ),
        code=Exit.BAD_INPUT if answer.status_code in {400, 413, 422} else Exit.FAILED,
    )
