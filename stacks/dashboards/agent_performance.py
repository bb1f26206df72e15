"""How the analyses run: jobs, the agents, the functions that they are (OBS-04, OBS-24)."""

from hardened.dashboards import Limit, Math, Panel, Section
from stacks.dashboards.view import MS, MS_A_SECOND, View, scaled, total

ABOUT = "**Agents** - for those who run the analyses: do they finish, how long do they take, which agent is in trouble?"


def sections(view: View) -> list[Section]:
    """The dashboard ``agent-performance``."""
    return [_glance(view), _analyses(view), _agents(view), _functions(view)]


def _glance(view: View) -> Section:
    failed = (
        *view.own("JobsFailed", "planner"),
        *view.own("JobsFailed", "sweeper"),
        *view.own("JobsFailed", "review", "approval"),
    )
    lost = view.by_agent("AgentErrors", service="planner")
    panels = (
        ("Analyses started", "analyses", "incident-analysis", total(view.own("JobsStarted", "planner"), "started")),
        ("Analyses failed", "analyses", "incident-analysis", total(failed, "failed")),
        ("Duration of an analysis, p95", "s", "incident-analysis", duration(view, "p95")),
        ("Agents' calls failed", "calls", "incident-analysis", total(lost, "calls")),
    )
    return Section(
        title="At a glance",
        about="Over the whole time shown.",
        panels=[
            Panel(title=title, unit=unit, runbook=runbook, lines=lines, figure=True)
            for title, unit, runbook, lines in panels
        ],
    )


def duration(view: View, statistic: str, label: str = "") -> tuple[Math, ...]:
    """How long analyses take, in seconds, from when the planner begins."""
    lines = view.own("AnalysisDurationMs", "planner", statistic=statistic, label=label or statistic)
    return scaled(lines, MS_A_SECOND)


def _analyses(view: View) -> Section:
    promised = view.settings.planner.promised_seconds
    done = (
        *view.own("JobsStarted", "planner", label="started"),
        *view.own("JobsCompleted", "planner", label="done"),
        *view.own("JobsFailed", "planner", label="failed"),
    )
    swept = (
        *view.own("JobsRequeued", "sweeper", label="queued again"),
        *view.own("JobsFailed", "sweeper", label="given up"),
    )
    return Section(
        title="Analyses",
        about="From the queue to the stored result. What waits for a person's approval ends on the business view.",
        panels=[
            Panel(title="Analyses", unit="analyses", runbook="incident-analysis", lines=done),
            Panel(
                title="Duration of an analysis",
                unit="s",
                runbook="incident-analysis",
                lines=(*duration(view, "p50"), *duration(view, "p95")),
                limits=(Limit(promised, f"promise: {promised / 60:g} min"),),
            ),
            Panel(title="Lost and found by the sweeper", unit="analyses", runbook="sweeper-silent", lines=swept),
        ],
    )


def _agents(view: View) -> Section:
    panels = (
        ("Duration, average", MS, "AgentDurationMs", "Average", "incident-analysis"),
        ("Duration, p95", MS, "AgentDurationMs", "p95", "incident-analysis"),
        ("Fallback answers", "answers", "FallbacksUsed", "Sum", "incident-analysis"),
        ("Answers that a guardrail blocked", "answers", "GuardrailBlocks", "Sum", "guardrail-blocks"),
        ("Tools called", "calls", "ToolCalls", "Sum", "incident-analysis"),
    )
    return Section(
        title="Agents",
        about="As the agents count it themselves. A failed agent costs its part of an analysis, not the analysis.",
        panels=[
            Panel(
                title="Failed calls",
                unit="calls",
                runbook="incident-analysis",
                lines=view.by_agent("AgentErrors", service="planner"),
            ),
            *(
                Panel(title=title, unit=unit, runbook=runbook, lines=view.by_agent(metric, statistic=statistic))
                for title, unit, metric, statistic, runbook in panels
            ),
            Panel(
                title="Parts that the planner filled in",
                unit="answers",
                runbook="incident-analysis",
                lines=view.by_agent("FallbacksUsed", service="planner"),
            ),
            Panel(
                title="Analyses without fresh prices",
                unit="analyses",
                runbook="prices-unavailable",
                lines=view.by_service("PricesUnavailable", "planner"),
            ),
        ],
    )


def _functions(view: View) -> Section:
    only = {name: each for name, each in view.found.functions.items() if name == "Planner" or name in view.found.agents}
    panels = (
        ("Invocations", "invocations", "Invocations", "Sum", "function-errors"),
        ("Errors", "errors", "Errors", "Sum", "function-errors"),
        ("Run time, p95", MS, "Duration", "p95", "function-duration"),
        ("Throttled invocations", "invocations", "Throttles", "Sum", "function-throttles"),
        ("Running at once", "executions", "ConcurrentExecutions", "Maximum", "function-concurrency"),
    )
    reserved = view.settings.planner.reserved_concurrency
    return Section(
        title="Functions of the planner and its agents",
        about="As Lambda counts it.",
        panels=[
            Panel(
                title=title,
                unit=unit,
                runbook=runbook,
                lines=view.by_function(metric, statistic=statistic, only=only),
                limits=(Limit(reserved, "reserved for the planner"),)
                if metric == "ConcurrentExecutions" and reserved
                else (),
            )
            for title, unit, metric, statistic, runbook in panels
        ],
    )
