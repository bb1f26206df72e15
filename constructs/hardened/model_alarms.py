"""Alarms of the models' quotas (LLM-03): before they are used up, and when Bedrock refuses calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.topics import Alerts, Severity

MINUTE = Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class ModelQuota:
    """What the account may ask of a model in a minute."""

    model_id: str
    requests: int
    tokens: int


class ModelAlarms(Construct):
    """Of each model by role: over ``pct`` percent of its requests or tokens a minute, and throttled calls."""

    def __init__(
        self, scope: Construct, id: str, *, models: Mapping[str, ModelQuota], pct: float, name: str, alerts: Alerts
    ) -> None:
        super().__init__(scope, id)
        for role, quota in models.items():
            say = f"{name}-{role}-model"
            alarm(
                self,
                f"{role.capitalize()}Throttles",
                name=f"{say}-throttles",
                metric=_sum(quota, "InvocationThrottles", period=FIVE_MINUTES),
                threshold=0,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="model-throttles",
                description=f"Bedrock throttled calls of {quota.model_id}: the account's requests or tokens a minute "
                "are used up; ask for a higher quota. Analyses go on with the other model or with fallbacks. [LLM-03]",
            )
            tokens = cw.MathExpression(
                expression="FILL(i, 0) + FILL(o, 0)",
                using_metrics={"i": _sum(quota, "InputTokenCount"), "o": _sum(quota, "OutputTokenCount")},
                period=MINUTE,
                label="Tokens a minute",
            )
            for kind, metric, allowed in (
                ("requests", _sum(quota, "Invocations"), quota.requests),
                ("tokens", tokens, quota.tokens),
            ):
                alarm(
                    self,
                    f"{role.capitalize()}{kind.capitalize()}",
                    name=f"{say}-{kind}-quota",
                    metric=metric,
                    threshold=allowed * pct / 100,
                    alerts=alerts,
                    severity=Severity.WARNING,
                    runbook="model-quota",
                    description=f"{quota.model_id} used over {pct:g} % of the {allowed:,} {kind} a minute that the "
                    "account has: ask for a higher quota in Service Quotas before calls are refused. [LLM-03]",
                )


def _sum(quota: ModelQuota, metric: str, *, period: Duration = MINUTE) -> cw.Metric:
    return cw.Metric(
        namespace="AWS/Bedrock",
        metric_name=metric,
        dimensions_map={"ModelId": quota.model_id},
        period=period,
        statistic="Sum",
    )
