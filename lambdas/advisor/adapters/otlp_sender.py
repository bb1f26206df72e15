"""Sends spans over OTLP/HTTP within a deadline, or gives up (OBS-21). Imported only when there are keys.

Decision: the sending runs in a thread that is waited for no longer than the deadline, because no time-out of HTTP
bounds a name that does not resolve. One that hangs on is left alone; until it ends, nothing more is sent.
"""

import base64
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

if TYPE_CHECKING:
    from advisor.adapters.tracing import Keys

FLUSH_SECONDS = 0.8
"""All that a function waits for its traces: a dead host costs less than a second."""

PATH = "/api/public/otel/v1/traces"
REFUSED = frozenset({401, 403})

# What could not be sent is told once, as an event with a reason, and not as the library's unstructured lines beside it.
logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


class Sender:
    """Langfuse's ingestion with one project's keys."""

    def __init__(self, keys: "Keys", *, deadline: float) -> None:
        """``deadline`` in seconds."""
        session = requests.Session()
        session.hooks["response"] = [self._answered]
        pair = base64.b64encode(f"{keys.public_key}:{keys.secret_key}".encode()).decode()
        self._deadline = deadline
        self._status: int | None = None
        self._thread: threading.Thread | None = None
        self._exporter = OTLPSpanExporter(
            endpoint=keys.host + PATH,
            headers={"Authorization": f"Basic {pair}", "x-langfuse-ingestion-version": "4"},
            timeout=deadline,
            compression=Compression.Gzip,
            session=session,
        )

    def send(self, spans: Sequence[ReadableSpan]) -> str:
        """Why the spans were not sent: ``busy``, ``timeout``, ``unauthorized``, ``refused_500``; nothing when sent."""
        if self._thread and self._thread.is_alive():
            return "busy"
        self._status, done = None, []
        self._thread = threading.Thread(target=lambda: done.append(self._exported(spans)), daemon=True)
        self._thread.start()
        self._thread.join(self._deadline)
        if not done:
            return "timeout"
        if done[0]:
            return ""
        if self._status is None:
            return "unreachable"
        return "unauthorized" if self._status in REFUSED else f"refused_{self._status}"

    def _exported(self, spans: Sequence[ReadableSpan]) -> bool:
        try:
            return self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception:  # noqa: BLE001 (a library's fault must not show in a job)
            return False

    def _answered(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        self._status = answer.status_code
