"""Alarms in one shape, and those of every function.

Every alarm says in its description what happened and where to look, has a name that a person recognises in an e-mail
(OBS-17), a runbook, and always goes to a topic: an alarm that tells nobody is refused by the signature. Who is woken,
and what is one incident: `hardened.composites`.

Missing data: most metrics here are written only when something runs (a request, a message, a throttle), so no data
means that nothing ran, which is healthy. Where silence itself is the failure (a schedule, a backup, a database that
never pauses) the caller says ``missing=BREACHING``; nothing is left to CloudWatch's default, which would keep an alarm
in the state it happened to have.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.topics import Alerts, Member, Severity

FIVE_MINUTES = Duration.minutes(5)


@dataclass(frozen=True, kw_only=True)
class FunctionLimits:
    """When a function has a problem (OBS-08, OBS-09).

    :param rate_pct: more than so many percent of its invocations failed,
    :param count: or more than so many in 5 minutes.
    :param p95_pct: one run in twenty took longer than so many percent of the timeout,
    :param p99_pct: or one in a hundred.
    :param concurrency_pct: so many percent of its reserved executions are in use.
    """

    rate_pct: float
    count: int
    p95_pct: float = 80
    p99_pct: float = 95
    concurrency_pct: float = 80


@dataclass(frozen=True)
class Band:
    """A threshold that CloudWatch learns: so many standard deviations above what is usual at this hour."""

    deviations: float


def alarm(
    scope: Construct,
    id: str,
    *,
    name: str,
    metric: cw.IMetric,
    threshold: float | Band,
    alerts: Alerts,
    severity: Severity,
    runbook: str,
    description: str,
    periods: int = 1,
    datapoints: int | None = None,
    below: bool = False,
    missing: cw.TreatMissingData = cw.TreatMissingData.NOT_BREACHING,
    joined: bool = False,
) -> cw.Alarm:
    """An alarm that tells somebody when ``metric`` is over ``threshold``, and when it is well again.

    :param severity: how urgent it is; the topic is that of the severity, or, for a critical alarm of a domain, the
        warnings', because the domain's composite pages for it.
    :param runbook: name of the page in docs/runbooks that says what to do; its address ends the description.
    :param description: what happened and where to look, ending with the requirement's id: ``... [OBS-08]``.
    :param periods: so many of the metric's periods are looked at; ``datapoints`` of them (all, if None) must be over.
    :param below: under the threshold is the trouble, not over it.
    :param missing: what no data means; nothing ran, which is healthy, unless the caller knows better.
    :param joined: a composite alarm tells for it; this one only when CloudWatch cannot judge it any more.
    """
    text, _, requirements = description.rpartition(" [")
    shape: dict[str, Any] = {
        "alarm_name": name,
        "alarm_description": f"{text} Runbook: {alerts.runbook(runbook)} [{requirements}",
        "metric": metric,
        "evaluation_periods": periods,
        "datapoints_to_alarm": datapoints,
        "treat_missing_data": missing,
    }
    over = cw.ComparisonOperator.LESS_THAN_THRESHOLD if below else cw.ComparisonOperator.GREATER_THAN_THRESHOLD
    made = (
        cw.AnomalyDetectionAlarm(
            scope,
            id,
            std_devs=threshold.deviations,
            comparison_operator=cw.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
            **shape,
        )
        if isinstance(threshold, Band)
        else cw.Alarm(scope, id, threshold=threshold, comparison_operator=over, **shape)
    )
    if joined:
        made.add_insufficient_data_action(actions.SnsAction(alerts.warning))
        return made
    action = actions.SnsAction(alerts.join(Member(name, made), severity))
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

    What is not reserved is the account's, which has an alarm of its own (`hardened.platform_alarms`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.Function,
        name: str,
        limits: FunctionLimits,
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
                count=limits.count,
                label=f"Errors in % (100: more than {limits.count})",
            ),
            threshold=limits.rate_pct,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="function-errors",
            description=f"{name}: more than {limits.rate_pct:g}% of invocations, or more than {limits.count} "
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
        for percentile, pct in ((95, limits.p95_pct), (99, limits.p99_pct)):
            alarm(
                self,
                f"DurationP{percentile}",
                name=f"{name}-duration-p{percentile}",
                metric=function.metric_duration(period=FIVE_MINUTES, statistic=f"p{percentile}"),
                threshold=timeout_ms * pct / 100,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="function-duration",
                description=f"{name}: p{percentile} of the duration is over {pct:g}% of the timeout "
                f"({timeout_ms / 1000:g} s); runs will soon be cut off. [OBS-09]",
            )
        if reserved:
            alarm(
                self,
                "Concurrency",
                name=f"{name}-concurrency",
                metric=function.metric("ConcurrentExecutions", period=FIVE_MINUTES, statistic="Maximum"),
                threshold=reserved * limits.concurrency_pct / 100,
                alerts=alerts,
                severity=Severity.WARNING,
                runbook="function-concurrency",
                description=f"{name} uses more than {limits.concurrency_pct:g}% of its {reserved} reserved executions. "
                "[OBS-09]",
            )
