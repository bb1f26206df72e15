"""The list of operations: what each takes, gives and may refuse. The router and the OpenAPI document both read it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote
from uuid import UUID

from pydantic import BaseModel

from advisor.domain.entitlement import Caller
from advisor.domain.errors import Detail, InvalidInputError, NotFoundError
from advisor.handlers.api.services import Services

USER_ID = r"[\x21-\x7e]{1,255}"
"""What the authorizer lets through as a user's id."""
PATH_SCHEMAS: dict[str, dict[str, Any]] = {"client_id": {"type": "string", "minLength": 1, "maxLength": 255}}
"""Of the path's parameters that are no UUIDs."""
ALWAYS = (400, 401, 429, 500, 503)
"""What any authorized operation may answer besides its own errors."""


@dataclass(frozen=True)
class Call:
    """One request, checked as far as every operation needs it; ``body`` is an instance of the operation's model."""

    caller: Caller
    services: Services
    request_id: str
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None

    def identifier(self, name: str) -> UUID:
        """An id of the path; what is not an id names no record."""
        try:
            return UUID(self.path[name])
        except ValueError:
            raise NotFoundError() from None

    def person(self, name: str) -> str:
        """A user's id of the path, which may hold escaped characters; what is not an id names nobody."""
        user_id = unquote(self.path[name])
        if not re.fullmatch(USER_ID, user_id):
            raise NotFoundError()
        return user_id

    def whole_number(self, name: str, *, default: int, least: int, most: int) -> int:
        """A number of the query; raises InvalidInputError."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise InvalidInputError([Detail(name, f"Use a whole number from {least} to {most}")])
        return int(text)


@dataclass(frozen=True)
class Parameter:
    """A query or header parameter of the document."""

    name: str
    place: str
    schema: dict[str, Any]
    description: str


@dataclass(frozen=True)
class Operation:
    """One method of one path; ``errors`` are its own statuses besides ALWAYS."""

    name: str
    method: str
    path: str
    summary: str
    run: Callable[[Call], Any]
    answer: type[BaseModel] | None
    status: int = 200
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    public: bool = False
    cache_control: str = "no-store"


OPERATIONS: list[Operation] = []

Run = TypeVar("Run", bound=Callable[[Call], Any])


def operation(method: str, path: str, *, answer: type[BaseModel] | None, **details: Any) -> Callable[[Run], Run]:
    """Declare the decorated function as an operation: its name is the operation's, its docstring the summary."""

    def declare(run: Run) -> Run:
        summary = (run.__doc__ or "").strip().split("\n")[0]
        OPERATIONS.append(
            Operation(name=run.__name__, method=method, path=path, summary=summary, run=run, answer=answer, **details)
        )
        return run

    return declare
