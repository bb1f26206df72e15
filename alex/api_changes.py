"""What differs between two versions of the API's contract, and whether clients of the old one break (API-14).

Decision: what the API takes may only become wider, what it gives only narrower. So a new required field, a removed
property, a lower limit break a request, and a removed property, a new value of an enumeration, a field that may now be
missing break an answer. Words (summaries, descriptions) are no part of the contract. Documents are compared with their
references resolved, so that moving a schema is no change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alex.api_schema_changes import ApiChange, Schema, schema_changes

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


@dataclass(frozen=True)
class Contract:
    """A document, with its references resolved on demand."""

    document: Mapping[str, Any]

    @property
    def version(self) -> str:
        """``info.version``."""
        return str(self.document.get("info", {}).get("version", "0"))

    @property
    def major(self) -> int:
        """The version's first number; 0 when it has none."""
        first = self.version.partition(".")[0]
        return int(first) if first.isdigit() else 0

    def operations(self) -> dict[str, Schema]:
        """Each operation by ``METHOD /path``, whole."""
        return {
            f"{method.upper()} {path}": self.resolved(item[method])
            for path, item in self.document.get("paths", {}).items()
            for method in METHODS
            if method in item
        }

    def resolved(self, node: Any) -> Any:
        """The node without references; one that leads nowhere is an empty schema (the contract's tests find it)."""
        if isinstance(node, list):
            return [self.resolved(item) for item in node]
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("$ref"), str):
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, Mapping) else {}
            return self.resolved(target)
        return {key: self.resolved(value) for key, value in node.items()}


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ApiChange]:
    """Every difference that a client can notice, breaking ones first."""
    old, new = Contract(before).operations(), Contract(after).operations()
    found: list[ApiChange] = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(ApiChange(True, name, "operation removed"))
        elif name not in old:
            found.append(ApiChange(False, name, "operation added"))
        else:
            found += _operation(name, old[name], new[name])
    return sorted(found, key=lambda change: (not change.breaking, change.where, change.what))


def refused(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Something breaks, and the major version does not say so."""
    broken = any(change.breaking for change in compared(before, after))
    return broken and Contract(after).major <= Contract(before).major


def _operation(name: str, before: Schema, after: Schema) -> Iterator[ApiChange]:
    if before.get("operationId") != after.get("operationId"):
        yield ApiChange(True, name, f"operationId {before.get('operationId')} -> {after.get('operationId')}")
    if before.get("security", []) != after.get("security", []):
        yield ApiChange(bool(after.get("security")), name, "security changed")
    yield from _parameters(name, _by_name(before), _by_name(after))
    yield from _body(f"{name} body", before.get("requestBody"), after.get("requestBody"))
    yield from _answers(name, before.get("responses", {}), after.get("responses", {}))


def _by_name(operation: Schema) -> dict[str, Schema]:
    return {f"{item['in']} {item['name']}": item for item in operation.get("parameters", [])}


def _parameters(name: str, before: dict[str, Schema], after: dict[str, Schema]) -> Iterator[ApiChange]:
    for key in sorted({*before, *after}):
        where = f"{name} {key}"
        if key not in after:
            yield ApiChange(True, where, "parameter removed")
        elif key not in before:
            demanded = bool(after[key].get("required"))
            yield ApiChange(demanded, where, f"{'required' if demanded else 'optional'} parameter added")
        else:
            yield from _demand(where, before[key], after[key])
            yield from schema_changes(where, before[key].get("schema", {}), after[key].get("schema", {}), taken=True)


def _demand(where: str, before: Schema, after: Schema) -> Iterator[ApiChange]:
    if bool(before.get("required")) != bool(after.get("required")):
        demanded = bool(after.get("required"))
        yield ApiChange(demanded, where, "became required" if demanded else "is no longer required")


def _body(where: str, before: Schema | None, after: Schema | None) -> Iterator[ApiChange]:
    if before is None and after is not None:
        yield ApiChange(bool(after.get("required")), where, "body added")
    elif before is not None and after is None:
        yield ApiChange(True, where, "body removed")
    elif before is not None and after is not None:
        yield from _demand(where, before, after)
        yield from _contents(where, before.get("content", {}), after.get("content", {}), taken=True)


def _answers(name: str, before: Schema, after: Schema) -> Iterator[ApiChange]:
    for status in sorted({*before, *after}):
        where = f"{name} {status}"
        if status not in after:
            yield ApiChange(True, where, "status removed")
        elif status not in before:
            yield ApiChange(False, where, "status added")
        else:
            old, new = before[status], after[status]
            yield from _contents(where, old.get("content", {}), new.get("content", {}), taken=False)
            for header in sorted({*old.get("headers", {})} ^ {*new.get("headers", {})}):
                gone = header in old.get("headers", {})
                yield ApiChange(gone, where, f"header {header} {'removed' if gone else 'added'}")


def _contents(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    for kind in sorted({*before, *after}):
        if kind not in after:
            yield ApiChange(True, where, f"{kind} removed")
        elif kind not in before:
            yield ApiChange(False, where, f"{kind} added")
        else:
            yield from schema_changes(where, before[kind].get("schema", {}), after[kind].get("schema", {}), taken=taken)
