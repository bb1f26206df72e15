"""Where the time, the tokens and the money of a job went: spans of one trace a job (OBS-19).

Decision: names here are neutral (``model``, ``input_tokens``, ``cost_usd``); an adapter knows how a tracing service
calls them, and how much of what a person or a model wrote may leave (OBS-23). Tracing never fails or changes the work.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol

Value = str | int | float | bool
Kind = Literal["span", "agent", "generation"]


class Span(Protocol):
    """One piece of work. What is ``set`` or an event's detail must be safe to keep anywhere: codes, counts, hashes."""

    def set(self, **attributes: Value) -> None:
        """Facts about the work."""
        ...

    def add(self, **amounts: float) -> None:
        """Add to facts that are sums: tokens, cost, retries."""
        ...

    def amount(self, name: str, value: float) -> None:
        """A person's money (USD): exact where content may leave, otherwise its order of magnitude."""
        ...

    def event(self, name: str, *, text: str = "", **details: Value) -> None:
        """Something that happened; ``text`` may say more in free words and leaves only where content may."""
        ...

    def content(self, *, asked: str, answered: Mapping[str, Any], words: Collection[str]) -> None:
        """A prompt and its answer; ``words`` are the answer's own keys and closed values, which name nobody."""
        ...

    def fail(self, kind: str) -> None:
        """It went wrong without raising; ``kind`` is a code or an error's type."""
        ...


class Tracer(Protocol):
    """One function's part of a job's trace."""

    def observe(self, job_id: str, parent: object = None) -> AbstractContextManager[None]:
        """The handler's work on one job, below the span that ``parent`` (a W3C traceparent) names; sent at the end."""
        ...

    def span(self, name: str, kind: Kind = "span", **attributes: Value) -> AbstractContextManager[Span]:
        """A span around the body; an exception marks it as failed and goes on."""
        ...

    @property
    def current(self) -> Span:
        """The innermost open span; in another thread the outermost."""
        ...

    def carried(self) -> Mapping[str, str]:
        """What another function's request must carry to continue the trace: ``traceparent``, or nothing."""
        ...


class NoSpan:
    """A span that nobody sees."""

    def set(self, **attributes: Value) -> None:
        """Nothing."""

    def add(self, **amounts: float) -> None:
        """Nothing."""

    def amount(self, name: str, value: float) -> None:
        """Nothing."""

    def event(self, name: str, *, text: str = "", **details: Value) -> None:
        """Nothing."""

    def content(self, *, asked: str, answered: Mapping[str, Any], words: Collection[str]) -> None:
        """Nothing."""

    def fail(self, kind: str) -> None:
        """Nothing."""


NO_SPAN: Span = NoSpan()


class NoTracing:
    """Tracing of those who have none: the default, and what stands in without keys."""

    def observe(self, job_id: str, parent: object = None) -> AbstractContextManager[None]:  # noqa: ARG002
        """Only the work."""
        return nullcontext()

    def span(self, name: str, kind: Kind = "span", **attributes: Value) -> AbstractContextManager[Span]:  # noqa: ARG002
        """Only the work."""
        return nullcontext(NO_SPAN)

    @property
    def current(self) -> Span:
        """Nobody's."""
        return NO_SPAN

    def carried(self) -> Mapping[str, str]:
        """Nothing."""
        return {}
