"""What tracing costs an agent's function: without keys, with a service that answers, and with one that is dead.

The measured part is the handler's frame and one model call that answers at once, so that the difference is tracing and
nothing else: `analysis` shows what a whole job takes with it.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from advisor.adapters.environment import parse
from advisor.adapters.tracing import LangfuseTracing, TracingEnvironment
from advisor.agents.traced import TracedModel, agent_span
from advisor.ports.model import ModelAnswer, Question
from advisor.ports.telemetry import Silent
from advisor.ports.tracing import NoTracing, Tracer
from alex.bench.measure import Row, Say, median, timed

GROUP = "traces"
QUESTION = Question("You write.", "data " * 4000, "write_report", "", {"properties": {"text": {}}}, "reporter-2")


class _Model:
    model_id, guardrail_version = "bench", None

    def worst_cost(self, _question: Question) -> Decimal:
        return Decimal("0.02")

    def ask(self, _question: Question) -> ModelAnswer:
        return ModelAnswer({"text": "word " * 2000}, self.model_id, 5000, 1400, 0.0, "tool_use", Decimal("0.02"))


class _Client:
    """Secrets Manager with one pair of keys."""

    def __init__(self, host: str) -> None:
        self._secret = json.dumps({"public_key": "pk-lf-bench", "secret_key": "sk-lf-bench", "host": host})

    def get_secret_value(self, **_: str) -> dict[str, str]:
        return {"SecretString": self._secret}


def run_all(say: Say, rounds: int) -> list[Row]:
    """Milliseconds an invocation, and the ratios."""
    say("no keys")
    none = [1000 * timed(lambda: _invocation(NoTracing())) for _ in range(50)]
    with _service() as host:
        say("a service that answers")
        live_tracer = _tracer(host)
        first = 1000 * timed(lambda: _invocation(live_tracer))
        live = [1000 * timed(lambda: _invocation(live_tracer)) for _ in range(20)]
    say("a dead service")
    with _mute() as host:
        # A tracer each: the second invocation of one would rest and cost nothing.
        dead = [1000 * timed(_call(_tracer(host))) for _ in range(max(rounds, 3))]
        resting = _tracer(host)
        _invocation(resting)
        rest = [1000 * timed(lambda: _invocation(resting)) for _ in range(50)]
    rows = [
        median(GROUP, "no keys", none, "ms", note="the frame around one model call"),
        median(GROUP, "a service that answers", live, "ms", note="3 spans' work: make, send, wait for the answer"),
        Row(GROUP, "the first invocation", first, "ms", (first,), note="with the library's import"),
        median(GROUP, "a service that never answers", dead, "ms", note="once a minute a process; the limit is 800"),
        median(GROUP, "the next invocations then", rest, "ms", note="resting"),
    ]
    return [
        *rows,
        Row(GROUP, "answering / no keys", rows[1].value / rows[0].value, "x"),
        Row(GROUP, "dead / answering", rows[3].value / rows[1].value, "x"),
    ]


def _call(tracer: Tracer) -> Callable[[], None]:
    return lambda: _invocation(tracer)


def _invocation(tracer: Tracer) -> None:
    job = str(uuid4())
    with tracer.observe(job), agent_span(tracer, "reporter", job):
        TracedModel(_Model(), tracer).ask(QUESTION)


def _tracer(host: str) -> LangfuseTracing:
    values = {"ENVIRONMENT": "bench", "POWERTOOLS_SERVICE_NAME": "reporter", "TRACING_SECRET_ARN": "arn"}
    client: Any = _Client(host)
    environment = parse(TracingEnvironment, values)
    return LangfuseTracing(environment, secrets=lambda: client, parameters=lambda: client, telemetry=Silent())


@contextmanager
def _service() -> Iterator[str]:
    """The address of a service that takes everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _mute() -> Iterator[str]:
    """The address of one that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
