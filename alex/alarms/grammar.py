"""The grammar of CloudWatch's metric maths: text to a tree.

Lowest first: OR, AND, comparisons, + and -, * and /, the sign, ^ (from the right). Names of functions are upper case,
ids begin with a lower-case letter; `[a, b]` is an array of time series.
"""

import re
from dataclasses import dataclass

from alex.alarms import AlarmError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<word>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/^<>(),\[\]]))"
)
_SAME = {"&&": "AND", "||": "OR"}
_LEVELS = (("OR",), ("AND",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))


@dataclass(frozen=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True)
class Text:
    """A quoted text, the argument of METRICS."""

    value: str


@dataclass(frozen=True)
class Name:
    """The id of a metric or of another expression, or a word such as REPEAT."""

    value: str


@dataclass(frozen=True)
class Call:
    """A function, an operator, or an array (``[]``) with its arguments."""

    name: str
    arguments: tuple["Node", ...]


Node = Number | Text | Name | Call


def parse(expression: str) -> Node:
    """The tree of an expression.

    :raises AlarmError: it is none.
    """
    reader = _Reader(expression)
    tree = reader.level(0)
    if reader.next() is not None:
        reader.refuse()
    return tree


def names(tree: Node) -> set[str]:
    """The ids that a tree mentions."""
    if isinstance(tree, Name):
        return {tree.value}
    return set().union(*(names(argument) for argument in tree.arguments)) if isinstance(tree, Call) else set()


def functions(tree: Node) -> set[str]:
    """The functions and operators that a tree uses."""
    if not isinstance(tree, Call):
        return set()
    return {tree.name}.union(*(functions(argument) for argument in tree.arguments))


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, expression: str) -> None:
        self._all = expression
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        place = 0
        while place < len(expression.rstrip()):
            found = _TOKEN.match(expression, place)
            if not found:
                raise AlarmError(f"the expression {expression!r} is not understood at {expression[place:].strip()!r}")
            kind = str(found.lastgroup)
            self._tokens.append((kind, _SAME.get(found[kind], found[kind])))
            place = found.end()

    def next(self) -> str | None:
        """The token at hand; None at the end."""
        return self._tokens[self._at][1] if self._at < len(self._tokens) else None

    def refuse(self) -> None:
        """Say where it went wrong."""
        raise AlarmError(f"the expression {self._all!r} is not understood at {self.next() or 'its end'!r}")

    def take(self, *wanted: str) -> str | None:
        """Step over the token if it is one of ``wanted``."""
        token = self.next()
        if token in wanted and self._tokens[self._at][0] != "text":
            self._at += 1
            return token
        return None

    def level(self, depth: int) -> Node:
        """What binds at least as strongly as level ``depth``; operators of a level apply from the left."""
        if depth == len(_LEVELS):
            return self.signed()
        left = self.level(depth + 1)
        while operator := self.take(*_LEVELS[depth]):
            left = Call(operator, (left, self.level(depth + 1)))
        return left

    def signed(self) -> Node:
        """A sign, and what it belongs to."""
        if self.take("-"):
            return Call("NEGATE", (self.signed(),))
        if self.take("+"):
            return self.signed()
        base = self.atom()
        return Call("^", (base, self.signed())) if self.take("^") else base

    def atom(self) -> Node:
        """A number, a name, a call, an array, or something in parentheses."""
        if self.take("("):
            inner = self.level(0)
            self._expect(")")
            return inner
        if self.take("["):
            return Call("[]", self._arguments("]"))
        if self._at == len(self._tokens):
            self.refuse()
        kind, token = self._tokens[self._at]
        if kind == "sign" or token in ("AND", "OR"):
            self.refuse()
        self._at += 1
        if kind == "number":
            return Number(float(token))
        if kind == "text":
            return Text(token[1:-1])
        return Call(token, self._arguments(")")) if self.take("(") else Name(token)

    def _arguments(self, end: str) -> tuple[Node, ...]:
        if self.take(end):
            return ()
        found = [self.level(0)]
        while self.take(","):
            found.append(self.level(0))
        self._expect(end)
        return tuple(found)

    def _expect(self, token: str) -> None:
        if not self.take(token):
            self.refuse()
