"""Alarms of what the models are used for: cost a day, cost an hour, tokens against the usual (COST-04, OBS-27).

Decisions:
- The functions' own metrics, not the bill: the bill comes a day late. Each function writes ``TokensIn``, ``TokensOut``
  and ``LlmCostUsd`` also for the whole environment (dimension Environment alone), so that one metric holds all agents,
  those that are added later too; CloudWatch takes ten metrics in an alarm.
- The day's limit wakes somebody: the sources call for an investigation. Abuse shows sooner as an hour that takes more
  than its share of the day's limit, and, far below any limit, as tokens beyond what is usual at that hour, which
  CloudWatch learns from two weeks. Those two are warnings.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from constructs import Construct

from hardened.alarms import Band, alarm
from hardened.topics import Alerts, Severity

HOUR, DAY = Duration.hours(1), Duration.days(1)


@dataclass(frozen=True, kw_only=True)
class SpendLimits:
    """From when on use of the models is looked into.

    :param daily_usd: USD in 24 hours.
    :param hourly_pct: percent of it in one hour.
    :param token_band: tokens an hour, in standard deviations above the usual.
    """

    daily_usd: float
    hourly_pct: float
    token_band: float


class SpendAlarms(Construct):
    """Watches an environment's use of its models."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str,
        environment: str,
        limits: SpendLimits,
        name: str,
        alerts: Alerts,
    ) -> None:
        """Watch the metrics of ``environment`` in ``namespace``."""
        super().__init__(scope, id)

        def spent(metric: str, period: Duration) -> cw.Metric:
            return cw.Metric(
                namespace=namespace,
                metric_name=metric,
                dimensions_map={"Environment": environment},
                period=period,
                statistic="Sum",
            )

        alarm(
            self,
            "Day",
            name=f"{name}-inference-cost-day",
            metric=spent("LlmCostUsd", DAY),
            threshold=limits.daily_usd,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="inference-cost",
            description=f"The models cost more than {limits.daily_usd:,g} USD in a day: look for abuse or wasteful "
            "prompts. Which agent: the dashboard of the models' use; which user: the usage table. [COST-04]",
        )
        alarm(
            self,
            "Hour",
            name=f"{name}-inference-cost-hour",
            metric=spent("LlmCostUsd", HOUR),
            threshold=limits.daily_usd * limits.hourly_pct / 100,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="inference-cost",
            description=f"The models cost more than {limits.hourly_pct:g}% of the day's {limits.daily_usd:,g} USD in "
            "one hour. [COST-04]",
        )
        alarm(
            self,
            "Tokens",
            name=f"{name}-inference-tokens-unusual",
            metric=cw.MathExpression(
                expression="FILL(i, 0) + FILL(o, 0)",
                using_metrics={"i": spent("TokensIn", HOUR), "o": spent("TokensOut", HOUR)},
                period=HOUR,
                label="Tokens an hour",
            ),
            threshold=Band(limits.token_band),
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="inference-tokens",
            # Of single hours with little traffic, at night and on Saturdays, some are always beyond any band.
            periods=2,
            description=f"Tokens were for two hours more than {limits.token_band:g} standard deviations above what is "
            "usual at this hour. CloudWatch needs two weeks to learn it. [COST-04, OBS-27]",
        )
