"""The Data API's typed fields: Python values to named parameters, and fields back to Python values."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def encode(name: str, value: Any) -> dict[str, Any]:
    """One named parameter; mappings and lists travel as JSON, times as UTC, exact numbers as text with a hint."""
    hinted: tuple[str, str] | None = None
    field: dict[str, Any]
    match value:
        case None:
            field = {"isNull": True}
        case bool():
            field = {"booleanValue": value}
        case int():
            field = {"longValue": value}
        case float():
            field = {"doubleValue": value}
        case Decimal():
            hinted = (f"{value:f}", "DECIMAL")
        case UUID():
            hinted = (str(value), "UUID")
        case datetime():
            hinted = (value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds"), "TIMESTAMP")
        case date():
            hinted = (value.isoformat(), "DATE")
        case str():
            field = {"stringValue": str(value)}
        case Mapping() | list() | tuple():
            hinted = (json.dumps(value, default=_plain, allow_nan=False), "JSON")
        case _:
            raise TypeError(f"parameter {name!r}: the Data API has no form for {type(value).__name__}")
    if hinted:
        return {"name": name, "value": {"stringValue": hinted[0]}, "typeHint": hinted[1]}
    return {"name": name, "value": field}


def _plain(value: Any) -> Any:
    """JSON form of what payloads hold: exact numbers as numbers, the rest as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "uuid": UUID,
    "numeric": Decimal,
    "json": json.loads,
    "jsonb": json.loads,
    "date": date.fromisoformat,
    "timestamp": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
    "timestamptz": lambda text: _aware(datetime.fromisoformat(text)),
}


def _aware(moment: datetime) -> datetime:
    """Texts without a zone are UTC: that is the Data API's session zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def decode(field: Mapping[str, Any], kind: str) -> Any:
    """Python value of one typed field (``kind`` is PostgreSQL's type name)."""
    if field.get("isNull"):
        return None
    (value,) = field.values()
    return _FROM_TEXT[kind](value) if kind in _FROM_TEXT and isinstance(value, str) else value
