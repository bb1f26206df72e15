"""Lists come in pages: `limit` (1 to 100) and `cursor` in the query, `next_cursor` in the answer (null at the end).

Decisions: a cursor is the sort key of the last record that was shown, so a page continues behind it whatever is
inserted or deleted meanwhile, and costs the same however far the reader has come (no OFFSET); it is opaque to clients
(URL-safe base64 of a JSON list of texts) but not secret and not signed: it only says where to go on in a list that the
caller may read anyway. What is no cursor of the list is refused.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from advisor.domain.errors import Detail, InvalidInputError
from advisor.handlers.api.operations import Call, Parameter

MOST = 100
_LONGEST = 1024
LIMIT = Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": MOST, "default": MOST}, "Most records")
CURSOR = Parameter(
    "cursor", "query", {"type": "string", "maxLength": _LONGEST}, "Where to go on: next_cursor of the page before"
)
PAGED = (LIMIT, CURSOR)
"""The parameters of every operation that answers a page."""

Item = TypeVar("Item")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """At most ``limit`` records behind the key ``after`` (None: from the start)."""

    limit: int
    after: Key | None

    def cut(self, found: Sequence[Item], key: Callable[[Item], Key]) -> tuple[list[Item], str | None]:
        """The page of ``limit + 1`` records that were looked for, and its next_cursor: None where nothing follows."""
        shown = list(found[: self.limit])
        return shown, cursor_of(key(shown[-1])) if len(found) > self.limit else None


def word(text: str) -> str:
    """A part of a key that is a plain word (a symbol)."""
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", text):
        raise ValueError("not a word")
    return text


def moment(text: str) -> datetime:
    """A part of a key that is a time; it has a zone, and leaves as UTC: the database knows no zone of 23 hours."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found.astimezone(UTC)


BY_TIME: tuple[Callable[[str], Any], ...] = (moment, UUID)
"""The key of lists by time: (created_at, id)."""


def page_of(call: Call, kinds: Sequence[Callable[[str], Any]] = BY_TIME) -> Page:
    """The page that the query asks for; ``kinds`` read the parts of the list's key. Raises InvalidInputError."""
    limit = call.whole_number("limit", default=MOST, least=1, most=MOST)
    text = call.query.get("cursor")
    return Page(limit, None if text is None else _key(text, kinds))


def cursor_of(key: Key) -> str:
    """The cursor of a record's sort key."""
    parts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def _key(cursor: str, kinds: Sequence[Callable[[str], Any]]) -> Key:
    if len(cursor) > _LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]+", cursor):
        _refuse()
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            _refuse()
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, OverflowError, binascii.Error, RecursionError):
        _refuse()


def _refuse() -> NoReturn:
    raise InvalidInputError([Detail("cursor", "Use next_cursor of the page before, unchanged")]) from None
