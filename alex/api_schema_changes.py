"""How two schemas of the API's contract differ, for what the API takes and for what it gives (see `api_changes`).

Each rule asks whether the set of allowed values became narrower or wider. ``taken``: narrower breaks. Given: wider
breaks. What became another kind altogether breaks both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

LEAST = {"minLength": "length", "minItems": "items", "minProperties": "fields"}
MOST = {"maxLength": "length", "maxItems": "items", "maxProperties": "fields"}
RULES = ("pattern", "format", "multipleOf")


@dataclass(frozen=True)
class ApiChange:
    """One difference: where (operation, part, field) and what; ``breaking`` for clients of the old version."""

    breaking: bool
    where: str
    what: str


def schema_changes(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    """Every difference of two resolved schemas."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        before = before if isinstance(before, Mapping) else {}
        after = after if isinstance(after, Mapping) else {}
    yield from _kind(where, before, after, taken=taken)
    yield from _values(where, before, after, taken=taken)
    yield from _bounds(where, before, after, taken=taken)
    yield from _fields(where, before, after, taken=taken)
    yield from _others(where, before, after, taken=taken)
    yield from _alternatives(where, before.get("anyOf"), after.get("anyOf"), taken=taken)
    if "items" in before or "items" in after:
        yield from schema_changes(f"{where}[]", before.get("items", {}), after.get("items", {}), taken=taken)


def _narrower(where: str, what: str, *, taken: bool) -> ApiChange:
    return ApiChange(taken, where, what)


def _wider(where: str, what: str, *, taken: bool) -> ApiChange:
    return ApiChange(not taken, where, what)


def _kind(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    old, new = before.get("type"), after.get("type")
    if old != new:
        what = f"type {old or 'any'} -> {new or 'any'}"
        if (old, new) == ("integer", "number") or new is None:
            yield _wider(where, what, taken=taken)
        elif (old, new) == ("number", "integer") or old is None:
            yield _narrower(where, what, taken=taken)
        else:
            yield ApiChange(True, where, what)
    if bool(before.get("nullable")) != bool(after.get("nullable")):
        said = _wider if after.get("nullable") else _narrower
        yield said(where, "may be null now" if after.get("nullable") else "may not be null any more", taken=taken)
    if before.get("default") != after.get("default") and taken:
        # The same request means something else; where there was no default before, it could not be left to one.
        breaks = "default" in before
        yield ApiChange(breaks, where, f"default {before.get('default')} -> {after.get('default')}")


def _values(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    old, new = before.get("enum"), after.get("enum")
    if old is None and new is not None:
        yield _narrower(where, f"only these values now: {_list(new)}", taken=taken)
    elif old is not None and new is None:
        yield _wider(where, "any value now, no longer a list", taken=taken)
    elif old is not None and new is not None:
        if gone := [value for value in old if value not in new]:
            yield _narrower(where, f"value removed: {_list(gone)}", taken=taken)
        if more := [value for value in new if value not in old]:
            yield _wider(where, f"value added: {_list(more)}", taken=taken)


def _list(values: list[Any]) -> str:
    return ", ".join(map(str, values))


def _bounds(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    limits = [
        ("minimum", _bound(before, "minimum"), _bound(after, "minimum"), 1),
        ("maximum", _bound(before, "maximum"), _bound(after, "maximum"), -1),
        *((name, before.get(name), after.get(name), 1) for name in LEAST),
        *((name, before.get(name), after.get(name), -1) for name in MOST),
    ]
    for name, old, new, sign in limits:
        if old == new:
            continue
        tighter = old is None or (new is not None and (new > old) == (sign > 0))
        said = _narrower if tighter else _wider
        yield said(where, f"{name} {_bare(old)} -> {_bare(new)}", taken=taken)
    for name in RULES:
        old, new = before.get(name), after.get(name)
        if old != new:
            what = f"{name} {old or 'none'} -> {new or 'none'}"
            if old is not None and new is not None:
                yield ApiChange(True, where, what)
            else:
                yield (_narrower if old is None else _wider)(where, what, taken=taken)


def _bound(schema: Schema, name: str) -> tuple[float, int] | None:
    """A limit that can be compared: with the limit itself excluded it is a little tighter."""
    if name not in schema:
        return None
    excluded = bool(schema.get("exclusiveMinimum" if name == "minimum" else "exclusiveMaximum"))
    return float(schema[name]), int(excluded) * (1 if name == "minimum" else -1)


def _bare(limit: Any) -> str:
    if isinstance(limit, tuple):
        return f"{limit[0]:g}{' (excluded)' if limit[1] else ''}"
    return "none" if limit is None else str(limit)


def _fields(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    old, new = before.get("properties", {}), after.get("properties", {})
    was, now = {*before.get("required", ())}, {*after.get("required", ())}
    for name in sorted({*old, *new}):
        field = f"{where} .{name}"
        if name not in new:
            yield ApiChange(True, field, "field removed")
        elif name not in old:
            demanded = taken and name in now
            yield ApiChange(demanded, field, "required field added" if demanded else "field added")
        else:
            if (name in was) != (name in now):
                said = _narrower if name in now else _wider
                yield said(field, "became required" if name in now else "may be absent now", taken=taken)
            yield from schema_changes(field, old[name], new[name], taken=taken)


def _others(where: str, before: Schema, after: Schema, *, taken: bool) -> Iterator[ApiChange]:
    """Fields that the schema does not name."""
    old, new = before.get("additionalProperties", True), after.get("additionalProperties", True)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from schema_changes(f"{where} .*", old, new, taken=taken)
    elif old != new:
        # False allows nothing, a schema some, True everything.
        closed = _freedom(new) < _freedom(old)
        said = _narrower if closed else _wider
        yield said(where, f"other fields {'are refused or restricted' if closed else 'are allowed'} now", taken=taken)


def _freedom(other: Any) -> int:
    return 1 if isinstance(other, Mapping) else 2 if other else 0


def _alternatives(where: str, before: Any, after: Any, *, taken: bool) -> Iterator[ApiChange]:
    if before == after:
        return
    old, new = before or [], after or []
    if len(old) == len(new):
        for at, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from schema_changes(f"{where} (form {at + 1})", left, right, taken=taken)
        return
    if gone := [form for form in old if form not in new]:
        yield ApiChange(taken or not new, where, f"{len(gone)} of its forms removed")
    if more := [form for form in new if form not in old]:
        yield ApiChange(not taken or not old, where, f"{len(more)} forms added")
