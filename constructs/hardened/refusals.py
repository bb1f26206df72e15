"""Counts what the gateway refuses for its caller: no valid token (401), no right to it (403).

API Gateway's own metric holds every 4xx in one number; the access log knows the status.
"""

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.functions import NAMESPACE

REFUSALS = {"401": "unauthorized", "403": "forbidden"}


class Refusals(Construct):
    """Two metrics without dimensions, ``<name>-api-unauthorized`` and ``<name>-api-forbidden``."""

    def __init__(self, scope: Construct, id: str, *, access_log: logs.ILogGroup, name: str) -> None:
        """Count in ``access_log``, whose lines are JSON with ``status`` as text; ``name`` for example ``alex-prod``."""
        super().__init__(scope, id)
        for status, word in REFUSALS.items():
            logs.MetricFilter(
                self,
                word.title(),
                log_group=access_log,
                filter_pattern=logs.FilterPattern.string_value("$.status", "=", status),
                metric_namespace=NAMESPACE,
                metric_name=f"{name}-api-{word}",
                metric_value="1",
                default_value=0,
            )
