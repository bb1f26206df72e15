"""The tracer of a function, wired from its environment; its clients are made only when there is a secret to ask for."""

import time
from collections.abc import Callable

import boto3
from botocore.config import Config

from advisor.adapters.environment import load
from advisor.adapters.tracing import LangfuseTracing, TracingEnvironment
from advisor.ports.telemetry import Telemetry
from advisor.ports.tracing import Tracer

BRIEF = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})
"""For what a job can do without."""


def tracer_of(telemetry: Telemetry) -> LangfuseTracing:
    """Tracing under the function's own name; what it could not send is told to ``telemetry``."""
    return LangfuseTracing(
        load(TracingEnvironment),
        secrets=lambda: boto3.client("secretsmanager", config=BRIEF),
        parameters=lambda: boto3.client("ssm", config=BRIEF),
        telemetry=telemetry,
    )


def counted_wait(tracer: Tracer) -> Callable[[float], None]:
    """A sleep between two tries that counts in the open span: the second try is a retry."""

    def sleep(seconds: float) -> None:
        tracer.current.add(retries=1)
        time.sleep(seconds)

    return sleep
