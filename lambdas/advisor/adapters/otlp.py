"""Spans by the OpenTelemetry SDK, sent over OTLP/HTTP to Langfuse. Imported only when there are keys.

Decision: no background sender. Lambda freezes a process between invocations, and a thread that wakes in the next one
would send late, or time out for no reason. Spans are collected, and sent once when the handler is done (`otlp_sender`).
"""

import json
import os
import threading
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from advisor.adapters.otlp_sender import FLUSH_SECONDS, Sender
from advisor.domain.trace_content import Mode, answer, band, prompt
from advisor.domain.trace_context import parent_of, trace_id_of, traceparent
from advisor.ports.tracing import NO_SPAN, Kind, Span, Value

if TYPE_CHECKING:
    from advisor.adapters.tracing import Keys, TracingEnvironment

MAX_SPANS, MAX_TEXT = 2048, 64_000
METADATA = "langfuse.observation.metadata."
GENERATION = {
    "model": "gen_ai.request.model",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cost_usd": "gen_ai.usage.cost",
}
"""Names by the conventions for generative AI. Only a model's call has them: a sum under them would count twice."""


class _Ids(RandomIdGenerator):
    """The trace's id follows from the job's; spans' ids are random."""

    job_id = ""

    def generate_trace_id(self) -> int:
        return int(trace_id_of(self.job_id), 16)


class _Collected(SpanProcessor):
    """Ended spans until they are sent; the oldest are kept when there are too many."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []
        self._lock = threading.Lock()

    def on_end(self, span: ReadableSpan) -> None:
        with self._lock:
            if len(self._spans) < MAX_SPANS:
                self._spans.append(span)

    def take(self) -> Sequence[ReadableSpan]:
        with self._lock:
            spans, self._spans = self._spans, []
        return spans


class OtlpSpan:
    """A `Span` over the SDK's, with Langfuse's names."""

    def __init__(self, span: trace.Span, kind: Kind, mode: Mode) -> None:
        self._span, self._kind, self._mode = span, kind, mode
        self._sums: dict[str, float] = {}
        self._lock = threading.Lock()  # an agent may ask about several things at once
        span.set_attribute("langfuse.observation.type", kind)
        if kind == "generation":
            span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock"})

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""
        return trace.format_span_id(self._span.get_span_context().span_id)

    def set(self, **attributes: Value) -> None:
        """See `Span`."""
        for name, value in attributes.items():
            self._span.set_attribute(self._name(name), value)
            if name == "cost_usd" and self._kind == "generation":
                self._span.set_attribute("langfuse.observation.cost_details", json.dumps({"total": value}))

    def add(self, **amounts: float) -> None:
        """See `Span`."""
        with self._lock:
            for name, value in amounts.items():
                self._sums[name] = self._sums.get(name, 0) + value
            self.set(**{name: self._sums[name] for name in amounts})

    def amount(self, name: str, value: float) -> None:
        """See `Span`."""
        self.set(**{name: value if self._mode == "full" else band(value)})

    def event(self, name: str, *, text: str = "", **details: Value) -> None:
        """See `Span`."""
        more = {"text": text} if text and self._mode == "full" else {}
        self._span.add_event(name, {**details, **more})

    def content(self, *, asked: str, answered: Mapping[str, Any], words: Collection[str]) -> None:
        """See `Span`."""
        self._span.set_attribute("langfuse.observation.input", prompt(self._mode, asked))
        self._span.set_attribute("langfuse.observation.output", answer(self._mode, answered, words))

    def fail(self, kind: str) -> None:
        """See `Span`."""
        self._span.set_attribute("langfuse.observation.level", "ERROR")
        self._span.set_attribute("langfuse.observation.status_message", kind)
        self._span.set_status(Status(StatusCode.ERROR, kind))

    def raised(self, error: BaseException) -> None:
        """The error's type; its text and stack may quote what a person wrote, and leave only with full content."""
        kind = type(error).__name__
        self.fail(kind)
        stack = {"exception.stacktrace": "".join(traceback.format_exception(error))} if self._mode == "full" else {}
        self._span.add_event("exception", {"exception.type": kind, **stack})

    def _name(self, name: str) -> str:
        if self._kind == "generation" and name in GENERATION:
            return GENERATION[name]
        return "langfuse.user.id" if name == "user" else METADATA + name


class Recording:
    """The `Tracer` of a function with keys; one job at a time, as Lambda invokes."""

    def __init__(self, environment: "TracingEnvironment", keys: "Keys", *, deadline: float = FLUSH_SECONDS) -> None:
        """``deadline``: seconds that `flush` may take."""
        self._mode: Mode = environment.tracing_content
        self._spans, self._ids = _Collected(), _Ids()
        resource = Resource(
            {
                "service.name": f"alex_{environment.service}_agent",
                "deployment.environment.name": environment.environment,
                "langfuse.environment": environment.environment,
            }
        )
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=resource,
            shutdown_on_exit=False,
            id_generator=self._ids,
            span_limits=SpanLimits(max_span_attribute_length=MAX_TEXT),
        )
        provider.add_span_processor(self._spans)
        self._tracer = provider.get_tracer("alex")
        self._sender = Sender(keys, deadline=deadline)
        self._stack: ContextVar[tuple[OtlpSpan, trace.Span] | None] = ContextVar("span", default=None)
        self._root: tuple[OtlpSpan, trace.Span] | None = None
        self._parent: Context = Context()

    @contextmanager
    def observe(self, job_id: str, parent: object = None) -> Iterator[None]:
        """See `Tracer`; sends nothing yet."""
        above = parent_of(job_id, parent)
        self._parent = Context()
        if above:
            span = SpanContext(int(trace_id_of(job_id), 16), int(above.span_id, 16), True, TraceFlags(1))
            self._parent = trace.set_span_in_context(NonRecordingSpan(span), self._parent)
        self._ids.job_id = job_id
        try:
            yield
        finally:
            self._root = None

    @contextmanager
    def span(self, name: str, kind: Kind = "span", **attributes: Value) -> Iterator[Span]:
        """See `Tracer`."""
        above = self._stack.get() or self._root
        context = trace.set_span_in_context(above[1], Context()) if above else self._parent
        made = self._tracer.start_span(name, context=context, record_exception=False, set_status_on_exception=False)
        span = OtlpSpan(made, kind, self._mode)
        span.set(**attributes)
        if above is None:
            self._begin(span, made, name)
        token = self._stack.set((span, made))
        try:
            yield span
        except BaseException as error:
            span.raised(error)
            raise
        finally:
            self._stack.reset(token)
            made.end()

    @property
    def current(self) -> Span:
        """See `Tracer`."""
        found = self._stack.get() or self._root
        return found[0] if found else NO_SPAN

    def carried(self) -> Mapping[str, str]:
        """See `Tracer`."""
        found = self._stack.get() or self._root
        if not found:
            return {}
        return {"traceparent": traceparent(self._ids.job_id, found[0].id, sampled=True)}

    def flush(self) -> str:
        """Send what was collected; why it could not be sent (a code), or nothing."""
        spans = self._spans.take()
        return self._sender.send(spans) if spans else ""

    def _begin(self, span: OtlpSpan, made: trace.Span, name: str) -> None:
        """The function's outermost span, which also names the trace and links it with X-Ray's."""
        self._root = (span, made)
        xray = os.environ.get("_X_AMZN_TRACE_ID", "").partition("Root=")[2].partition(";")[0]
        if xray:
            span.set(xray_trace_id=xray)
        if self._parent == Context():
            made.set_attribute("langfuse.trace.name", name)
