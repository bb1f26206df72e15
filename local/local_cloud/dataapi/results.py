"""Decision: a result is built from PostgreSQL's own text form, column by column; no Python value in between."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from local_cloud.dataapi import values
from local_cloud.dataapi.errors import bad_request

Json = dict[str, Any]
ROW_LIMIT_BYTES = 64 * 1024
RESPONSE_LIMIT_BYTES = 1024 * 1024
# JDBC type codes, which the Data API shows in its metadata, by PostgreSQL type name.
_JDBC = {
    "bool": -7, "int2": 5, "int4": 4, "int8": -5, "float4": 7, "float8": 8, "numeric": 2, "varchar": 12,
    "text": 12, "bpchar": 1, "date": 91, "time": 92, "timestamp": 93, "timestamptz": 93, "bytea": -2,
}  # fmt: skip
_OTHER = 1111


def response(cursor: psycopg.Cursor[Any], request: Json) -> Json:
    """The ExecuteStatement response of a finished cursor. Raises DataApiError over the limits."""
    raw = cursor.pgresult
    selects = (cursor.statusmessage or "").startswith("SELECT")
    updated = 0 if selects else max(cursor.rowcount, 0)
    answer: Json = {"numberOfRecordsUpdated": updated, "generatedFields": []}
    if raw is None or cursor.description is None:
        return answer
    oids = [raw.ftype(column) for column in range(raw.nfields)]
    records = []
    total = 0
    for row in range(raw.ntuples):
        cells = [raw.get_value(row, column) for column in range(raw.nfields)]
        size = sum(len(cell) for cell in cells if cell is not None)
        if size > ROW_LIMIT_BYTES:
            raise bad_request(f"Database returned a row of {size} bytes; the limit is 64 KB. Keep big values in S3.")
        total += size
        if total > RESPONSE_LIMIT_BYTES:
            raise bad_request("Database returned more than the allowed response size limit of 1 MiB. Use pages.")
        records.append([values.field(cell, oid) for cell, oid in zip(cells, oids, strict=True)])
    if request.get("formatRecordsAs") == "JSON":
        answer["formattedRecords"] = _formatted(records, oids, cursor, request)
    else:
        answer["records"] = records
    if request.get("includeResultMetadata"):
        answer["columnMetadata"] = [_metadata(column) for column in cursor.description]
    return answer


def _formatted(records: list[list[values.Field]], oids: list[int], cursor: psycopg.Cursor[Any], request: Json) -> str:
    options = request.get("resultSetOptions") or {}
    doubles = options.get("decimalReturnType") == "DOUBLE_OR_LONG"
    names = [column.name for column in cursor.description or ()]
    rows = [
        {
            name: values.plain(value, decimals_as_double=doubles, oid=oid)
            for name, value, oid in zip(names, record, oids, strict=True)
        }
        for record in records
    ]
    return json.dumps(rows, separators=(",", ":"))


def _metadata(column: psycopg.Column) -> Json:
    kind = psycopg.adapters.types.get(column.type_code)
    name = kind.name if kind else str(column.type_code)
    return {
        "name": column.name,
        "label": column.name,
        "type": _JDBC.get(name, _OTHER),
        "typeName": name,
        "nullable": 2,
        "precision": column.precision or 0,
        "scale": column.scale or 0,
        "arrayBaseColumnType": 0,
        "isAutoIncrement": False,
        "isCaseSensitive": False,
        "isCurrency": False,
        "isSigned": name in ("int2", "int4", "int8", "float4", "float8", "numeric"),
        "schemaName": "",
        "tableName": "",
    }
