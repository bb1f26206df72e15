"""The API's contract as an OpenAPI 3.0 document, generated from the operations and their models (API-14).

    python -m advisor.handlers.openapi > lambdas/openapi.json

Decisions: generated when building, never at run time; 3.0 in the dialect that API Gateway's models understand too (JSON
schema draft 4: boolean ``exclusiveMinimum``, no ``const``); every component is self-contained, so each can become a
gateway model as it stands; symbols carry no pattern, because the environment chooses it and the function's own answer
("Invalid symbol format") is better than the gateway's.
"""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from advisor.domain import errors
from advisor.domain.errors import AdvisorError
from advisor.handlers.api.answers import ErrorEnvelope
from advisor.handlers.api.app import InternalError
from advisor.handlers.api.envelope import UnauthorizedError
from advisor.handlers.api.operations import ALWAYS, OPERATIONS, PATH_SCHEMAS, Operation, Parameter

VERSION = "1.1.0"
"""The first number says that clients break: `alex api diff` demands it."""
UUID_SCHEMA = {"type": "string", "format": "uuid"}
ERRORS: tuple[type[AdvisorError], ...] = (
    errors.BadRequestError,
    UnauthorizedError,
    errors.NotPermittedError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.TooLargeError,
    errors.InvalidInputError,
    errors.ThrottledError,
    InternalError,
    errors.UnavailableError,
)


class _Numbers(GenerateJsonSchema):
    """Exact numbers travel as JSON numbers in both directions."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        """A number with its bounds."""
        bounds = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
        return {"type": "number"} | {name: float(schema[key]) for key, name in bounds.items() if key in schema}


def schema_of(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """A model's schema without references, in OpenAPI 3.0's words."""
    raw = model.model_json_schema(mode=mode, schema_generator=_Numbers)
    definitions = raw.pop("$defs", {})
    resolved = _translate(raw, definitions)
    assert isinstance(resolved, dict)
    return resolved


def _translate(node: Any, definitions: dict[str, Any]) -> Any:
    """One node with references put in place and newer keywords turned into older ones."""
    if isinstance(node, list):
        return [_translate(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        # The descriptions of shared types speak to developers of this code.
        target = {**definitions[node["$ref"].rsplit("/", 1)[1]]}
        target.pop("description", None)
        extra = {key: value for key, value in node.items() if key != "$ref"}
        return _translate({**target, **extra}, definitions)
    made = {
        key: {name: _translate(item, definitions) for name, item in value.items()}
        if key == "properties"
        else _translate(value, definitions)
        for key, value in node.items()
        if key != "title"
    }
    if "anyOf" in made:
        kinds = [kind for kind in made["anyOf"] if kind != {"type": "null"}]
        if len(kinds) < len(made["anyOf"]):
            made["nullable"] = True
        if len(kinds) == 1:
            made = {**{key: value for key, value in made.items() if key != "anyOf"}, **kinds[0]}
        else:
            made["anyOf"] = kinds
    if "propertyNames" in made:  # of a later version: the keys that there may be become properties
        value, keys = made.pop("additionalProperties"), made.pop("propertyNames")["enum"]
        made |= {"properties": dict.fromkeys(keys, value), "additionalProperties": False}
    if "const" in made:
        made["enum"] = [made.pop("const")]
    for limit, word in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(word), int | float) and not isinstance(made.get(word), bool):
            made[limit], made[word] = made[word], True
    return made


def _errors(operation: Operation) -> list[int]:
    """The statuses that an operation may refuse with."""
    always = (500,) if operation.public else ALWAYS
    return sorted({*always, *operation.errors})


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    """Path, query and header parameters."""
    stated = {parameter.name for parameter in operation.parameters}
    path = [
        Parameter(part[1:-1], "path", PATH_SCHEMAS.get(part[1:-1], UUID_SCHEMA), "Id of the record")
        for part in operation.path.split("/")
        if part.startswith("{") and part[1:-1] not in stated
    ]
    return [
        {
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.place == "path",
            "description": parameter.description,
            "schema": parameter.schema,
        }
        for parameter in (*path, *operation.parameters)
    ]


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _described(operation: Operation) -> dict[str, Any]:
    """One operation of the document."""
    answer: dict[str, Any] = {"description": "Done" if operation.answer is None else "The answer"}
    if operation.answer is not None:
        answer["content"] = _content(operation.answer)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {str(operation.status): answer}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in _errors(operation)},
        "security": [] if operation.public else [{"token": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _refusals() -> dict[str, Any]:
    """The answers that refuse, by status, with the very texts."""
    refusals: dict[str, Any] = {}
    for error in ERRORS:
        refusals[str(error.status)] = {
            "description": error.message,
            "content": _content(ErrorEnvelope),
            **(
                {"headers": {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}}
                if error.status in {429, 503}
                else {}
            ),
        }
    return refusals


def document() -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {"ErrorEnvelope": schema_of(ErrorEnvelope, "serialization")}
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        if operation.body is not None:
            schemas[operation.body.__name__] = schema_of(operation.body, "validation")
        if operation.answer is not None:
            schemas[operation.answer.__name__] = schema_of(operation.answer, "serialization")
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Alex",
            "version": VERSION,
            "description": "Portfolios and their analysis. Money is USD, percentages are 0 to 100, times are UTC.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _refusals(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def text() -> str:
    """The document as committed: sorted, so that a change shows as one."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
