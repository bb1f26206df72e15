"""The API's contract as a page for people, `docs/api.html` (API-14): one file, no script, nothing loaded.

Decision: generated from the committed document alone, so that the page can say nothing else than the contract; every
operation shows its parameters, its body, its answer and each refusal with the text that users read.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from alex import places
from alex.api_changes import Contract

CONTRACT = places.ROOT / "lambdas" / "openapi.json"
TARGET = places.ROOT / "docs" / "api.html"
STYLE = Path(__file__).with_name("api_page.css")
DEEPEST = 6
"""Levels of nested fields that are listed; the contract has fewer."""

Schema = Mapping[str, Any]


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    contract, info = Contract(document), document["info"]
    operations = contract.operations()
    links = "".join(
        f'<li><a href="#{_anchor(one)}"><code>{escape(name)}</code></a></li>' for name, one in operations.items()
    )
    sections = "\n".join(_operation(name, one) for name, one in operations.items())
    refusals = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td></tr>"
        for status, answer in sorted(document["components"]["responses"].items())
    )
    title = f"{info['title']} API {info['version']}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{STYLE.read_text("utf-8").strip()}
</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p>{escape(info["description"])} Every operation but <code>GET /health</code> wants a bearer token
(<code>Authorization: Bearer …</code>). A request that is repeated with the same <code>Idempotency-Key</code> acts once.
Lists come in pages: give <code>next_cursor</code> of an answer as <code>cursor</code> to go on; null is the end.</p>
</header>
<nav aria-label="Operations"><ul>{links}</ul></nav>
<main>
{sections}
<section id="refusals">
<h2>Refusals</h2>
<p>Every refusal has one form:
<code>{{"error": {{"code", "message", "request_id", "details": [{{"field", "reason"}}]}}}}</code>.
429 and 503 say in <code>Retry-After</code> after how many seconds to try again.</p>
<table><thead><tr><th scope="col">Status</th><th scope="col">Message</th></tr></thead><tbody>{refusals}</tbody></table>
</section>
</main>
</body>
</html>
"""


def _anchor(operation: Schema) -> str:
    return escape(str(operation["operationId"]), quote=True)


def _operation(name: str, operation: Schema) -> str:
    method, path = name.split(" ", 1)
    parts = [
        f'<section id="{_anchor(operation)}">',
        f'<h2><span class="method {method.lower()}">{method}</span> <code>{escape(path)}</code></h2>',
        f"<p>{escape(operation['summary'])}</p>",
    ]
    if operation["parameters"]:
        parts.append(_table("Parameters", [_parameter(item) for item in operation["parameters"]]))
    if "requestBody" in operation:
        parts.append(_shape("Body", operation["requestBody"]["content"]["application/json"]["schema"]))
    refused = []
    for status, answer in sorted(operation["responses"].items()):
        if not status.startswith("2"):
            refused.append(f"<li><b>{escape(status)}</b> {escape(answer['description'])}</li>")
        elif "content" in answer:
            parts.append(_shape(f"Answer {status}", answer["content"]["application/json"]["schema"]))
        else:
            parts.append(f"<h3>Answer {escape(status)}</h3><p>No content.</p>")
    parts.append(f"<details><summary>Refusals</summary><ul>{''.join(refused)}</ul></details></section>")
    return "\n".join(parts)


def _parameter(item: Schema) -> "Row":
    schema, place = item["schema"], item["in"]
    return item["name"], f"{_kind(schema)}, {place}", _rules(schema), bool(item.get("required")), item["description"]


def _shape(title: str, schema: Schema) -> str:
    """A schema as a table of its fields, nested ones with their path."""
    if schema.get("type") == "array":
        return _table(f"{title}: a list of", list(_fields(schema["items"], "", 1)))
    rows = list(_fields(schema, "", 1))
    return _table(title, rows) if rows else f"<h3>{escape(title)}</h3><p>An object without fields.</p>"


Row = tuple[str, str, str, bool, str]


def _fields(schema: Schema, above: str, level: int) -> Iterator[Row]:
    """(path, kind, rules, required, description) of each field."""
    if level > DEEPEST:
        return
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        path = f"{above}{name}"
        yield path, _kind(field), _rules(field), name in required, str(field.get("description", ""))
        inner = field.get("items") if field.get("type") == "array" else field
        if isinstance(inner, Mapping) and inner.get("properties"):
            yield from _fields(inner, f"{path}[]." if inner is not field else f"{path}.", level + 1)


def _kind(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(form) for form in schema["anyOf"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        kind = f"list of {_kind(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        kind = f"map to {_kind(schema['additionalProperties'])}"
    if "format" in schema:
        kind = f"{kind} ({schema['format']})"
    return f"{kind} or null" if schema.get("nullable") else kind


def _rules(schema: Schema) -> str:
    """Limits, values and default as a person reads them."""
    said = []
    if "enum" in schema:
        said.append("one of " + ", ".join(map(str, schema["enum"])))
    if "minimum" in schema:
        said.append(f"{'more than' if schema.get('exclusiveMinimum') else 'at least'} {schema['minimum']:g}")
    if "maximum" in schema:
        said.append(f"{'less than' if schema.get('exclusiveMaximum') else 'at most'} {schema['maximum']:g}")
    if "minLength" in schema:
        said.append(f"at least {schema['minLength']} characters")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    if "default" in schema:
        said.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    return "; ".join(said)


def _table(title: str, rows: list[Row]) -> str:
    body = "".join(
        f"<tr><td><code>{escape(name)}</code>{' <b>required</b>' if required else ''}</td>"
        f"<td>{escape(kind)}</td><td>{escape(rules)}</td><td>{escape(description)}</td></tr>"
        for name, kind, rules, required, description in rows
    )
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Name", "Kind", "Rules", "What it is"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<h3>{escape(title)}</h3><div class="scroll">{table}</div>'


def text() -> str:
    """The page of the committed contract."""
    return page(json.loads(CONTRACT.read_text("utf-8")))


if __name__ == "__main__":
    places.written(TARGET, text())
