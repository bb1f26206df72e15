"""A tracing service on this machine that keeps what it is sent, and tracers that send there."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from advisor.adapters.environment import parse
from advisor.adapters.tracing import LangfuseTracing, TracingEnvironment


@dataclass
class Sent:
    """One span as it arrived."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    error: bool


@dataclass
class Sink:
    """A server that answers ``status``, or nothing at all until ``release`` is set."""

    host: str = ""
    status: int = 200
    hanging: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def text(self) -> str:
        """Everything that arrived, readable, to search for what must not be there."""
        return "\n".join(str(one) for one in self._messages())

    def spans(self) -> list[Sent]:
        return [
            Sent(
                service=_plain(resource.resource.attributes)["service.name"],
                name=span.name,
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                attributes=_plain(span.attributes),
                events=[(event.name, _plain(event.attributes)) for event in span.events],
                error=span.status.code == 2,
            )
            for message in self._messages()
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> Sent:
        (found,) = [span for span in self.spans() if span.name == name]
        return found

    def _messages(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(gzip.decompress(body)) for _, _, body in self.requests]


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A running one."""
    kept = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if kept.hanging:
                kept.release.wait()
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.host = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield kept
    kept.release.set()
    server.shutdown()
    server.server_close()


class Told:
    """Telemetry that remembers the reasons why traces were not sent."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def about(self, **_: Any) -> None:
        """Nothing."""

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        assert event_type == "TRACES_NOT_SENT"
        self.reasons.append(details["reason"])

    def metric(self, *_: Any, **__: Any) -> None:
        """Nothing."""


@dataclass
class Traced:
    """A tracer and what it asked for and told.

    ``secret``, ``rate``, ``refused`` (an error's code) may be changed, ``now`` moved (seconds).
    """

    secret: str
    rate: str | None = None
    refused: str = ""
    now: float = 0.0
    told: Told = field(default_factory=Told)
    asked: list[str] = field(default_factory=list)
    tracer: Any = None

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        self.asked += asked.values()
        if self.refused:
            raise ClientError({"Error": {"Code": self.refused, "Message": "no"}}, "GetSecretValue")
        return {"SecretString": self.secret}

    def get_parameter(self, **asked: str) -> dict[str, Any]:
        self.asked += asked.values()
        return {"Parameter": {"Value": self.rate}}


@pytest.fixture
def traced(sink: Sink) -> Callable[..., Traced]:
    """Make a tracer of a service with valid keys, unless told otherwise."""

    def make(service: str = "planner", *, secret: str | None = None, rate: str | None = None, **more: str) -> Traced:
        keys = {"public_key": "pk-lf-1", "secret_key": "sk-lf-2", "host": sink.host}
        made = Traced(json.dumps(keys) if secret is None else secret, rate)
        values = {
            "ENVIRONMENT": "test",
            "POWERTOOLS_SERVICE_NAME": service,
            "TRACING_SECRET_ARN": "arn:keys",
            **({} if rate is None else {"TRACING_RATE_PARAMETER": "/rate"}),
            **more,
        }
        made.tracer = LangfuseTracing(
            parse(TracingEnvironment, values),
            secrets=lambda: made,
            parameters=lambda: made,
            telemetry=made.told,
            clock=lambda: made.now,
        )
        return made

    return make
