"""Template values with three answers: known, absent, and not decidable before deployment.

Decision: a value that nobody can know yet (a parameter, a function's result) becomes `Unknown`, and every use of it
raises `Undecided`. So a rule reads like plain Python over plain data, and cannot take an unknown value for a good one
by accident. References to resources stay text, for example ``${Key961B73FD.Arn}``, because what they lead to is known.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")


_PSEUDO = re.compile(r"(part of )*\$\{AWS::\w+\}")


class Undecided(Exception):  # noqa: N818 - a verdict, no error
    """A rule met a value that the template does not fix; the text says which."""


class Unknown:
    """A value that the template does not fix. Comparing, testing, indexing or iterating it raises `Undecided`."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def _raise(self, *_: object, **__: object) -> NoReturn:
        raise Undecided(self.reason)

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _raise
    __len__ = __iter__ = __contains__ = __getitem__ = __str__ = __int__ = __float__ = __add__ = __radd__ = _raise
    __index__ = __getattr__ = __call__ = _raise

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


class Text(str):
    """Text that names resources: ``references`` are (stack, logical id) of each, in order."""

    references: tuple[tuple[str, str], ...]

    def __new__(cls, text: str, references: Iterable[tuple[str, str]] = ()) -> "Text":
        """Text with what it refers to."""
        made = super().__new__(cls, text)
        made.references = tuple(references)
        return made


class Parts(list[Any]):
    """Whatever index is selected: a part of the identifier of one known resource, or of a pseudo parameter."""

    def __init__(self, text: Text) -> None:
        super().__init__([text])
        self._text = text

    def __getitem__(self, _index: Any) -> Any:
        if not self._text.references and not _PSEUDO.fullmatch(self._text):
            return Unknown(f"a part of {self._text}")
        return Text(f"part of {self._text}", self._text.references)


def dynamic(text: str) -> Any:
    """``text``, or unknown when CloudFormation replaces a part of it by a Systems Manager parameter.

    A reference to a secret stays: that it is one, is what rules ask.
    """
    return Unknown("a Systems Manager parameter is read at deployment") if "{{resolve:ssm:" in text else text


def join(delimiter: str, parts: Iterable[Any]) -> Any:
    """The parts as one `Text`; unknown as soon as one part is."""
    found: list[str] = []
    references: list[tuple[str, str]] = []
    for part in parts:
        if isinstance(part, Unknown):
            return part
        if isinstance(part, (list, dict)):
            return Unknown("a list or object inside text")
        references += references_of(part)
        found.append("true" if part is True else "false" if part is False else str(part))
    return dynamic(Text(delimiter.join(found), references))


def references_of(value: Any) -> tuple[tuple[str, str], ...]:
    """(stack, logical id) of each resource that a resolved value names, at any depth."""
    if isinstance(value, Text):
        return value.references
    if isinstance(value, dict):
        return tuple(reference for item in value.values() for reference in references_of(item))
    if isinstance(value, list):
        return tuple(reference for item in value for reference in references_of(item))
    return ()


def some(holds: Callable[[Item], bool], among: Iterable[Item]) -> bool:
    """Whether one of the items holds. One that cannot be decided matters only when none surely does.

    :raises Undecided: none surely holds, and one may (or ``among`` may have more items than it shows).
    """
    doubt: Undecided | None = None
    try:
        for item in among:
            try:
                if holds(item):
                    return True
            except Undecided as reason:
                doubt = doubt or reason
    except Undecided as reason:
        doubt = doubt or reason
    if doubt:
        raise doubt
    return False


def every(holds: Callable[[Item], bool], among: Iterable[Item]) -> bool:
    """Whether all of the items hold. One that cannot be decided matters only when none surely fails.

    :raises Undecided: none surely fails, and one may.
    """
    return not some(lambda item: not holds(item), among)


def has_unknown(value: Any) -> Unknown | None:
    """An unknown value in ``value``, at any depth."""
    if isinstance(value, Unknown):
        return value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in inside if (found := has_unknown(item)) is not None), None)


def known(value: Any) -> Any:
    """``value``, refused when it is unknown, here or at any depth.

    :raises Undecided: it is.
    """
    unknown = has_unknown(value)
    if unknown is not None:
        raise Undecided(unknown.reason)
    return value


def items(value: Any) -> list[Any]:
    """``value`` as a list: nothing is empty, a single value stands for a list of one (as in policy documents).

    :raises Undecided: the whole value is unknown; single items may still be.
    """
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def is_true(value: Any) -> bool:
    """Whether a boolean property is on; CloudFormation takes the words too.

    :raises Undecided: the value is unknown.
    """
    return str(value).lower() == "true" if value is not None else False


def number(value: Any, default: float = 0) -> float:
    """A numeric property, which templates may also write as text.

    :raises Undecided: unknown, or no number.
    """
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if value is None:
        return default
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Undecided(f"{shown(value)} is no number") from None


def shown(value: Any, longest: int = 80) -> str:
    """``value`` for a message: short, on one line, without secrets' length to guess from."""
    if value is None:
        return "nothing"
    if isinstance(value, Unknown):
        return f"({value.reason})"
    text = repr(value) if not isinstance(value, str) else value
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value at any depth with its path, containers first."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))
