"""Alarms of models: quotas before they are used up and calls that fail (LLM-03), SageMaker's endpoints (ML-07)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.topics import Alerts, Severity

MINUTE = Duration.minutes(1)
FEWEST_CALLS = 10  # in five minutes; of fewer, one failure would be a large part
ENDPOINT_ERRORS_PCT = 1  # as of the API


@dataclass(frozen=True, kw_only=True)
class ModelQuota:
    """What the account may ask of a model in a minute."""

    model_id: str
    requests: int
    tokens: int


class ModelAlarms(Construct):
    """Of each model by role: over ``pct`` percent of its requests or tokens a minute, and throttled calls; of all
    together: more than ``failures_pct`` percent of the calls fail.

    One model that fails is stood in for by the other, so it is a warning; when most calls fail there is no other.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        models: Mapping[str, ModelQuota],
        pct: float,
        failures_pct: float,
        name: str,
        alerts: Alerts,
    ) -> None:
        super().__init__(scope, id)
        self._failing(list(models.values()), failures_pct, name=name, alerts=alerts)
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
                # No FILL: the newest minute always comes late, and a 0 in its place would be judged for ever.
                expression="i + o",
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

    def _failing(self, models: Sequence[ModelQuota], pct: float, *, name: str, alerts: Alerts) -> None:
        counts = {"ok": ("Invocations",), "bad": ("InvocationServerErrors", "InvocationThrottles")}
        metrics = {
            word: {
                f"{word}{m}{n}": _sum(model, metric, period=FIVE_MINUTES)
                for m, model in enumerate(models)
                for n, metric in enumerate(names)
            }
            for word, names in counts.items()
        }
        ok, bad = (" + ".join(f"FILL({key}, 0)" for key in metrics[word]) for word in counts)
        alarm(
            self,
            "Failing",
            name=f"{name}-models-failing",
            metric=cw.MathExpression(
                expression=f"IF({ok} + {bad} >= {FEWEST_CALLS}, 100 * ({bad}) / ({ok} + {bad}), 0)",
                using_metrics={**metrics["ok"], **metrics["bad"]},
                period=FIVE_MINUTES,
                label="Failed and throttled calls in %",
            ),
            threshold=pct,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="models-failing",
            periods=2,
            description=f"More than {pct:g}% of all calls of models failed or were throttled for ten minutes: analyses "
            "go out with fallbacks instead of advice. See AWS Health, then the quotas. [LLM-03]",
        )


@dataclass(frozen=True, kw_only=True)
class EndpointLimits:
    """What a variant of a SageMaker endpoint bears: milliseconds for one answer in twenty, requests a minute."""

    variant: str
    latency_ms: int
    requests_per_minute: int


class EndpointAlarms(Construct):
    """A SageMaker endpoint: answers that fail, slow answers, requests near what it bears (ML-07, LLM-03)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        endpoint: str,
        limits: EndpointLimits,
        pct: float,
        name: str,
        alerts: Alerts,
    ) -> None:
        """Watch ``endpoint`` by its name; tell at ``pct`` percent of the requests that it bears."""
        super().__init__(scope, id)

        def of(metric: str, statistic: str = "Sum", period: Duration = FIVE_MINUTES) -> cw.Metric:
            return cw.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": endpoint, "VariantName": limits.variant},
                period=period,
                statistic=statistic,
            )

        failed = cw.MathExpression(
            expression="IF(total > 0, 100 * (FILL(c, 0) + FILL(s, 0)) / total, 0)",
            using_metrics={
                "total": of("Invocations"),
                "c": of("Invocation4XXErrors"),
                "s": of("Invocation5XXErrors"),
            },
            period=FIVE_MINUTES,
            label="Failed invocations in %",
        )
        # ModelLatency comes in microseconds.
        slow = limits.latency_ms * 1000
        busy = limits.requests_per_minute * pct / 100
        watched: tuple[tuple[str, cw.IMetric, float, str], ...] = (
            ("Errors", failed, ENDPOINT_ERRORS_PCT, f"more than {ENDPOINT_ERRORS_PCT}% of its answers are errors"),
            ("Latency", of("ModelLatency", "p95"), slow, f"one answer in twenty takes over {limits.latency_ms} ms"),
            ("Load", of("Invocations", period=MINUTE), busy, f"over {pct:g}% of the requests a minute that it bears"),
        )
        for word, metric, threshold, what in watched:
            alarm(
                self,
                word,
                name=f"{name}-endpoint-{endpoint}-{word.lower()}",
                metric=metric,
                threshold=threshold,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="endpoint-trouble",
                periods=2,
                description=f"The SageMaker endpoint {endpoint}: {what}. [ML-07, LLM-03]",
            )


def _sum(quota: ModelQuota, metric: str, *, period: Duration = MINUTE) -> cw.Metric:
    return cw.Metric(
        namespace="AWS/Bedrock",
        metric_name=metric,
        dimensions_map={"ModelId": quota.model_id},
        period=period,
        statistic="Sum",
    )
