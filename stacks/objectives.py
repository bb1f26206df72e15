"""The environment's objectives as burn alarms, and where deployments against a freeze are recorded (SYS-82)."""

from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened import Alerts
from hardened.slo import Burn, BurnAlarms, Objective
from hardened.topics import Domain, Severity
from settings import Settings
from stacks.indicators import Indicator, deployment_log, indicators

REQUIREMENTS = {"availability": "PERF-07", "latency": "PERF-01", "quality": "EVAL-07"}
DOMAINS = {"availability": Domain.API, "latency": Domain.API, "quality": Domain.ANALYSIS}
"""Whose incident a fast burn is part of."""


def add_objectives(scope: Construct, *, settings: Settings, alerts: Alerts) -> None:
    """Burn alarms for each objective, and the log that `alex deploy` writes its decisions to (CICD-12)."""
    slo = settings.slo
    burns = [
        Burn(
            rate=burn.rate(slo.window_days),
            long_minutes=burn.long_minutes,
            short_minutes=burn.short_minutes,
            severity=Severity(burn.severity),
        )
        for burn in slo.burns
    ]
    for indicator in indicators(settings):
        BurnAlarms(
            scope,
            f"Slo{indicator.name.capitalize()}",
            objective=_objective(indicator, slo.fewest_bad),
            burns=burns,
            name=f"alex-{settings.name}",
            alerts=alerts.within(DOMAINS[indicator.name]),
        )
    logs.LogGroup(scope, "DeploymentLog", log_group_name=deployment_log(settings.name))


def _objective(indicator: Indicator, fewest_bad: int) -> Objective:
    metrics: dict[str, cw.IMetric] = {
        key: cw.Metric(
            namespace=one.namespace,
            metric_name=one.metric,
            dimensions_map=dict(one.dimensions),
            statistic=one.statistic,
        )
        for key, one in indicator.series.items()
    }
    return Objective(
        name=indicator.name,
        says=indicator.says,
        pct=indicator.pct,
        bad=indicator.bad,
        total=indicator.total,
        metrics=metrics,
        fewest_bad=fewest_bad,
        requirement=REQUIREMENTS[indicator.name],
    )
