"""Who may do what, operation by operation, on real PostgreSQL: the whole table of AUTH-04 and IAM-11.

A row is an operation, a column somebody who asks; the columns that are named get the operation's own status, everybody
else 403, without a token 401, and for a record that does not exist everybody 404. An operation without a row fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from advisor.handlers.api.operations import OPERATIONS, Operation
from advisor.ports.market import Price

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Answered, Api

COLUMNS = {
    "owner": ("owner", ""),
    "adviser": ("adviser", ""),
    "stranger": ("stranger", ""),
    "called adviser": ("stranger", "advisor,investor"),
    "senior adviser": ("stranger", "senior_advisor"),
    "compliance": ("stranger", "compliance"),
    "operator": ("stranger", "operator"),
    "data scientist": ("stranger", "data_scientist"),
    "unknown role": ("stranger", "admin,root,owner"),
}
"""Who asks: whose token (of the people in a `World`), and the roles in it."""
EVERYBODY = frozenset(COLUMNS)
READERS = frozenset({"owner", "adviser", "compliance"})
WRITERS = frozenset({"owner", "adviser"})
WATCHERS = READERS | {"senior adviser", "operator"}
STUDENTS = READERS | {"data scientist"}
REVIEWERS = frozenset({"senior adviser"})

MESSAGES = {
    401: "Your session has expired. Please sign in again.",
    403: "You don't have permission to access this resource.",
    404: "The requested resource was not found.",
}


@dataclass
class World:
    """A client with an adviser, an account, a position and a finished analysis; and a stranger."""

    owner: str
    adviser: str
    stranger: str
    account_id: str
    position_id: str
    job_id: str
    review_id: str
    recommendation_id: str

    @property
    def client_id(self) -> str:
        return self.owner

    @classmethod
    def unknown(cls) -> World:
        """Names and ids that nothing has."""
        owner, adviser, stranger = (f"{name}-{uuid4()}" for name in ("owner", "adviser", "stranger"))
        return cls(owner, adviser, stranger, *(str(uuid4()) for _ in range(5)))

    @classmethod
    def made(cls, api: Api) -> World:
        """Stored."""
        world = cls.unknown()
        api.database.query(
            "INSERT INTO users (user_id, advisor_id) VALUES (:owner, :adviser), (:adviser, NULL), (:stranger, NULL)",
            owner=world.owner,
            adviser=world.adviser,
            stranger=world.stranger,
        )
        api.database.query(
            """WITH account AS (
                INSERT INTO accounts (id, user_id, account_name) VALUES (CAST(:account AS uuid), :owner, 'A')
            ), job AS (
                INSERT INTO jobs (id, user_id, job_type, status)
                VALUES (CAST(:job AS uuid), :owner, 'portfolio_analysis', 'completed')
            )
            INSERT INTO positions (id, account_id, symbol, quantity)
            VALUES (CAST(:position AS uuid), CAST(:account AS uuid), 'VTI', 1)""",
            owner=world.owner,
            account=world.account_id,
            job=world.job_id,
            position=world.position_id,
        )
        api.database.query(
            """WITH review AS (
                INSERT INTO reviews (id, job_id, owner_id, reason, traded_value, portfolio_value, risk_score,
                    confidence, expires_at)
                VALUES (CAST(:review AS uuid), CAST(:job AS uuid), :owner, 'risk_over_7', 1, 1, 8, 1,
                    now() + interval '1 day')
            )
            INSERT INTO recommendations (id, job_id, owner_id, recommendation, reasoning, impact, priority)
            VALUES (CAST(:recommendation AS uuid), CAST(:job AS uuid), :owner, 'R', 'R', 'I', 'High')""",
            owner=world.owner,
            job=world.job_id,
            review=world.review_id,
            recommendation=world.recommendation_id,
        )
        return world


Body = Callable[[World], Any]


@dataclass(frozen=True)
class Row:
    """Who may, and what is sent; ``record`` says whether a record is asked for that may be unknown."""

    who: frozenset[str]
    body: Body = lambda _world: None
    record: bool = True
    owner: int | None = None


def own(body: Any = None, *, owner: int | None = None) -> Row:
    """An operation on whatever is the caller's own; ``owner`` is answered to who has accounts and an analysis."""
    return Row(EVERYBODY, lambda _world: body, record=False, owner=owner)


ROWS = {
    "get_user": own(),
    "change_user": own({"current_age": 50}),
    "choose_adviser": own({"advisor_id": None}),
    "list_accounts": own(),
    "create_account": own({"account_name": "B"}),
    "change_account": Row(WRITERS, lambda _world: {"account_name": "C"}),
    "delete_account": Row(WRITERS),
    "list_positions": Row(READERS),
    "create_position": Row(WRITERS, lambda world: {"account_id": world.account_id, "symbol": "BND", "quantity": 1}),
    "change_position": Row(WRITERS, lambda _world: {"quantity": 2}),
    "delete_position": Row(WRITERS),
    "list_instruments": own(),
    "analyze": own({}),
    "list_jobs": own(),
    "get_job": Row(READERS),
    "get_job_status": Row(WATCHERS),
    "get_job_audit": Row(STUDENTS),
    "list_clients": own(),
    "get_client": Row(READERS),
    "list_client_accounts": Row(READERS),
    "list_client_jobs": Row(READERS),
    "analyze_client": Row(WRITERS, lambda _world: {}),
    "list_reviews": Row(REVIEWERS | {"compliance"}, record=False),
    "get_review": Row(READERS | REVIEWERS),
    "decide_review": Row(REVIEWERS, lambda _world: {"decision": "approve"}),
    "list_recommendations": Row(READERS),
    "decide_recommendation": Row(WRITERS, lambda _world: {"decision": "accept"}),
    "compute_scenario": own({}),
    "preview_rebalancing": own({}),
    "get_prices": own(),
    "populate_test_data": own({}, owner=409),
    "reset_accounts": own(),
}
PRIVATE = [operation for operation in OPERATIONS if not operation.public]
IN_TABLE = [operation for operation in PRIVATE if operation.name in ROWS]
OF_RECORDS = [operation for operation in IN_TABLE if ROWS[operation.name].record]


class NoPrices:
    """A provider that knows no closes."""

    def history(self, _symbol: str, *, first: date, last: date) -> tuple[Price, ...]:
        assert first <= last
        return ()


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """The API where test data may be loaded."""
    made = make_api(TEST_DATA="true")
    made.swap(prices=NoPrices())
    return made


def ask(api: Api, operation: Operation, world: World, asked: World, column: str | None) -> Answered:
    """The operation on ``asked``'s records by somebody of ``world`` (None: without a token)."""
    person, roles = COLUMNS[column] if column else ("", "")
    path = operation.path.replace("{symbol}", "VTI")
    for name in ("account_id", "position_id", "job_id", "client_id", "review_id", "recommendation_id"):
        path = path.replace(f"{{{name}}}", getattr(asked, name))
    user = getattr(world, person) if person else None
    return api(operation.method, path, ROWS[operation.name].body(asked), user=user, roles=roles)


def test_every_operation_has_its_row() -> None:
    """AUTH-04: a new operation is nobody's until somebody says whose; only health is for all."""
    assert {operation.name for operation in PRIVATE} == set(ROWS)
    assert [operation.path for operation in OPERATIONS if operation.public] == ["/health"]


@pytest.mark.parametrize("operation", IN_TABLE, ids=lambda operation: operation.name)
def test_an_operation_answers_each_caller_as_the_table_says(api: Api, operation: Operation) -> None:
    """AUTH-04, IAM-11, AUTH-01: a wrong cell shows a stranger somebody's portfolio, or locks its owner out."""
    row = ROWS[operation.name]
    wanted = {column: operation.status if column in row.who else 403 for column in COLUMNS}
    wanted["owner"] = row.owner or wanted["owner"]
    answers = {}
    for column in COLUMNS:
        world = World.made(api)
        answers[column] = ask(api, operation, world, world, column)
    assert {column: answer.status for column, answer in answers.items()} == wanted
    world = World.made(api)
    answers["no token"] = ask(api, operation, world, world, None)
    assert answers["no token"].status == 401
    for answer in answers.values():
        if answer.status in MESSAGES:
            assert answer.json["error"]["message"] == MESSAGES[answer.status]
            assert world.owner not in answer.text


@pytest.mark.parametrize("operation", OF_RECORDS, ids=lambda operation: operation.name)
def test_what_does_not_exist_is_404_for_everybody_with_a_token(api: Api, operation: Operation) -> None:
    """AUTH-04: unknown is 404 and known but foreign 403, so that a client's program can tell a typing error."""
    world = World.made(api)
    answers = {column: ask(api, operation, world, World.unknown(), column) for column in COLUMNS}
    assert {column: answer.status for column, answer in answers.items()} == dict.fromkeys(COLUMNS, 404)
    assert {answer.json["error"]["message"] for answer in answers.values()} == {MESSAGES[404]}
    assert ask(api, operation, world, World.unknown(), None).status == 401


def test_refusals_are_logged_without_names(api: Api) -> None:
    """AUTH-04: who probes other people's records is seen, and the log names nobody."""
    world = World.made(api)
    api.logged()
    assert api("GET", f"/api/clients/{world.owner}", user=world.stranger).status == 403
    logged = api.logged()
    assert '"event_type":"ACCESS_DENIED"' in logged
    assert world.stranger not in logged
    assert world.owner not in logged
