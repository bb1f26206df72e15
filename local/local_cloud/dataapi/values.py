"""Decision: values cross the wire as the Data API types them, so that a missing cast fails here as it does in AWS.

In: a string is `varchar` (a jsonb or uuid column refuses it without a type hint or a cast), a long is `bigint`.
Out: numeric, date, time, uuid and json come as strings, timestamps in UTC without an offset.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import uuid
from collections.abc import Callable
from typing import Any

from psycopg.types.json import Json
from psycopg.types.numeric import Float8, Int8

from local_cloud.dataapi.errors import bad_request

Field = dict[str, Any]

_LONGS = {20: "int8", 21: "int2", 23: "int4", 26: "oid"}
_DOUBLES = {700: "float4", 701: "float8"}
_BOOLEAN, _BYTES, _TIMESTAMPTZ, _TIMETZ = 16, 17, 1184, 1266
# An array's oid to its member's oid.
_ARRAYS = {
    1000: _BOOLEAN, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701,
    1009: 25, 1015: 1043, 1231: 1700, 2951: 2950, 1182: 1082, 1115: 1114,
}  # fmt: skip


def _json(text: str) -> Json:
    try:
        json.loads(text)
    except ValueError:
        raise bad_request(f"Cannot convert the value to JSON: {text[:40]!r}") from None
    return Json(text, dumps=str)


def _timestamp(text: str) -> dt.datetime:
    shape = "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S"
    return dt.datetime.strptime(text, shape)  # noqa: DTZ007 - the Data API's timestamps carry no zone


_HINTS: dict[str, Callable[[str], Any]] = {
    "DECIMAL": decimal.Decimal,
    "UUID": uuid.UUID,
    "JSON": _json,
    "DATE": lambda text: dt.datetime.strptime(text, "%Y-%m-%d").date(),  # noqa: DTZ007 - a date has no zone
    "TIME": dt.time.fromisoformat,
    "TIMESTAMP": _timestamp,
}
_KINDS: dict[str, Callable[[Any], Any]] = {
    "stringValue": str,
    "longValue": Int8,
    "doubleValue": Float8,
    "booleanValue": bool,
    "blobValue": base64.b64decode,
}


def parameter(entry: dict[str, Any]) -> Any:
    """One SqlParameter {name, value, typeHint?} as the Python value that psycopg sends with the right type."""
    name, value, hint = entry.get("name"), entry.get("value"), entry.get("typeHint")
    if not isinstance(value, dict) or len(value) != 1:
        raise bad_request(f"The value of parameter {name!r} must hold exactly one field")
    ((kind, content),) = value.items()
    if hint and hint not in _HINTS:
        raise bad_request(f"The type hint {hint!r} of parameter {name!r} is not one of {', '.join(_HINTS)}")
    if kind == "isNull":
        return None
    if kind == "arrayValue":
        raise bad_request("Array parameters are not supported.")
    convert = _HINTS[hint] if hint and kind == "stringValue" else _KINDS.get(kind)
    if convert is None:
        raise bad_request(f"Unknown field {kind!r} in the value of parameter {name!r}")
    try:
        return convert(content)
    except (ValueError, TypeError, decimal.InvalidOperation):
        raise bad_request(f"Cannot convert parameter {name!r} to {hint or kind}: {str(content)[:40]!r}") from None


def field(raw: bytes | None, oid: int) -> Field:
    """One column of one row, in PostgreSQL's text format, as a Data API field."""
    if raw is None:
        return {"isNull": True}
    text = raw.decode()
    if oid in _ARRAYS:
        return {"arrayValue": _array(text, _ARRAYS[oid])}
    if oid in (_TIMESTAMPTZ, _TIMETZ):  # the session is in UTC: the offset is always +00
        return {"stringValue": text.removesuffix("+00")}
    kind, convert = _FIELDS.get(oid, ("stringValue", str))
    return {kind: convert(text)}


_FIELDS: dict[int, tuple[str, Callable[[str], Any]]] = {
    **dict.fromkeys(_LONGS, ("longValue", int)),
    **dict.fromkeys(_DOUBLES, ("doubleValue", float)),
    _BOOLEAN: ("booleanValue", lambda text: text == "t"),
    _BYTES: ("blobValue", lambda text: base64.b64encode(bytes.fromhex(text[2:])).decode()),
}


def _array(text: str, member: int) -> dict[str, Any]:
    """A one-dimensional array; nulls inside become "null" strings, as the Data API has no other place for them."""
    members = [] if text == "{}" else _members(text[1:-1])
    if member in _LONGS:
        return {"longValues": [int(m) for m in members]}
    if member in _DOUBLES:
        return {"doubleValues": [float(m) for m in members]}
    if member == _BOOLEAN:
        return {"booleanValues": [m == "t" for m in members]}
    return {"stringValues": members}


def _members(text: str) -> list[str]:
    members, current, quoted, escaped = [], "", False, False
    for character in text:
        if escaped:
            current, escaped = current + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            members.append(current)
            current = ""
        else:
            current += character
    return [*members, current]


def plain(value: Field, *, decimals_as_double: bool, oid: int) -> Any:
    """The same field as a plain JSON value, for `formatRecordsAs=JSON`."""
    ((kind, content),) = value.items()
    if kind == "isNull":
        return None
    if kind == "arrayValue":
        return next(iter(content.values()))
    if oid == 1700 and decimals_as_double:
        return float(content)
    return content
