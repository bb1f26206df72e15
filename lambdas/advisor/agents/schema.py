"""JSON schemas of the answers (GUARD-14) as every Bedrock model reads them: without references, and without the titles
that only cost tokens."""

from typing import Any

from pydantic import BaseModel


def tool_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The schema of an answer with its definitions put in place; fields stay in order (rationale first, XAI-01)."""
    schema = answer.model_json_schema()
    inlined: dict[str, Any] = _inline(schema, schema.pop("$defs", {}))
    return inlined


def _inline(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inline(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        named = definitions[part["$ref"].rpartition("/")[2]]
        return _inline({**named, **{key: value for key, value in part.items() if key != "$ref"}}, definitions)
    # A text under "title" is the schema's own; an object is a property that happens to be called so.
    return {
        key: _inline(value, definitions)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
    }
