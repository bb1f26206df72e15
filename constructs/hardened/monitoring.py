"""Alarms of the API and the database: those that no construct can set by itself (OBS-11, OBS-12).

Functions and queues bring their alarms along (`hardened.alarms`, `hardened.queues`); what stands here needs
thresholds of the environment, or watches several things together.
"""

from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm, error_rate
from hardened.database import Database
from hardened.topics import Alerts, Severity

SURGE_REQUESTS = 100  # of fewer, a quarter refused may be one person's typing errors
ERRORS_AT_ONCE = 5
CONNECTIONS_PER_ACU = 210  # Aurora's default max_connections: 3,360 at 16 ACU, at most 5,000
CONNECTIONS_SMALL = 2000  # below a minimum of 1 ACU
CONNECTIONS_MOST = 5000
BREACHING, NOT_BREACHING = cw.TreatMissingData.BREACHING, cw.TreatMissingData.NOT_BREACHING
REFUSED = ("password authentication failed", "too many connections", "remaining connection slots")


class ApiAlarms(Construct):
    """Server errors, slow answers, and a surge of refused requests."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        api: apigw.RestApi,
        name: str,
        error_rate_pct: float,
        refused_pct: float,
        p95_ms: int,
        alerts: Alerts,
    ) -> None:
        """Watch ``api``; ``name`` as people know it, for example ``alex-prod``."""
        super().__init__(scope, id)
        stage = api.deployment_stage
        requests = stage.metric_count(period=FIVE_MINUTES, statistic="Sum")
        alarm(
            self,
            "Errors",
            name=f"{name}-api-errors",
            metric=error_rate(
                errors=stage.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
                total=requests,
                count=ERRORS_AT_ONCE,
                label=f"5xx in % (100: more than {ERRORS_AT_ONCE})",
            ),
            threshold=error_rate_pct,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="api-errors",
            description=f"More than {error_rate_pct:g}% of requests, or more than {ERRORS_AT_ONCE} in 5 minutes, "
            "failed on our side. See the access log (status 5xx) and the API function's log. [OBS-11]",
        )
        alarm(
            self,
            "Latency",
            name=f"{name}-api-latency-p95",
            metric=stage.metric_latency(period=FIVE_MINUTES, statistic="p95"),
            threshold=p95_ms,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="api-latency",
            periods=2,
            description=f"One request in twenty took longer than {p95_ms} ms for ten minutes. [OBS-11]",
        )
        alarm(
            self,
            "Refused",
            name=f"{name}-api-refused",
            metric=cw.MathExpression(
                expression=f"IF(total >= {SURGE_REQUESTS}, 100 * refused / total, 0)",
                using_metrics={
                    "refused": stage.metric_client_error(period=FIVE_MINUTES, statistic="Sum"),
                    "total": requests,
                },
                period=FIVE_MINUTES,
                label="4xx in %",
            ),
            threshold=refused_pct,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="api-refused",
            periods=3,
            description=f"More than {refused_pct:g}% of requests were refused (4xx) for 15 minutes: a broken client, a "
            "changed contract, or somebody trying doors. See the access log. [OBS-11]",
        )


@dataclass(frozen=True, kw_only=True)
class DatabaseLimits:
    """From when on a database is loaded: percent of the CPU, of its maximum capacity, of its connections.

    :param min_acu: its capacity range, which decides how many connections it has; 0: it may pause.
    """

    cpu_pct: float
    acu_pct: float
    connections_pct: float
    min_acu: float
    max_acu: float

    @property
    def connections(self) -> float:
        """How many PostgreSQL admits."""
        ceiling = CONNECTIONS_MOST if self.min_acu >= 1 else CONNECTIONS_SMALL
        return min(self.max_acu * CONNECTIONS_PER_ACU, ceiling)


class DatabaseAlarms(Construct):
    """Load (CPU, capacity, connections) and refused connections.

    A database that never pauses and reports no CPU is not idle but away, so silence counts as load there.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        database: Database,
        name: str,
        limits: DatabaseLimits,
        alerts: Alerts,
    ) -> None:
        """Watch ``database``."""
        super().__init__(scope, id)
        cluster = database.cluster
        most = limits.connections
        watched = (
            (
                "Cpu",
                "cpu",
                "CPUUtilization",
                "Average",
                limits.cpu_pct,
                f"CPU is over {limits.cpu_pct:g}% (readers are added where allowed), or it reports nothing",
            ),
            (
                "Capacity",
                "capacity",
                "ACUUtilization",
                "Maximum",
                limits.acu_pct,
                f"over {limits.acu_pct:g}% of the maximum capacity is in use",
            ),
            (
                "Connections",
                "connections",
                "DatabaseConnections",
                "Maximum",
                round(most * limits.connections_pct / 100),
                f"more than {limits.connections_pct:g}% of about {most:g} connections are open",
            ),
        )
        for construct_id, word, metric, statistic, threshold, what in watched:
            alarm(
                self,
                construct_id,
                name=f"{name}-database-{word}",
                metric=cluster.metric(metric, period=FIVE_MINUTES, statistic=statistic),
                threshold=threshold,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="database-load",
                periods=2,
                missing=BREACHING if word == "cpu" and limits.min_acu else NOT_BREACHING,
                description=f"The database: {what}. See Performance Insights and slow statements in its log. [OBS-12]",
            )
        self._refused_connections(database, name=name, alerts=alerts)

    def _refused_connections(self, database: Database, *, name: str, alerts: Alerts) -> None:
        group = logs.LogGroup.from_log_group_name(
            self, "Log", f"/aws/rds/cluster/{database.cluster.cluster_identifier}/postgresql"
        )
        refused = logs.MetricFilter(
            self,
            "RefusedConnections",
            log_group=group,
            filter_pattern=logs.FilterPattern.any_term(*REFUSED),
            metric_namespace="Alex",
            metric_name=f"{name}-database-refused-connections",
            metric_value="1",
            default_value=0,
        )
        alarm(
            self,
            "Refused",
            name=f"{name}-database-refused-connections",
            metric=refused.metric(period=FIVE_MINUTES, statistic="Sum"),
            threshold=0,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="database-refused-connections",
            description="The database refused a connection: a wrong password, or no slot left. After a rotation, "
            "check that the secret and the database agree. [OBS-12]",
        )
