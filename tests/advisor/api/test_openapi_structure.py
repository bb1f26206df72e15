"""The contract is a valid OpenAPI 3.0 document: what its readers (gateways, generators, people) rely on (API-14).

The rules of the specification that this document can break, checked one by one; no validator of it is among the
pinned libraries.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from advisor.handlers import openapi
from advisor.handlers.api.operations import OPERATIONS

DOCUMENT = openapi.document()
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
TYPES = {"string", "number", "integer", "boolean", "array", "object"}
KEYWORDS = {
    "additionalProperties", "anyOf", "default", "description", "enum", "example", "exclusiveMaximum",
    "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength",
    "minProperties", "minimum", "multipleOf", "nullable", "pattern", "properties", "required", "type",
}  # fmt: skip
"""Of a schema, in version 3.0."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def faults(schema: Any, where: str) -> Iterator[str]:
    """What in a schema version 3.0 does not know."""
    if isinstance(schema, bool):
        return
    yield from (f"{where}: {keyword}" for keyword in schema.keys() - KEYWORDS)
    kind = schema.get("type")
    if kind is not None and kind not in TYPES:
        yield f"{where}: type {kind!r}"
    if kind == "array" and "items" not in schema:
        yield f"{where}: an array without items"
    properties = schema.get("properties", {})
    yield from (f"{where}: requires unknown {name}" for name in schema.get("required", ()) if name not in properties)
    if schema.get("required") == []:
        yield f"{where}: an empty list of required"
    for name, part in properties.items():
        yield from faults(part, f"{where}.{name}")
    parts = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]
    for part in parts:
        if part is not None:
            yield from faults(part, f"{where}[]")


def test_the_document_has_its_required_parts() -> None:
    """openapi, info with title and version, paths; each path begins with a slash and holds known methods."""
    assert re.fullmatch(r"3\.0\.\d", DOCUMENT["openapi"])
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"]
    for path, method, operation in operations():
        assert path.startswith("/")
        assert method in METHODS
        assert operation["responses"]


def test_operations_have_ids_of_their_own() -> None:
    """A generator makes one method of each."""
    ids = Counter(operation["operationId"] for _, _, operation in operations())
    assert [name for name, count in ids.items() if count > 1] == []


def test_parameters_of_the_path_are_declared_and_no_others() -> None:
    """A template without its parameter cannot be called; two of one name contradict each other."""
    for path, _, operation in operations():
        declared = [(p["in"], p["name"]) for p in operation["parameters"]]
        assert len(declared) == len(set(declared)), path
        assert {name for place, name in declared if place == "path"} == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation["parameters"]:
            assert parameter["in"] in {"path", "query", "header", "cookie"}
            assert parameter["required"] or parameter["in"] != "path"
            assert list(faults(parameter["schema"], parameter["name"])) == []


def test_every_answer_is_described() -> None:
    """The description of a response is the one thing that the specification demands of it."""
    for path, method, operation in operations():
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            assert answer.get("description") or answer["$ref"] == f"#/components/responses/{status}", (path, method)
    for answer in DOCUMENT["components"]["responses"].values():
        assert answer["description"]


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_schemas_speak_version_3_0(name: str) -> None:
    """A keyword of a later version is ignored by a reader of this one: the rule it states would hold nowhere."""
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert list(faults(DOCUMENT["components"]["schemas"][name], name)) == []


def test_every_body_has_a_model_and_every_security_scheme_exists() -> None:
    """SYS-06: whatever takes a body states what it takes."""
    schemes = DOCUMENT["components"]["securitySchemes"]
    for _, method, operation in operations():
        assert {name for choice in operation["security"] for name in choice} <= set(schemes)
        if method in {"post", "put"}:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert schema["$ref"].rsplit("/", 1)[1] in DOCUMENT["components"]["schemas"]
        else:
            assert "requestBody" not in operation
    assert {one.body is not None for one in OPERATIONS if one.method in {"POST", "PUT"}} == {True}
