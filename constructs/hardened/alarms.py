"""Alarms of functions, queues, the API and the database: what is watched, in one shape.

Every alarm says in its description what happened and where to look, has a name that a person recognises in an e-mail
(OBS-17), a runbook, and always goes to a topic: an alarm that tells nobody is refused by the signature. Missing data
means that nothing ran, which is healthy; except for what runs on a schedule, where silence itself is the failure.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.topics import Alerts, Severity

FIVE_MINUTES = Duration.minutes(5)


@dataclass(frozen=True, kw_only=True)
class ErrorLimits:
    """When errors of a function count as a problem.

    More than ``rate_pct`` percent, or more than ``count`` in 5 minutes.
    """

    rate_pct: float
    count: int


def alarm(
    scope: Construct,
    id: str,
    *,
    name: str,
    metric: cw.IMetric,
    threshold: float,
    alerts: Alerts,
    severity: Severity,
    runbook: str,
    description: str,
    periods: int = 1,
    datapoints: int | None = None,
    below: bool = False,
    missing: cw.TreatMissingData = cw.TreatMissingData.NOT_BREACHING,
) -> cw.Alarm:
    """An alarm that tells the topic of ``severity`` when ``metric`` is over ``threshold``, and when it is well again.

    :param runbook: name of the page in docs/runbooks that says what to do; its address ends the description.
    :param description: what happened and where to look, ending with the requirement's id: ``... [OBS-08]``.
    :param periods: so many of the metric's periods are looked at; ``datapoints`` of them (all, if None) must be over.
    :param below: under the threshold is the trouble, not over it.
    :param missing: what no data means; nothing ran, which is healthy, unless the caller knows better.
    """
    text, _, requirements = description.rpartition(" [")
    made = cw.Alarm(
        scope,
        id,
        alarm_name=name,
        alarm_description=f"{text} Runbook: {alerts.runbook(runbook)} [{requirements}",
        metric=metric,
        threshold=threshold,
        comparison_operator=cw.ComparisonOperator.LESS_THAN_THRESHOLD
        if below
        else cw.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=periods,
        datapoints_to_alarm=datapoints,
        treat_missing_data=missing,
    )
    action = actions.SnsAction(alerts.topic(severity))
    made.add_alarm_action(action)
    made.add_ok_action(action)
    return made


def error_rate(*, errors: cw.IMetric, total: cw.IMetric, count: int, label: str) -> cw.MathExpression:
    """Errors in percent of ``total``.

    100 as soon as there are more than ``count``, so that one threshold holds both rules.
    """
    return cw.MathExpression(
        expression=f"IF(errors > {count}, 100, IF(total > 0, 100 * errors / total, 0))",
        using_metrics={"errors": errors, "total": total},
        period=FIVE_MINUTES,
        label=label,
    )


class FunctionAlarms(Construct):
    """Errors, throttles, duration (p95, p99) and, where concurrency is reserved, its use (OBS-08, OBS-09).

    Thresholds without a figure in the sources are proportions: p95 over 80% and p99 over 95% of the timeout, more than
    80% of the reserved concurrency.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.Function,
        name: str,
        errors: ErrorLimits,
        alerts: Alerts,
        reserved: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        timeout_ms = function.timeout.to_milliseconds() if function.timeout else 3000
        self.errors = alarm(
            self,
            "Errors",
            name=f"{name}-errors",
            metric=error_rate(
                errors=function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
                total=function.metric_invocations(period=FIVE_MINUTES, statistic="Sum"),
                count=errors.count,
                label=f"Errors in % (100: more than {errors.count})",
            ),
            threshold=errors.rate_pct,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="function-errors",
            description=f"{name}: more than {errors.rate_pct}% of invocations, or more than {errors.count} "
            "in 5 minutes, failed. See the function's log group. [OBS-08]",
        )
        self.throttles = alarm(
            self,
            "Throttles",
            name=f"{name}-throttles",
            metric=function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
            threshold=0,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="function-throttles",
            description=f"{name} was throttled: its reserved or the account's concurrency is used up. [OBS-09]",
        )
        for percentile, share in ((95, 0.80), (99, 0.95)):
            alarm(
                self,
                f"DurationP{percentile}",
                name=f"{name}-duration-p{percentile}",
                metric=function.metric_duration(period=FIVE_MINUTES, statistic=f"p{percentile}"),
                threshold=timeout_ms * share,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="function-duration",
                description=f"{name}: p{percentile} of the duration is over {share:.0%} of the timeout "
                f"({timeout_ms / 1000:g} s); runs will soon be cut off. [OBS-09]",
            )
        if reserved:
            alarm(
                self,
                "Concurrency",
                name=f"{name}-concurrency",
                metric=function.metric("ConcurrentExecutions", period=FIVE_MINUTES, statistic="Maximum"),
                threshold=reserved * 0.8,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="function-concurrency",
                description=f"{name} uses more than 80% of its {reserved} reserved executions. [OBS-09]",
            )
