"""Every constraint of a body at its boundary: the last value that is taken, the first that is refused, with the field's
name and the reason (domain 5.2, SEC-18).

Limits, kinds and lists come from the request models, so a new field is tested as it is declared; what no schema can say
(digits, sums, symbols, control characters) stands in a table below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from advisor.domain.errors import InvalidInputError
from advisor.handlers import openapi
from advisor.handlers.api.envelope import parse
from advisor.handlers.api.operations import OPERATIONS
from advisor.handlers.api.schemas import (
    AccountChange,
    AccountCreation,
    AdviserChoice,
    AnalysisRequest,
    PositionChange,
    PositionCreation,
    ProfileChange,
)
from advisor.handlers.api.schemas_planning import RebalanceRequest, ScenarioRequest
from advisor.handlers.api.schemas_reviews import RecommendationDecision, ReviewDecision

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

SOME_ID = "11111111-1111-4111-8111-111111111111"
BODIES: dict[type[BaseModel], dict[str, Any]] = {
    one.body: {} for one in OPERATIONS if one.body is not None
} | {
    AdviserChoice: {"advisor_id": "bob"},
    ProfileChange: {"current_age": 40},
    AccountChange: {"account_type": "other"},
    AccountCreation: {"account_name": "a"},
    PositionCreation: {"account_id": SOME_ID, "symbol": "VTI", "quantity": 1},
    PositionChange: {"quantity": 1},
    ReviewDecision: {"decision": "approve", "comment": "c"},
    RecommendationDecision: {"decision": "accept"},
}  # fmt: skip
"""A body that is taken, for each model."""

Case = tuple[type[BaseModel], str, Any, str | None]
"""Model, field (dotted), value, and the reason of its refusal (None: it is taken)."""


def fields(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    """(dotted name, schema, required) of every field."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield f"{above}{name}", field, name in required
        yield from fields(field, f"{above}{name}.")


def nearest(limit: float, field: dict[str, Any], direction: int) -> float:
    """The next value beyond a limit."""
    return int(limit) + direction if field["type"] == "integer" else limit + direction * 0.01


def boundaries(field: dict[str, Any]) -> Iterator[tuple[Any, str | None]]:
    """(value, reason) around each rule that the schema states."""
    kind = field.get("type")
    if "minimum" in field:
        least = field["minimum"]
        if field.get("exclusiveMinimum"):
            yield least, f"Input should be greater than {least:g}"
        else:
            yield least, None
        words = "greater than" if field.get("exclusiveMinimum") else "greater than or equal to"
        yield nearest(least, field, -1), f"Input should be {words} {least:g}"
    if "maximum" in field:
        yield field["maximum"], None
        yield nearest(field["maximum"], field, 1), f"Input should be less than or equal to {field['maximum']:g}"
    if kind == "string" and "enum" in field:
        yield from ((value, None) for value in field["enum"])
        *others, last = (f"'{value}'" for value in field["enum"])
        yield "nonsense", f"Input should be {', '.join(others)} or {last}" if others else f"Input should be {last}"
    elif kind == "string" and "maxLength" in field and field["maxLength"] > 20:
        yield "x" * field["maxLength"], None
        yield "x" * (field["maxLength"] + 1), f"String should have at most {field['maxLength']} characters"
        if field.get("minLength"):
            yield "x", None
            yield "", "String should have at least 1 character"
            yield "  \n ", "String should have at least 1 character"
        else:
            yield "", None
    yield from kinds(field)


def kinds(field: dict[str, Any]) -> Iterator[tuple[Any, str | None]]:
    """Values of another kind; null is a value only where the schema says so."""
    wrong: dict[str, tuple[tuple[Any, ...], str]] = {
        "number": (("1", True, None, [], {}), "Input should be a number"),
        "integer": (("1", True, None, 1.5, []), "Input should be a valid integer"),
        "boolean": (("true", 1, 0, None), "Input should be a valid boolean"),
    }
    values, reason = wrong.get(field.get("type", ""), ((), ""))
    for value in values:
        yield value, reason
    if field.get("type") == "string" and not field.keys() & {"enum", "format"}:
        for value in (1, True, ["x"], {}):
            yield value, "Input should be a valid string"
        yield None, None if field.get("nullable") else "Input should be a valid string"


def generated() -> Iterator[Case]:
    """The cases that the models themselves state."""
    for model in BODIES:
        for name, field, required in fields(openapi.schema_of(model, "validation")):
            if required and "." not in name:
                yield model, name, ..., "Field required"
            for value, reason in boundaries(field):
                yield model, name, value, reason
        yield model, "unknown_field", 1, "Extra inputs are not permitted"


WHOLE = "Decimal input should have no more than {} digits before the decimal point"
DIGITS = "Decimal input should have no more than {} decimal places"
WRITTEN: list[Case] = [
    (AccountCreation, "cash_balance", Decimal("9999999999.99"), None),
    (AccountCreation, "cash_balance", 10**10, WHOLE.format(10)),
    (AccountCreation, "cash_balance", Decimal("0.01"), None),
    (AccountCreation, "cash_balance", Decimal("0.001"), DIGITS.format(2)),
    (AccountCreation, "cash_interest", Decimal("0.0001"), None),
    (AccountCreation, "cash_interest", Decimal("0.00001"), DIGITS.format(4)),
    (PositionCreation, "quantity", Decimal("0.00000001"), None),
    (PositionCreation, "quantity", Decimal("0.000000001"), DIGITS.format(8)),
    (PositionCreation, "quantity", Decimal("999999999999.99999999"), None),
    (PositionCreation, "quantity", 10**12, WHOLE.format(12)),
    (PositionCreation, "symbol", "ABCDEFGHIJ", None),
    (PositionCreation, "symbol", "A", None),
    (PositionCreation, "symbol", "ABCDEFGHIJK", "Invalid symbol format"),
    (PositionCreation, "symbol", "abc", "Invalid symbol format"),
    (PositionCreation, "symbol", "A1", "Invalid symbol format"),
    (PositionCreation, "symbol", "", "String should have at least 1 character"),
    (PositionCreation, "account_id", SOME_ID, None),
    (ProfileChange, "asset_class_targets", {"equity": 100}, None),
    (ProfileChange, "asset_class_targets", {"equity": 70, "fixed_income": 30.05}, None),
    (ProfileChange, "asset_class_targets", {"equity": 70, "fixed_income": 29.95}, None),
    (ProfileChange, "asset_class_targets", {"equity": 70, "cash": 30.06}, "the parts sum to 100.06, not to 100"),
    (ProfileChange, "asset_class_targets", {"equity": 70, "cash": 29.94}, "the parts sum to 99.94, not to 100"),
    (ProfileChange, "asset_class_targets", {}, "the parts sum to 0, not to 100"),
    (ProfileChange, "asset_class_targets", {"cash": -1, "equity": 101}, "cash is -1.0; a part lies between 0 and 100"),
    (ProfileChange, "asset_class_targets", {"equity": "100"}, "Input should be a number"),
    (ProfileChange, "region_targets", {"asia_pacific": 100}, None),
    (ProfileChange, "region_targets", {"global": 100, "cash": 0},
     "unknown Region 'cash'; known: africa, asia, europe, global, international, latin_america, middle_east, "
     "north_america, oceania"),
    (ProfileChange, "display_name", "a\0b", "Control characters are not allowed"),
    (ProfileChange, "display_name", "a\x1bb", "Control characters are not allowed"),
    (ProfileChange, "retirement_goals", "tab\tand\nline", None),
    (AccountCreation, "account_purpose", "a\x7f", "Control characters are not allowed"),
    (AnalysisRequest, "options.question", "a\x00", "Control characters are not allowed"),
    (ScenarioRequest, "allocation", {"equity": 99}, "the parts sum to 99, not to 100"),
    (RebalanceRequest, "region_targets", {"europe": True, "asia": 99}, "Input should be a number"),
]  # fmt: skip
"""What a schema cannot say."""


def body_of(model: type[BaseModel], name: str, value: Any) -> dict[str, Any]:
    """A body that is taken but for one field; siblings of a nested field that are required stand beside it."""
    body: dict[str, Any] = json.loads(json.dumps(BODIES[model]))
    if value is ...:
        del body[name]
        return body
    parts = name.split(".")
    node = body
    for part in parts[:-1]:
        node = node.setdefault(part, {})
    if parts[0] == "class_returns" and len(parts) == 3:
        node |= {"mean": 1, "volatility": 1}
    node[parts[-1]] = value
    return body


def sent(model: type[BaseModel], name: str, value: Any) -> dict[str, str]:
    """Reason by field of a refused body; empty when it is taken. Exact numbers are sent with their digits."""
    text = json.dumps(body_of(model, name, value), default=lambda exact: f"<{exact:f}>")
    try:
        parse(model, re.sub(r'"<([0-9.]+)>"', r"\1", text), symbol_pattern="^[A-Z]{1,10}$")
    except InvalidInputError as error:
        return {detail.field: detail.reason for detail in error.details}
    return {}


CASES = [*generated(), *WRITTEN]


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_every_boundary_is_taken_or_refused_by_name(model: type[BaseModel]) -> None:
    """SEC-18: a form can show each fault at its field in words, and takes everything up to the stated limit."""
    wrong = []
    for _, name, value, reason in (case for case in CASES if case[0] is model):
        found = sent(model, name, value)
        if found != ({} if reason is None else {name: reason}):
            wrong.append((name, value, reason, found))
    assert wrong == []


def test_the_table_covers_every_field() -> None:
    """SEC-18: a field without a case would be a field without a rule."""
    for model in BODIES:
        named = {name for of, name, _, _ in CASES if of is model}
        for name, field, _ in fields(openapi.schema_of(model, "validation")):
            assert name in named or field.get("type") == "object", (model.__name__, name)
    assert len(CASES) > 250


@pytest.mark.parametrize(
    ("method", "path", "model"),
    [("PUT", "/api/user", ProfileChange), ("POST", "/api/accounts", AccountCreation)],
)
def test_what_is_taken_is_what_the_database_holds(api: Api, method: str, path: str, model: type[BaseModel]) -> None:
    """Domain 5.2: a limit of the API that the database does not share would be a 500 at the boundary."""
    for _, name, value, reason in (case for case in CASES if case[0] is model):
        if reason is None:
            body = body_of(model, name, float(value) if isinstance(value, Decimal) else value)
            assert api(method, path, body).status in {200, 201}, (name, value)
