"""What carries the analyses: ringing alarms, API, functions, queues, workflows, database, tables, charges (OBS-05,
OBS-11, OBS-24).
"""

from aws_cdk import ArnFormat, Stack

from hardened.dashboards import MOST_ALARMS_OF_A_PANEL, AlarmList, Limit, Panel, Section
from stacks.dashboards import cost
from stacks.dashboards.view import MS, MS_A_SECOND, S_AN_HOUR, View, queue_line, scaled, share

ABOUT = "**Platform** - for those on call: what rings, and which part is slow, failing, full or waiting?"


def sections(view: View, *, beside: Stack) -> list[Section]:
    """The dashboard ``platform``; alarms are those of the account and region of ``beside``."""
    return [
        _alarms(view, beside),
        _api(view),
        _functions(view),
        _queues(view),
        _workflows(view),
        _database(view),
        _tables(view),
        Section(
            title="Charges",
            about="Of the whole account; the cost dashboard has the rest.",
            panels=[cost.charges(view), cost.model_cost_an_hour(view)],
        ),
    ]


def _alarms(view: View, beside: Stack) -> Section:
    arns = [
        beside.format_arn(
            service="cloudwatch", resource="alarm", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        for name in view.found.alarms
    ]
    most = MOST_ALARMS_OF_A_PANEL
    parts = [tuple(arns[start : start + most]) for start in range(0, len(arns), most)]
    return Section(
        title="Alarms",
        about=f"The ones of {len(arns)} that ring now; empty is good. Each names its own runbook.",
        panels=[
            AlarmList(
                title="Ringing now" if len(parts) == 1 else f"Ringing now ({number} of {len(parts)})",
                runbook="README",
                alarms=part,
            )
            for number, part in enumerate(parts, start=1)
        ],
    )


def _api(view: View) -> Section:
    alarms, slo = view.settings.alarms, view.settings.slo
    ours = share(view.api("5XXError"), view.api("Count"), "failed on our side (5xx)")
    theirs = share(view.api("4XXError"), view.api("Count"), "refused (4xx)")
    return Section(
        title="API",
        about="As the gateway counts it, whatever happened behind it.",
        panels=[
            Panel(title="Requests", unit="requests", runbook="api-errors", lines=view.api("Count", label="requests")),
            Panel(
                title="Requests that failed",
                unit="%",
                runbook="api-errors",
                lines=(*ours, *theirs),
                limits=(Limit(alarms.api_5xx_rate_pct, "alarm for 5xx"),),
            ),
            Panel(
                title="Time to the answer",
                unit=MS,
                runbook="api-latency",
                lines=tuple(line for p in ("p50", "p95", "p99") for line in view.api("Latency", statistic=p, label=p)),
                limits=(Limit(slo.api_p99_ms, "objective for p99"), Limit(alarms.api_p95_ms, "alarm for p95")),
            ),
            Panel(
                title="Requests over a user's own limit",
                unit="requests",
                runbook="api-refused",
                lines=view.own("Throttled", "api", label="refused with 429"),
            ),
            Panel(
                title="Answers from the cache",
                unit="requests",
                runbook="api-latency",
                lines=(*view.api("CacheHitCount", label="cached"), *view.api("CacheMissCount", label="not cached"))
                if view.settings.api.cache_ttl_seconds
                else (),
            ),
        ],
    )


def _functions(view: View) -> Section:
    rates = tuple(
        line
        for errors, calls in zip(view.by_function("Errors"), view.by_function("Invocations"), strict=True)
        for line in share((errors,), (calls,), errors.label)
    )
    panels = (
        ("Invocations", "invocations", "Invocations", "Sum", "function-errors"),
        ("Failed invocations", "errors", "Errors", "Sum", "function-errors"),
        ("Run time, p95", MS, "Duration", "p95", "function-duration"),
        ("Throttled invocations", "invocations", "Throttles", "Sum", "function-throttles"),
        ("Running at once", "executions", "ConcurrentExecutions", "Maximum", "function-concurrency"),
    )
    return Section(
        title="Functions",
        about="Every function of the platform, as Lambda counts it.",
        panels=[
            *(
                Panel(title=title, unit=unit, runbook=runbook, lines=view.by_function(metric, statistic=statistic))
                for title, unit, metric, statistic, runbook in panels
            ),
            Panel(
                title="Share of invocations that failed",
                unit="%",
                runbook="function-errors",
                lines=rates,
                limits=(Limit(view.settings.alarms.lambda_error_rate_pct, "alarm"),),
            ),
        ],
    )


def _queues(view: View) -> Section:
    waiting = "ApproximateNumberOfMessagesVisible"
    panels = (
        ("Messages that wait", "messages", waiting, "Maximum", "queue-age", False),
        ("Messages in work", "messages", "ApproximateNumberOfMessagesNotVisible", "Maximum", "queue-age", False),
        ("Messages sent", "messages", "NumberOfMessagesSent", "Sum", "queue-age", False),
        ("Messages done", "messages", "NumberOfMessagesDeleted", "Sum", "queue-age", False),
        ("Dead letters: nobody could handle them", "messages", waiting, "Maximum", "dead-letters", True),
    )
    age = "ApproximateAgeOfOldestMessage"
    queues = view.found.queues.items()
    return Section(
        title="Queues",
        about="A queue may be long; it must not be old. Any dead letter is an alarm.",
        panels=[
            Panel(
                title="Age of the oldest message",
                unit="s",
                runbook="queue-age",
                lines=tuple(queue_line(queue, age, "Maximum", name) for name, queue in queues),
                limits=(Limit(view.settings.alarms.queue_age_seconds, "alarm"),),
            ),
            *(
                Panel(
                    title=title,
                    unit=unit,
                    runbook=runbook,
                    lines=tuple(queue_line(queue, metric, statistic, name, dead=dead) for name, queue in queues),
                )
                for title, unit, metric, statistic, runbook, dead in panels
            ),
        ],
    )


def _workflows(view: View) -> Section:
    failures = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
    return Section(
        title="Workflows",
        about="An execution lasts as long as people need to decide.",
        panels=[
            Panel(
                title="Executions",
                unit="executions",
                runbook="workflow-failed",
                lines=(
                    *view.workflows("ExecutionsStarted", label="started"),
                    *view.workflows("ExecutionsSucceeded", label="ended well"),
                ),
            ),
            Panel(
                title="Executions that ended badly",
                unit="executions",
                runbook="workflow-failed",
                lines=tuple(
                    line
                    for name in failures
                    for line in view.workflows(name, label=name.removeprefix("Executions").lower())
                ),
            ),
            Panel(
                title="Duration of an execution",
                unit="h",
                runbook="workflow-failed",
                lines=scaled(
                    view.workflows("ExecutionTime", statistic="Maximum", label="longest"), MS_A_SECOND * S_AN_HOUR
                ),
            ),
        ],
    )


def _database(view: View) -> Section:
    alarms, aurora = view.settings.alarms, view.settings.aurora
    asking = [agent.service for agent in view.found.agents.values()]
    statements = view.by_service("DbQueryMs", "api", "planner", *asking, statistic="p95")
    panels = (
        ("Processor", "%", view.database("CPUUtilization"), (Limit(alarms.database_cpu_pct, "alarm"),)),
        ("Capacity", "ACU", view.database("ServerlessDatabaseCapacity"), (Limit(aurora.max_acu, "most"),)),
        ("Connections", "connections", view.database("DatabaseConnections", statistic="Maximum"), ()),
        ("Time of a commit", MS, view.database("CommitLatency"), ()),
        ("Time of a statement through the Data API, p95", MS, statements, ()),
        ("Deadlocks", "deadlocks/s", view.database("Deadlocks"), ()),
    )
    return Section(
        title="Database",
        about="Aurora as AWS sees it; statements as the functions that wait for them see them.",
        panels=[
            *(
                Panel(title=title, unit=unit, runbook="database-load", lines=lines, limits=limits)
                for title, unit, lines, limits in panels
            ),
            Panel(
                title="Refused connections",
                unit="connections",
                runbook="database-refused-connections",
                lines=view.counted("database-refused"),
            ),
        ],
    )


def _tables(view: View) -> Section:
    panels = (
        ("Read capacity used", "units", view.tables("ConsumedReadCapacityUnits")),
        ("Write capacity used", "units", view.tables("ConsumedWriteCapacityUnits")),
        ("Throttled reads", "requests", view.tables("ReadThrottleEvents")),
        ("Throttled writes", "requests", view.tables("WriteThrottleEvents")),
    )
    return Section(
        title="Tables",
        about="DynamoDB, billed by request: it throttles when one key is too hot.",
        panels=[Panel(title=title, unit=unit, runbook="table-throttles", lines=lines) for title, unit, lines in panels],
    )
