"""Decision: errors carry the Data API's own names and texts, with the SQLSTATE at the end as Aurora writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the request's reader is tested where psycopg is not installed
    import psycopg

_QUERY_CANCELED = "57014"


class DataApiError(Exception):
    """An error of the Data API: `code` is the exception's name, `status` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def bad_request(message: str) -> DataApiError:
    """The request itself is wrong: nothing reached the database."""
    return DataApiError("BadRequestException", message)


def from_postgres(error: psycopg.Error) -> DataApiError:
    """Map a PostgreSQL error to what the Data API of Aurora PostgreSQL answers for it."""
    if error.sqlstate == _QUERY_CANCELED:
        return DataApiError("StatementTimeoutException", "Statement timed out: it ran longer than 45 seconds")
    if error.sqlstate is None:
        return DataApiError("DatabaseUnavailableException", "The local PostgreSQL does not answer", 504)
    diagnosis = error.diag
    text = f"ERROR: {diagnosis.message_primary}"
    if diagnosis.message_detail:
        text += f"\n  Detail: {diagnosis.message_detail}"
    if diagnosis.message_hint:
        text += f"\n  Hint: {diagnosis.message_hint}"
    if diagnosis.statement_position:
        text += f"\n  Position: {diagnosis.statement_position}"
    return DataApiError("DatabaseErrorException", f"{text}; SQLState: {error.sqlstate}")
