"""Traces of the local cloud, read from what the functions sent: the spans of a job as a tree.

Decision: OpenTelemetry's own message types decode the files; here the spans get the words of `ports/tracing` back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

METADATA = "langfuse.observation.metadata."
ROOT = "Portfolio Analysis Job"
_WORDS = {
    "gen_ai.request.model": "model",
    "gen_ai.usage.input_tokens": "input_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "gen_ai.usage.cost": "cost_usd",
    "langfuse.user.id": "user",
    "langfuse.observation.type": "kind",
    "langfuse.observation.status_message": "error",
}


@dataclass
class Event:
    """Something that happened in a span: a decision, a call, a retry; ``at`` in nanoseconds since 1970."""

    name: str
    at: int
    details: dict[str, Any]


@dataclass
class Span:
    """One span; times in nanoseconds since 1970."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    begin: int
    end: int
    failed: bool
    facts: dict[str, Any]
    events: list[Event]
    children: list["Span"] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.end - self.begin) / 1e6

    @property
    def kind(self) -> str:
        """span, agent or generation."""
        return str(self.facts.get("kind", "span"))

    @property
    def job_id(self) -> str:
        """The job, where the span says it."""
        return str(self.facts.get("job_id", ""))

    def every(self) -> Iterator["Span"]:
        """This one and all below."""
        yield self
        for child in self.children:
            yield from child.every()

    def total(self, name: str) -> float:
        """The sum of a figure over the model calls in it, for example ``cost_usd``."""
        return sum(float(one.facts.get(name, 0)) for one in self.every() if one.kind == "generation")


def read(files: Iterable[Path]) -> list[Span]:
    """All spans of the files, in the order of their beginning; a file that is no OTLP message is left out."""
    # Here, not above: only those who look at traces pay for it.
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    spans: list[Span] = []
    for file in files:
        try:
            message = ExportTraceServiceRequest.FromString(file.read_bytes())
        except (DecodeError, OSError):
            continue
        for resource in message.resource_spans:
            service = str(_values(resource.resource.attributes).get("service.name", "unknown"))
            spans += [_span(one, service) for scope in resource.scope_spans for one in scope.spans]
    return sorted(spans, key=lambda span: (span.begin, span.span_id))


def trees(spans: Iterable[Span]) -> list[Span]:
    """The outermost spans, their children below them; a span whose parent was never sent is outermost itself."""
    known = {span.span_id: span for span in spans}
    tops: list[Span] = []
    for span in known.values():
        span.children = []
    for span in known.values():
        above = known.get(span.parent_id)
        (above.children if above else tops).append(span)
    return tops


def _span(one: Any, service: str) -> Span:
    values = _values(one.attributes)
    return Span(
        service=service,
        name=one.name,
        trace_id=one.trace_id.hex(),
        span_id=one.span_id.hex(),
        parent_id=one.parent_span_id.hex(),
        begin=one.start_time_unix_nano,
        end=one.end_time_unix_nano,
        failed=one.status.code == 2,
        facts={_WORDS.get(name, name.removeprefix(METADATA)): value for name, value in values.items()},
        events=[Event(event.name, event.time_unix_nano, _values(event.attributes)) for event in one.events],
    )


def _values(attributes: Any) -> dict[str, Any]:
    """Attributes as plain values; lists and maps, which nothing of ours sends, are left out."""
    plain = {"string_value", "bool_value", "int_value", "double_value"}
    return {one.key: getattr(one.value, kind) for one in attributes if (kind := one.value.WhichOneof("value")) in plain}
