"""The contract becomes a REST API without losing a check that the gateway could make."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hardened.openapi import ContractError, draft_4, routes

CONTRACT = json.loads((Path(__file__).parents[2] / "lambdas" / "openapi.json").read_text("utf-8"))


def document(schema: dict[str, Any], **schemas: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return {
        "security": [{"jwt": []}],
        "paths": {"/things/{id}": {"post": {"requestBody": body, "parameters": [PATH_ID, OPTIONAL_QUERY]}}},
        "components": {"schemas": schemas},
    }


PATH_ID = {"name": "id", "in": "path", "required": True}
OPTIONAL_QUERY = {"name": "limit", "in": "query"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"const": "portfolio"}, {"enum": ["portfolio"]}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "number", "exclusiveMaximum": 1}, {"type": "number", "maximum": 1, "exclusiveMaximum": True}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"type": "integer", "nullable": True}, {"type": ["integer", "null"]}),
        ({"type": "integer", "nullable": False}, {"type": "integer"}),
        ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}),
        ({"$ref": "#/components/schemas/Kind"}, {"type": "string", "enum": ["a", "b"]}),
        ({"type": "string", "pattern": "^[A-Z]+$", "format": "date", "title": "T"}, {"type": "string"}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        (
            {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
            {"type": "array", "items": {"type": "number", "minimum": 0, "exclusiveMinimum": True}},
        ),
        ({"properties": {"pattern": {"type": "string"}}}, {"properties": {"pattern": {"type": "string"}}}),
    ],
)
def test_newer_words_are_said_in_draft_4(said: dict[str, Any], meant: dict[str, Any]) -> None:
    whole = document(said, Kind={"type": "string", "enum": ["a", "b"]})
    assert draft_4(said, whole, where="here") == meant


def test_a_recursive_model_is_refused_with_its_place() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    with pytest.raises(ContractError, match=r"POST /things/\{id\}.*Tree refers to itself"):
        routes(document({"$ref": "#/components/schemas/Tree"}, Tree=tree))


def test_a_keyword_that_draft_4_cannot_say_is_refused_instead_of_dropped() -> None:
    with pytest.raises(ContractError, match="'if' has no draft-4 form"):
        routes(document({"type": "object", "if": {"required": ["a"]}}))


@pytest.mark.parametrize("reference", ["#/components/schemas/Missing", "https://elsewhere.example/schema"])
def test_a_dangling_or_foreign_reference_is_refused(reference: str) -> None:
    with pytest.raises(ContractError, match="is not in the document"):
        routes(document({"$ref": reference}))


def test_an_empty_contract_is_refused_so_that_no_api_without_routes_is_deployed() -> None:
    with pytest.raises(ContractError, match="no paths"):
        routes({"paths": {}})


def test_parameters_keep_their_place_and_whether_they_are_required() -> None:
    (route,) = routes(document({"type": "object"}))
    assert route.parameters == {"method.request.path.id": True, "method.request.querystring.limit": False}
    assert not route.open


def test_only_health_is_open_in_the_real_contract() -> None:
    """AUTH-01: a route that somebody forgot to protect would show here."""
    assert [route.path for route in routes(CONTRACT) if route.open] == ["/health"]


@pytest.mark.parametrize("route", [r for r in routes(CONTRACT) if r.body], ids=lambda r: f"{r.method} {r.path}")
def test_every_real_model_is_valid_draft_4_and_closed_against_unknown_fields(route: Any) -> None:
    assert words(route.body) <= DRAFT_4_WORDS
    assert route.body["additionalProperties"] is False
    assert "$ref" not in json.dumps(route.body)


class Position(BaseModel):
    """A body with each kind of limit, as the handlers declare them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    quantity: float = Field(gt=0, le=20)
    kind: Literal["portfolio"] = "portfolio"
    note: str | None = Field(default=None, max_length=2)


DRAFT_4_WORDS = {
    *(
        "$schema",
        "type",
        "enum",
        "required",
        "properties",
        "additionalProperties",
        "items",
        "anyOf",
        "allOf",
        "oneOf",
        "not",
    ),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties"),
}
TYPES = {
    "string": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "null": lambda v: v is None,
    "object": lambda v: isinstance(v, dict),
}
VALUES = (
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats(-2, 22) | st.text(max_size=3) | st.just("portfolio")
)


def words(schema: Any) -> set[str]:
    """Every keyword in a schema, at any depth; names of properties are no keywords."""
    found = set(schema)
    for word, value in schema.items():
        below = value.values() if word == "properties" else value if word in {"anyOf", "allOf"} else [value]
        found |= {each for part in below if isinstance(part, dict) and word != "enum" for each in words(part)}
    return found


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """A validator of the draft-4 words that `Position` needs, as the draft defines them."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return False
    if TYPES["number"](value) and "minimum" in schema:
        low = value <= schema["minimum"] if schema.get("exclusiveMinimum") else value < schema["minimum"]
        if low or value > schema["maximum"]:
            return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        missing = set(schema.get("required", ())) - set(value)
        unknown = set(value) - set(known) if schema.get("additionalProperties") is False else set()
        return not missing and not unknown and all(accepts(known[name], value[name]) for name in value)
    return True


@given(st.dictionaries(st.sampled_from(["quantity", "kind", "note", "other"]), VALUES))
def test_the_gateway_accepts_and_refuses_the_same_bodies_as_the_handlers_model(body: dict[str, Any]) -> None:
    """SEC-18: a wider model would let bad bodies through, a narrower one would refuse good ones."""
    older = draft_4(Position.model_json_schema(), {}, where="here")
    try:
        Position.model_validate(body)
        wanted = True
    except ValidationError:
        wanted = False
    assert accepts(older, body) == wanted
