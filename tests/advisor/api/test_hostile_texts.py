"""SQL, scripts and other tricks in every text field of every body: stored as they are, returned as they are, harmless.

The fields come from the request models, so a new text field is attacked as soon as it is declared (SEC-18). Harmless
means: the bytes of the database are those of the answer, no table or row but the named one has changed, and the answer
is JSON that a browser will not take for anything else. Where the input screen replaces a text (GUARD-03) is tested with
the operations themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel

from advisor.adapters.data_api import DataApi
from advisor.domain.vocabulary import JobStatus
from advisor.handlers import openapi
from advisor.handlers.api.operations import OPERATIONS

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

HOSTILE = (
    "'; DROP TABLE accounts; --",
    "' OR '1'='1",
    "1'); DELETE FROM users; --",
    "x' UNION SELECT user_id, idempotency_key FROM jobs --",
    "$$; DROP TABLE positions; $$",
    "\\'; TRUNCATE instruments; --",
    "name = :user_id, :new_id, :own_id",
    "%s %(name)s {0} {user} ${jndi:ldap://x/a} {{7*7}} <%= 7*7 %>",
    "<script>alert(document.cookie)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "</script><svg/onload=alert(1)>",
    "=HYPERLINK(\"https://evil.example\",\"click\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../etc/passwd",
    "line\nbreak\tand tab",
    "\u202eright to left\u202c and \u2028 separator",
    "\U0001f4b0 caf\u00e9 \u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    '{"account_name": "inner", "$ref": "#/x"}',
    "u0000\\u0000'",
)  # fmt: skip
TABLES = ("users", "accounts", "positions", "instruments", "jobs", "recommendations", "idempotent_requests")


IDS = {"symbol", "advisor_id"}
"""Texts that name a record: an unknown one is refused (see their own tests)."""


def texts(schema: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of each free text of a body."""
    for name, field in schema.get("properties", {}).items():
        if field.get("type") == "object":
            yield from texts(field, (*above, name))
        elif field.get("type") == "string" and not field.keys() & {"enum", "format"} and name not in IDS:
            yield (*above, name)


@dataclass(frozen=True)
class Target:
    """An operation that stores texts: what else its body needs, and where the text is read back and stored."""

    path: str
    body: dict[str, Any]
    read: Callable[[Api, Any], Any]
    stored: str
    prepare: Callable[[DataApi], UUID] = lambda _database: UUID(int=0)
    roles: str = ""


def _account(api: Api, answer: Any) -> Any:
    return next(item for item in api("GET", "/api/accounts").json["accounts"] if item["id"] == answer["id"])


def _question(api: Api, answer: Any) -> Any:
    job = UUID(answer["job_id"])
    api.services.jobs.transition(job, before=[JobStatus.PENDING], after=JobStatus.FAILED)
    return api("GET", f"/api/jobs/{job}").json["request_payload"]


ADVISED = """INSERT INTO jobs (id, user_id, job_type, status)
VALUES (:job, :owner, 'portfolio_analysis', 'completed')"""
ASKED = """INSERT INTO reviews (id, job_id, owner_id, reason, traded_value, portfolio_value, risk_score, confidence,
    expires_at) VALUES (:id, :job, :owner, 'risk_over_7', 1, 1, 8, 1, now() + interval '1 day')"""
PROPOSED = """INSERT INTO recommendations (id, job_id, owner_id, recommendation, reasoning, impact, priority)
VALUES (:id, :job, :owner, 'R', 'R', 'I', 'High')"""


def _advised(database: DataApi, statement: str, owner: str) -> UUID:
    """A finished analysis with something to decide on; its id."""
    job, made = uuid4(), uuid4()
    database.query("INSERT INTO users (user_id) VALUES (:owner) ON CONFLICT DO NOTHING", owner=owner)
    database.query(ADVISED, job=job, owner=owner)
    database.query(statement, id=made, job=job, owner=owner)
    return made


ACCOUNT = "SELECT {0} AS text FROM accounts ORDER BY updated_at DESC, id LIMIT 1"
QUESTION = "SELECT request_payload #>> '{{options,question}}' AS text FROM jobs ORDER BY created_at DESC LIMIT 1"
TARGETS = {
    "change_user": Target(
        "/api/user",
        {},
        lambda api, _answer: api("GET", "/api/user").json["user"],
        "SELECT {0} AS text FROM users WHERE user_id = 'alice'",
    ),
    "create_account": Target("/api/accounts", {"account_name": "a"}, _account, ACCOUNT),
    "change_account": Target("/api/accounts/{account_id}", {}, _account, ACCOUNT),
    "analyze": Target("/api/analyze", {}, _question, QUESTION),
    "decide_review": Target(
        "/api/reviews/{record_id}/decision",
        {"decision": "reject"},
        lambda _api, answer: answer,
        "SELECT {0} AS text FROM reviews ORDER BY decided_at DESC LIMIT 1",
        lambda database: _advised(database, ASKED, "client-of-nobody"),
        "senior_advisor",
    ),
    "decide_recommendation": Target(
        "/api/recommendations/{record_id}/decision",
        {"decision": "accept"},
        lambda _api, answer: answer,
        "SELECT {0} AS text FROM recommendations ORDER BY decided_at DESC LIMIT 1",
        lambda database: _advised(database, PROPOSED, "alice"),
    ),
    "analyze_client": Target("/api/clients/alice/analyze", {}, _question, QUESTION),
}


def bodies() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(operation, field) of every free text that the API takes."""
    for operation in OPERATIONS:
        if operation.body is not None and issubclass(operation.body, BaseModel):
            for field in texts(openapi.schema_of(operation.body, "validation")):
                yield operation.name, field


FIELDS = list(bodies())


def _counts(database: DataApi) -> dict[str, int]:
    return {table: len(database.query(f"SELECT 1 AS one FROM {table}")) for table in TABLES}


def _within(document: Any, field: tuple[str, ...]) -> Any:
    for name in field:
        document = document[name]
    return document


def test_every_text_field_has_a_target() -> None:
    """SEC-18: a new text field must say where it is read back, or nobody has looked at what becomes of it."""
    assert {name for name, _ in FIELDS} == set(TARGETS)
    assert len(FIELDS) >= 7


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=lambda part: part if isinstance(part, str) else ".".join(part))
def test_hostile_texts_are_stored_and_returned_as_they_are(
    api: Api, database: DataApi, name: str, field: tuple[str, ...]
) -> None:
    """SEC-18: a text that is cut, unescaped or executed on its way would harm its owner, or all owners."""
    target = TARGETS[name]
    account = api("POST", "/api/accounts", {"account_name": "first"}).json["id"]
    operation = next(one for one in OPERATIONS if one.name == name)
    for text in HOSTILE:
        record = target.prepare(database)
        before = _counts(database)
        body: Any = text
        for part in reversed(field):
            body = {part: body}
        path = target.path.format(account_id=account, record_id=record)
        answer = api(operation.method, path, target.body | body, roles=target.roles)
        assert answer.status == operation.status, (text, answer.text)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert _within(target.read(api, answer.json), field) == text
        if target.read is not _question:
            assert _within(answer.json, field) == text
        (row,) = database.query(target.stored.format(field[-1]))
        assert row["text"].encode() == text.encode()
        grown = {table: count - before[table] for table, count in _counts(database).items() if count != before[table]}
        assert grown == (
            {"accounts": 1} if name == "create_account" else {"jobs": 1} if target.read is _question else {}
        )


@pytest.mark.parametrize("place", ["path", "query", "header", "cursor", "user"])
def test_hostile_texts_elsewhere_are_refused_or_harmless(api: Api, database: DataApi, place: str) -> None:
    """SEC-18: ids, limits, keys and names of users reach the database too."""
    api("POST", "/api/accounts", {"account_name": "mine"})
    before = _counts(database)
    for text in HOSTILE:
        match place:
            case "path":
                answer = api("GET", f"/api/accounts/{text}/positions")
            case "query":
                answer = api("GET", "/api/jobs", query={"limit": text})
            case "cursor":
                answer = api("GET", "/api/accounts", query={"cursor": text})
            case "header":
                body = {"account_name": "x"}
                answer = api("POST", "/api/accounts", body, headers={"Idempotency-Key": text}, user="nobody")
            case _:
                answer = api("GET", "/api/accounts", user=text)
        assert answer.status in ({200} if place == "user" else {404, 422}), (text, answer.text)
        assert answer.headers["content-type"] == "application/json"
    assert _counts(database) == before
