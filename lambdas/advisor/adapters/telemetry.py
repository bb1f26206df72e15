"""Events as structured log lines and metrics in CloudWatch's embedded format, both by Powertools (OBS-01).

One log line has the form of the field's event: timestamp, level, service, environment, event_type (and ``event``, its
alias for agents), agent, job_id, user_id (hashed), trace_id, details. Metrics carry the dimensions Environment, Service
and Agent and are written once at the end of an invocation. What models cost is written for the whole
environment as well, so that one alarm watches all agents, future ones too (COST-04).
"""

import os
import threading
from collections import defaultdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from advisor.domain.personal import redacted_all
from advisor.domain.pseudonyms import user_hash
from advisor.ports.telemetry import Unit

SPENT = frozenset({"TokensIn", "TokensOut", "LlmCostUsd"})
"""Metrics that have a sum over the environment besides."""


def trace_id() -> str | None:
    """The X-Ray trace of this invocation, when there is one."""
    return os.environ.get("_X_AMZN_TRACE_ID", "").partition("Root=")[2].partition(";")[0] or None


class PowertoolsTelemetry:
    """Telemetry of one function; ``flush`` writes the metrics at the end of every invocation."""

    def __init__(self, *, service: str, environment: str, namespace: str, level: str) -> None:
        """Names as in the function's environment."""
        self._logger = Logger(service=service, level=level, use_rfc3339=True, utc=True, sampling_rate=0)
        self._logger.append_keys(environment=environment)
        self._dimensions = {"Environment": environment, "Service": service}
        self._namespace = namespace
        self._values: dict[str, list[tuple[str, float, Unit]]] = defaultdict(list)
        self._lock = threading.Lock()

    @property
    def logger(self) -> Logger:
        """For errors with their stack, at the edge only."""
        return self._logger

    def about(self, *, job_id: str, user_id: str, correlation_id: str | None = None) -> None:
        """Keys of every line that follows; the user only as a hash."""
        self._logger.append_keys(
            job_id=job_id, user_id=user_hash(user_id), correlation_id=correlation_id, trace_id=trace_id()
        )

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        """One line without personal identifiers (GUARD-09); a warning is for what somebody may have to look at."""
        safe = redacted_all(details)
        log = self._logger.warning if warning else self._logger.info
        log(event_type, extra={"event_type": event_type, "event": event_type, "agent": agent, "details": safe})

    def metric(self, name: str, value: float, *, agent: str, unit: Unit = "Count") -> None:
        """Kept until ``flush``."""
        with self._lock:
            self._values[agent].append((name, value, unit))

    def query_took(self, milliseconds: float) -> None:
        """A statement of the database, under this function's own name (OBS-24)."""
        self.metric("DbQueryMs", milliseconds, agent=self._dimensions["Service"], unit="Milliseconds")

    def flush(self) -> None:
        """Write the metrics of this invocation and forget them and whom it was about."""
        with self._lock:
            values, self._values = self._values, defaultdict(list)
        for agent, metrics in values.items():
            spent = [metric for metric in metrics if metric[0] in SPENT]
            self._write(agent, [metric for metric in metrics if metric[0] not in SPENT])
            self._write(agent, spent, summed=True)
        self._logger.remove_keys(["job_id", "user_id", "correlation_id", "trace_id"])

    def _write(self, agent: str, metrics: list[tuple[str, float, Unit]], *, summed: bool = False) -> None:
        """One line of an agent's metrics; ``summed``: counted for the environment too."""
        if not metrics:
            return
        # The empty service keeps Powertools from adding a fourth dimension of its own.
        line = AmazonCloudWatchEMFProvider(namespace=self._namespace, service="")
        for dimension, word in (self._dimensions | {"Agent": agent}).items():
            line.add_dimension(name=dimension, value=word)
        if summed:
            line.add_dimensions(Environment=self._dimensions["Environment"])
        for name, value, unit in metrics:
            line.add_metric(name=name, unit=unit, value=value)
        line.flush_metrics()
