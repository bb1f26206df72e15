"""CloudWatch Logs' filter patterns for JSON, evaluated: so that a test can ask whether an event would have counted.

What the patterns here use: ``{ ... }``, ``&&`` before ``||``, brackets, ``$.a.b``, ``=``, ``!=``, ``NOT EXISTS``, bare
and quoted words, ``*`` at either end of a quoted one. Anything else is refused, so that no pattern passes unread.
Whether a field that is missing differs from a word, AWS does not say: asking that is refused too.
"""

import re
from fnmatch import fnmatchcase
from typing import Any

TOKEN = re.compile(r"\s*(&&|\|\||!=|=|\(|\)|NOT EXISTS|\$[\w.]+|\"[^\"]*\"|[\w.*-]+)")
MISSING = object()


class PatternError(ValueError):
    """The pattern says something that this evaluator does not know."""


def matches(pattern: str, event: dict[str, Any]) -> bool:
    """Whether a metric filter with ``pattern`` counts ``event``."""
    text = pattern.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise PatternError(f"not a JSON pattern: {pattern}")
    tokens, rest = [], text[1:-1].rstrip()
    while rest:
        found = TOKEN.match(rest)
        if not found:
            raise PatternError(f"cannot read {rest[:40]!r}")
        tokens.append(found.group(1))
        rest = rest[found.end() :].rstrip()
    reader = _Reader(tokens, event)
    result = reader.either()
    if reader.tokens:
        raise PatternError(f"{reader.tokens} are left over in {pattern}")
    return result


class _Reader:
    def __init__(self, tokens: list[str], event: dict[str, Any]) -> None:
        self.tokens, self._event = tokens, event

    def either(self) -> bool:
        result = self._both()
        while self._next_is("||"):
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._term()
        while self._next_is("&&"):
            result = self._term() and result
        return result

    def _term(self) -> bool:
        if self._next_is("("):
            result = self.either()
            if not self._next_is(")"):
                raise PatternError("a bracket is not closed")
            return result
        field = self._take()
        if not field.startswith("$."):
            raise PatternError(f"{field} is no field")
        value = self._value(field)
        if self._next_is("NOT EXISTS"):
            return value is MISSING
        operator, wanted = self._take(), self._take()
        if operator not in {"=", "!="}:
            raise PatternError(f"{operator} is not known")
        if operator == "!=" and value is MISSING:
            raise PatternError(f"{field} is missing: what != says then is not documented")
        same = value is not MISSING and fnmatchcase(str(value), wanted.strip('"'))
        return same if operator == "=" else not same

    def _value(self, field: str) -> Any:
        value: Any = self._event
        for part in field.removeprefix("$.").split("."):
            value = value.get(part, MISSING) if isinstance(value, dict) else MISSING
        return value

    def _next_is(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _take(self) -> str:
        if not self.tokens:
            raise PatternError("the pattern ends too early")
        return self.tokens.pop(0)
