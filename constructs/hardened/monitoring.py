"""Alarms of the API, the database and tables: those that no construct can set by itself (OBS-11, OBS-12,
OBS-14).

Functions and queues bring their alarms along (`hardened.alarms`, `hardened.queues`); what stands here needs
thresholds of the environment, or watches several things together.
"""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm, error_rate
from hardened.database import Database
from hardened.topics import Alerts, Severity

SURGE_PCT = 25  # no figure in the sources: a quarter of at least a hundred requests refused is no typing error
SURGE_REQUESTS = 100
ERRORS_AT_ONCE = 5
CONNECTIONS_PER_ACU = 210  # Aurora's default max_connections: 3,360 at 16 ACU, at most 5,000
CONNECTIONS_SMALL = 2000  # below a minimum of 1 ACU
CONNECTIONS_MOST = 5000
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
            description=f"More than {error_rate_pct}% of requests, or more than {ERRORS_AT_ONCE} in 5 minutes, failed "
            "on our side. See the access log (status 5xx) and the API function's log. [OBS-11]",
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
            threshold=SURGE_PCT,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="api-refused",
            periods=3,
            description=f"More than {SURGE_PCT}% of requests were refused (4xx) for 15 minutes: a broken client, a "
            "changed contract, or somebody trying doors. See the access log. [OBS-11]",
        )


class DatabaseAlarms(Construct):
    """Load (CPU, capacity, connections) and refused connections."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        database: Database,
        name: str,
        cpu_pct: float,
        min_acu: float,
        max_acu: float,
        alerts: Alerts,
    ) -> None:
        """Watch ``database``; its capacity range decides how many connections it has."""
        super().__init__(scope, id)
        cluster = database.cluster
        most = min(max_acu * CONNECTIONS_PER_ACU, CONNECTIONS_MOST if min_acu >= 1 else CONNECTIONS_SMALL)
        watched = (
            (
                "Cpu",
                "cpu",
                "CPUUtilization",
                "Average",
                cpu_pct,
                f"CPU is over {cpu_pct}%: readers are added where allowed",
            ),
            ("Capacity", "capacity", "ACUUtilization", "Maximum", 90, "over 90% of the maximum capacity is in use"),
            (
                "Connections",
                "connections",
                "DatabaseConnections",
                "Maximum",
                round(most * 0.8),
                f"more than 80% of about {most:g} connections are open",
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


class TableAlarms(Construct):
    """Throttled requests of each table (OBS-14)."""

    def __init__(
        self, scope: Construct, id: str, *, tables: Mapping[str, dynamodb.ITableV2], name: str, alerts: Alerts
    ) -> None:
        super().__init__(scope, id)
        for title, table in tables.items():
            kinds = ("ReadThrottleEvents", "WriteThrottleEvents")
            dimensions = {"TableName": table.table_name}
            metrics = {
                kind[0].lower(): cw.Metric(
                    namespace="AWS/DynamoDB",
                    metric_name=kind,
                    dimensions_map=dimensions,
                    period=FIVE_MINUTES,
                    statistic="Sum",
                )
                for kind in kinds
            }
            alarm(
                self,
                title,
                name=f"{name}-table-{title.lower()}-throttles",
                metric=cw.MathExpression(
                    expression="FILL(r, 0) + FILL(w, 0)", using_metrics=metrics, period=FIVE_MINUTES, label="Throttled"
                ),
                threshold=0,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="table-throttles",
                description=f"DynamoDB throttled requests to the table {title}: one key is too hot. [OBS-14]",
            )
