"""Decision: SQL is read by a small lexer, not by regular expressions over the whole text.

Named parameters (`:name`) stand only outside of strings, quoted names, dollar quotes, comments and casts (`::`).
The Data API runs one statement a call; a second one is refused here, before anything is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from local_cloud.dataapi.errors import bad_request

_TOKEN = re.compile(
    r"""
    (?P<text>   [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" )
  | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*)?\$ .*? \$(?(tag)(?P=tag))\$ )
  | (?P<line>   --[^\n]* )
  | (?P<block>  /\* )
  | (?P<cast>   :: )
  | (?P<name>   :(?P<parameter>[A-Za-z_]\w*) )
  | (?P<end>    ; )
  | (?P<word>   [A-Za-z_]\w* )
  | (?P<other>  . )
    """,
    re.VERBOSE | re.DOTALL,
)


def bind(sql: str, names: set[str]) -> str:
    """Return `sql` with `:name` as psycopg's `%(name)s`. Refuses a second statement and a name without a value."""
    parts: list[str] = []
    missing: list[str] = []
    ended = False
    for kind, text in _tokens(sql):
        if ended and kind not in ("line", "block") and text.strip():
            raise bad_request("Multistatements aren't supported.")
        if kind == "end":
            ended = True
        elif kind == "name":
            name = text[1:]
            if name not in names:
                missing.append(name)
            parts.append(f"%({name})s")
        else:
            parts.append(text.replace("%", "%%"))
    if missing:
        raise bad_request(f"Cannot find parameter: {missing[0]}")
    return "".join(parts)


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:  # unreachable: `other` matches any character
            raise bad_request("The SQL statement cannot be read.")
        kind = match.lastgroup or "other"
        if kind == "tag":
            kind = "dollar"
        if kind == "parameter":
            kind = "name"
        end = _block_comment_end(sql, match.end()) if kind == "block" else match.end()
        yield kind, sql[position:end]
        position = end


def _block_comment_end(sql: str, position: int) -> int:
    """The end of a block comment; PostgreSQL nests them."""
    depth = 1
    for mark in re.compile(r"/\*|\*/").finditer(sql, position):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)
