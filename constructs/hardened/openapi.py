"""Reads an OpenAPI document into routes, and its schemas into the dialect that API Gateway validates (JSON Schema
draft 4).

Decisions:
- References are resolved in place: a model is one self-contained schema, and a recursive one is refused.
- What a newer dialect says differently is said draft 4's way (`const`, numeric `exclusiveMinimum`, `nullable`).
- `pattern` and `format` are left to the function: a symbol's pattern is a setting of the environment, and only the
  function can say which field is wrong and why. The gateway keeps away what has the wrong shape altogether.
- A keyword nobody considered is an error, not silently a weaker check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
METHODS = ("get", "post", "put", "patch", "delete")
_KEPT = frozenset(
    [
        "type",
        "enum",
        "required",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    ]
)
_LEFT_OUT = frozenset(
    [
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "discriminator",
        "pattern",
        "format",
        "nullable",
        "xml",
        "externalDocs",
        "$comment",
    ]
)
_CHOICES = frozenset({"anyOf", "oneOf", "allOf"})
_BY_NAME = frozenset({"properties", "patternProperties"})
_NESTED = _CHOICES | _BY_NAME | {"items", "not", "additionalProperties"}
_NULL = {"type": "null"}

Schema = dict[str, Any]


class ContractError(ValueError):
    """The OpenAPI document cannot become a REST API; the text says where and why."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation: where it is, what may come with it, and whether it needs a token.

    :param parameters: API Gateway's request parameters (``method.request.path.id``) -> required.
    :param body: draft-4 schema of the JSON body, or None.
    """

    method: str
    path: str
    open: bool
    parameters: Mapping[str, bool]
    body: Schema | None


def routes(document: Mapping[str, Any]) -> tuple[Route, ...]:
    """The operations of an OpenAPI 3 document, sorted by path and method.

    :raises ContractError: nothing to serve, an unresolvable or recursive reference, an unknown keyword.
    """
    found = []
    for path, item in sorted(document.get("paths", {}).items()):
        for method in METHODS:
            if method in item:
                found.append(_route(document, path, method, item))
    if not found:
        raise ContractError("the OpenAPI document has no paths: generate it from the handlers first")
    return tuple(found)


def _route(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Route:
    operation = item[method]
    where = f"{method.upper()} {path}"
    parameters = {}
    for parameter in (*item.get("parameters", ()), *operation.get("parameters", ())):
        parameter = _resolved(document, parameter, where)  # noqa: PLW2901 - the same parameter, dereferenced
        place = {"query": "querystring", "header": "header", "path": "path"}.get(parameter["in"])
        if place:
            parameters[f"method.request.{place}.{parameter['name']}"] = bool(parameter.get("required", False))
    body = None
    if "requestBody" in operation:
        request = _resolved(document, operation["requestBody"], where)
        content = request.get("content", {}).get("application/json")
        if content is None:
            raise ContractError(f"{where}: the request body is not application/json")
        body = {"$schema": DRAFT_4, **draft_4(content["schema"], document, where=where)}
    security = operation.get("security", document.get("security"))
    return Route(method=method.upper(), path=path, open=security == [], parameters=parameters, body=body)


def draft_4(schema: Any, document: Mapping[str, Any], *, where: str, above: tuple[str, ...] = ()) -> Schema:
    """``schema`` without references, in draft 4."""
    if schema is True:
        return {}
    if schema is False:
        return {"not": {}}
    if "$ref" in schema:
        name = schema["$ref"]
        if name in above:
            raise ContractError(f"{where}: {name} refers to itself, which API Gateway cannot hold in one model")
        return draft_4(_resolved(document, schema, where), document, where=where, above=(*above, name))
    out: Schema = {}
    for word, value in schema.items():
        if word in _NESTED:
            parts = _each(word, value, lambda part, at: draft_4(part, document, where=at, above=above), where)
            out |= _combined(word, parts) if word in _CHOICES else {word: parts}
        elif word in _LEFT_OUT or word.startswith("x-"):
            continue
        else:
            out |= _said_in_draft_4(word, value, where)
    return _nullable(out) if schema.get("nullable") else out


def _each(word: str, value: Any, convert: Callable[[Any, str], Schema], where: str) -> Any:
    """The schemas below a keyword, converted: a list, a mapping by name, or one."""
    if word in _CHOICES:
        return [convert(part, where) for part in value]
    if word in _BY_NAME:
        return {name: convert(part, f"{where} {name}") for name, part in value.items()}
    return value if isinstance(value, bool) else convert(value, where)


def _said_in_draft_4(word: str, value: Any, where: str) -> Schema:
    """One keyword that holds no schema."""
    if word in _KEPT:
        return {word: value}
    if word == "const":
        return {"enum": [value]}
    if word in {"exclusiveMinimum", "exclusiveMaximum"}:
        bound = word.removeprefix("exclusive").lower()
        return {word: value} if isinstance(value, bool) else {bound: value, word: True}
    raise ContractError(f"{where}: the schema keyword {word!r} has no draft-4 form here: express it otherwise")


def _combined(word: str, parts: list[Schema]) -> Schema:
    """``anyOf`` with null becomes a nullable type where that says the same, more plainly."""
    rest = [part for part in parts if part != _NULL]
    if word != "allOf" and len(rest) == 1 and len(parts) == 2:
        return _nullable(rest[0])
    return {word: parts}


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, _NULL]}


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The node itself, or what its ``$ref`` names inside the document."""
    if "$ref" not in node:
        return node
    reference = str(node["$ref"])
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if not reference.startswith("#/") or part not in found:
            raise ContractError(f"{where}: {reference} is not in the document")
        found = found[part]
    return _resolved(document, found, where)
