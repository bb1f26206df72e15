"""Tracing must be harmless: nothing without keys, and no answer changed by a service that is wrong, slow or dead."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from advisor.adapters import otlp_sender
from advisor.adapters.tracing import keys_of

JOB = "6b1c2a52-8a56-4f6c-9d0e-3b7f2f0c1a11"


@pytest.mark.parametrize("secret", ["", "{}", "x7Gq-random", '{"public_key":"pk","secret_key":""}', "[1]", "null"])
def test_without_keys_nothing_is_imported_and_nothing_is_sent(secret: str) -> None:
    """OBS-21: a function without keys must start as fast and answer the same as one that knows no tracing.

    In a fresh process: sys.modules of this one holds the library already.
    """
    code = (
        "import sys\n"
        "from types import SimpleNamespace\n"
        "from advisor.adapters.environment import parse\n"
        "from advisor.adapters.tracing import LangfuseTracing, TracingEnvironment\n"
        "from advisor.ports.telemetry import Silent\n"
        "env = {'ENVIRONMENT': 't', 'POWERTOOLS_SERVICE_NAME': 's', 'TRACING_SECRET_ARN': 'arn'}\n"
        "asked = []\n"
        "client = SimpleNamespace(get_secret_value=lambda SecretId: asked.append(1) or {'SecretString': sys.argv[1]})\n"
        "tracer = LangfuseTracing(parse(TracingEnvironment, env), secrets=lambda: client, parameters=None,\n"
        "    telemetry=Silent())\n"
        "for _ in range(3):\n"
        "    with tracer.observe('job'), tracer.span('work') as span:\n"
        "        span.set(a=1); span.event('e'); span.add(b=1); tracer.current.fail('x')\n"
        "        assert tracer.carried() == {}\n"
        "assert asked == [1]\n"
        "found = {name.partition('.')[0] for name in sys.modules} & {'opentelemetry', 'requests', 'google'}\n"
        "raise SystemExit(f'imported {found}' if found else 0)\n"
    )
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", code, secret], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("host", ["http://langfuse.example", "ftp://127.0.0.1", "langfuse.example", "https://"])
def test_keys_never_travel_in_the_clear(host: str) -> None:
    """SEC-13: plain http is for this machine; elsewhere anybody on the way could read the project's secret key."""
    text = f'{{"public_key":"pk","secret_key":"sk","host":"{host}"}}'
    assert keys_of(text, host="https://cloud.langfuse.com") is None
    keys = keys_of('{"public_key":"pk","secret_key":"sk"}', host="https://cloud.langfuse.com/")
    assert keys is not None
    assert keys.host == "https://cloud.langfuse.com"
    assert "sk" not in repr(keys).replace("secret_key", "")


def work(made: Any) -> str:
    """An agent's work; what it answers must not depend on the tracing service."""
    with made.tracer.observe(JOB), made.tracer.span("work"):
        return "answer"


@pytest.mark.parametrize(("status", "reason"), [(401, "unauthorized"), (403, "unauthorized"), (400, "refused_400")])
def test_a_refusal_changes_nothing_and_is_told_once(
    sink: Any, traced: Callable[..., Any], status: int, reason: str
) -> None:
    """OBS-21: wrong keys must not fail a job; the reason stands in the log for whoever looks for the traces."""
    sink.status = status
    made = traced()
    assert [work(made), work(made)] == ["answer", "answer"]
    assert made.told.reasons == [reason]
    assert len(sink.requests) == 1, "it rests before it tries again"
    made.now, sink.status = 61.0, 200
    work(made)
    assert len(sink.requests) == 2


def test_a_host_that_never_answers_costs_no_more_than_the_deadline(
    sink: Any, traced: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS-21: without the deadline this test would wait for ever, and so would every function."""
    assert otlp_sender.FLUSH_SECONDS < 1
    sink.hanging = True
    made = traced()
    assert work(made) == "answer"
    assert made.told.reasons in (["timeout"], ["unreachable"])


def test_a_name_that_never_resolves_costs_no_more_than_the_deadline(
    traced: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OBS-21: no time-out of HTTP bounds the resolver; and while one hangs, no second one is begun."""
    release, asked = threading.Event(), []

    def hang(*arguments: Any, **_: Any) -> Any:
        asked.append(arguments[0])
        release.wait()
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    made = traced(secret='{"public_key":"pk","secret_key":"sk","host":"https://langfuse.invalid"}')
    try:
        assert work(made) == "answer"
        made.now = 61.0
        assert work(made) == "answer"
        assert made.told.reasons == ["timeout", "busy"]
        assert asked == ["langfuse.invalid"]
    finally:
        release.set()


def test_a_dead_port_is_told_as_unreachable(traced: Callable[..., Any]) -> None:
    """OBS-34: the log says whether the host, the keys or the network is at fault."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = traced(secret=f'{{"public_key":"pk","secret_key":"sk","host":"http://127.0.0.1:{port}"}}')
    assert work(made) == "answer"
    assert made.told.reasons in (["unreachable"], ["timeout"])


def test_what_the_work_raises_is_raised_unchanged(sink: Any, traced: Callable[..., Any]) -> None:
    """OBS-21: the planner tells agents' failures apart by the error's type."""
    made = traced()
    with pytest.raises(KeyError, match="missing"), made.tracer.observe(JOB), made.tracer.span("work"):
        raise KeyError("missing")
    assert sink.named("work").attributes["langfuse.observation.status_message"] == "KeyError"


@pytest.mark.parametrize(
    ("code", "told"), [("ResourceNotFoundException", []), ("AccessDeniedException", ["keys_AccessDeniedException"])]
)
def test_keys_that_may_not_be_read_are_told_and_missing_ones_are_not(
    traced: Callable[..., Any], code: str, told: list[str]
) -> None:
    """OBS-34: a function without the right would trace nothing and say nothing, for ever."""
    made = traced()
    made.refused = code
    assert [work(made), work(made)] == ["answer", "answer"]
    assert made.told.reasons == told
