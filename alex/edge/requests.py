"""Requests to replay: one JSON object a line, with what the writer expects."""

import json
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

SAMPLES = Path(__file__).with_name("samples.jsonl")
"""The requests that come with the project."""

MOST_REQUESTS = 1_000_000
"""Of one file, repetitions counted."""


class RequestsError(Exception):
    """A file of requests is unusable; the text says in which line, and why."""


class Request(BaseModel):
    """One request, or a flood of the same.

    :param ip: the sender; ``trusted`` and ``trusted6`` stand for an address of the ACL's trusted networks.
    :param path: as sent, without the query; ``query``: without the question mark.
    :param headers: names in lower case; ``host`` and, with a body, ``content-length`` are added when they are missing.
    :param pad_to: the body is filled with spaces to so many bytes.
    :param at: seconds since the beginning; ``times`` requests are spread over ``within`` seconds from then.
    :param of_limit: in place of ``times``: so many times the sender's limit, within nine tenths of its window.
    :param expect: what should happen; ``by``: the rule that should decide, without which the line is not judged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    kind: str = Field(default="", max_length=20)
    ip: IPv4Address | IPv6Address | Literal["trusted", "trusted6"]
    method: str = Field(default="GET", pattern=r"^[A-Z]{1,20}$")
    path: str = Field(pattern=r"^/", max_length=8192)
    query: str = Field(default="", max_length=8192)
    headers: dict[Annotated[str, StringConstraints(to_lower=True, pattern=r"^[\w!#$%&'*+.^`|~-]+$")], str] = {}
    body: str = ""
    pad_to: int = Field(default=0, ge=0, le=10_485_760)
    at: float = Field(default=0, ge=0, allow_inf_nan=False)
    times: int = Field(default=1, ge=1, le=MOST_REQUESTS)
    within: float = Field(default=0, ge=0, allow_inf_nan=False)
    of_limit: float | None = Field(default=None, gt=0, le=10)
    expect: Literal["allow", "block"] | None = None
    by: str = ""

    @model_validator(mode="after")
    def _one_way_to_flood(self) -> Self:
        if self.of_limit is not None and (self.times > 1 or self.within):
            raise ValueError("give either of_limit or times and within")
        return self


def read(path: Path) -> list[Request]:
    """The requests of a file, in its order; empty lines and lines that begin with # are left out.

    :raises RequestsError: it cannot be read, or a line is no request.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestsError(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    found = list(_parsed(path.name, enumerate(text.splitlines(), 1)))
    if not found:
        raise RequestsError(f"{path.name}: holds no request: write one JSON object a line")
    if sum(request.times for request in found) > MOST_REQUESTS:
        raise RequestsError(f"{path.name}: more than {MOST_REQUESTS:,} requests: split the file")
    return found


def _parsed(name: str, lines: Iterable[tuple[int, str]]) -> Iterator[Request]:
    seen: dict[str, int] = {}
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        where = f"{name}, line {number}"
        try:
            request = Request.model_validate(json.loads(line))
        except json.JSONDecodeError as error:
            raise RequestsError(f"{where}: no JSON ({error.msg}, column {error.colno})") from None
        except ValidationError as error:
            raise RequestsError(f"{where}: {_said(error)}") from None
        if request.id in seen:
            raise RequestsError(f"{where}: the id {request.id} is taken by line {seen[request.id]}")
        seen[request.id] = number
        yield request


def _said(error: ValidationError) -> str:
    texts = []
    for problem in error.errors(include_url=False):
        field = next((str(part) for part in problem["loc"]), "")
        text = f"{field}: {problem['msg']}" if field else problem["msg"]
        if text not in texts:
            texts.append(text)
    return "; ".join(texts)
