"""What operators look at: dashboards from the tables below (SYS-11).

Three of them: the platform, the agents, the model (OBS-03 to OBS-05).
"""

from collections.abc import Mapping

from constructs import Construct

from hardened import Database
from hardened.agents import AgentFunction
from hardened.dashboards import Dashboard, Line, Panel
from hardened.functions import NAMESPACE, Function
from hardened.queues import WorkQueue
from settings import Settings
from stacks.base import PlatformStack
from stacks.review_panels import review_panels

# Panels for every function: title, metric, statistic.
FUNCTION_PANELS = (
    ("Invocations", "Invocations", "Sum"),
    ("Errors", "Errors", "Sum"),
    ("Duration p95 (ms)", "Duration", "p95"),
    ("Throttles", "Throttles", "Sum"),
    ("Concurrent executions", "ConcurrentExecutions", "Maximum"),
)
# Metrics that each agent writes about itself: title, metric, statistic.
AGENT_PANELS = (
    ("Duration (ms)", "AgentDurationMs", "Average"),
    ("Fallbacks", "FallbacksUsed", "Sum"),
    ("Guardrail blocks", "GuardrailBlocks", "Sum"),
)
MODEL_PANELS = (
    ("Tokens in", "TokensIn", "Sum"),
    ("Tokens out", "TokensOut", "Sum"),
    ("Model latency p95 (ms)", "LlmLatencyMs", "p95"),
    ("Cost (USD)", "LlmCostUsd", "Sum"),
    ("Answers by the stand-in model", "ModelDowngrades", "Sum"),
    ("Breakers opened", "BreakerOpened", "Sum"),
)
# What Bedrock says of the model: title, metric, statistic.
BEDROCK_PANELS = (
    ("Invocations", "Invocations", "Sum"),
    ("Latency p95 (ms)", "InvocationLatency", "p95"),
    ("Client errors", "InvocationClientErrors", "Sum"),
    ("Server errors", "InvocationServerErrors", "Sum"),
    ("Throttles", "InvocationThrottles", "Sum"),
    ("Tokens", "OutputTokenCount", "Sum"),
)


class ObservabilityStack(PlatformStack):
    """Dashboards over everything that was deployed before."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        functions: Mapping[str, Function],
        queues: Mapping[str, WorkQueue],
        database: Database,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: dashboards")
        self._settings = settings
        self._name = f"alex-{settings.name}"
        self._functions = functions
        self._queues = queues
        self._agents = {name: function for name, function in functions.items() if isinstance(function, AgentFunction)}
        self._dashboard("Platform", "platform", self._platform(database))
        self._dashboard("AgentPerformance", "agent-performance", self._agent_performance())
        self._dashboard("ModelUsage", "ai-model-usage", self._model_usage())

    def _dashboard(self, construct_id: str, word: str, sections: Mapping[str, list[Panel]]) -> None:
        Dashboard(self, construct_id, name=f"{self._name}-{word}", sections=sections)

    def _platform(self, database: Database) -> dict[str, list[Panel]]:
        alarms, cluster = self._settings.alarms, {"DBClusterIdentifier": database.cluster.cluster_identifier}
        return {
            "API": [
                Panel(title="Requests", lines=(self._api("Count", "Sum"),)),
                Panel(title="Errors", lines=(self._api("5XXError", "Sum"), self._api("4XXError", "Sum"))),
                Panel(
                    title="Latency (ms); limit: objective for p99",
                    lines=tuple(self._api("Latency", p) for p in ("p50", "p95", "p99")),
                    limit=self._settings.slo.api_p99_ms,
                ),
            ],
            "Functions": self._function_panels(self._functions),
            "Queues": [panel for name, queue in self._queues.items() for panel in self._queue_panels(name, queue)],
            "Database": [
                Panel(title="CPU (%)", lines=(_rds(cluster, "CPUUtilization"),), limit=alarms.database_cpu_pct),
                Panel(title="Capacity (ACU)", lines=(_rds(cluster, "ServerlessDatabaseCapacity"),)),
                Panel(title="Connections", lines=(_rds(cluster, "DatabaseConnections", "Maximum"),)),
                Panel(
                    title="Latency of reads and commits (ms)",
                    lines=(_rds(cluster, "SelectLatency"), _rds(cluster, "CommitLatency")),
                ),
            ],
        }

    def _agent_performance(self) -> dict[str, list[Panel]]:
        planner = [self._own("planner", "planner", metric) for metric in ("JobsStarted", "JobsCompleted", "JobsFailed")]
        swept = [self._own("sweeper", "sweeper", metric) for metric in ("JobsRequeued", "JobsFailed")]
        errors = tuple(self._own("planner", name.lower(), "AgentErrors", label=name) for name in self._agents)
        duration = tuple(self._own("planner", "planner", "AnalysisDurationMs", p) for p in ("p50", "p95"))
        running = {name: function for name, function in self._functions.items() if name in {"Planner", *self._agents}}
        return {
            "Analyses": [
                Panel(title="Jobs", lines=tuple(planner)),
                Panel(title="Duration (ms)", lines=duration),
                Panel(title="Confidence", lines=(self._own("planner", "planner", "QualityConfidence", "Average"),)),
                Panel(title="Saved by the sweeper", lines=tuple(swept)),
            ],
            "Approval": review_panels(self._own),
            "Agents": [Panel(title="Failed calls", lines=errors), *self._agent_panels(AGENT_PANELS)],
            "Functions": self._function_panels(running),
        }

    def _model_usage(self) -> dict[str, list[Panel]]:
        models = self._settings.models
        return {
            "By agent": self._agent_panels(MODEL_PANELS),
            "Bedrock": [
                Panel(
                    title=title,
                    lines=tuple(
                        Line(
                            namespace="AWS/Bedrock",
                            metric=metric,
                            dimensions={"ModelId": model.model_id},
                            statistic=stat,
                            label=role,
                        )
                        for role, model in (("large", models.large), ("small", models.small))
                    ),
                )
                for title, metric, stat in BEDROCK_PANELS
            ],
        }

    def _function_panels(self, functions: Mapping[str, Function]) -> list[Panel]:
        return [
            Panel(
                title=title,
                lines=tuple(
                    Line(
                        namespace="AWS/Lambda",
                        metric=metric,
                        dimensions={"FunctionName": function.function.function_name},
                        statistic=statistic,
                        label=name,
                    )
                    for name, function in functions.items()
                ),
            )
            for title, metric, statistic in FUNCTION_PANELS
        ]

    def _agent_panels(self, panels: tuple[tuple[str, str, str], ...]) -> list[Panel]:
        return [
            Panel(
                title=title,
                lines=tuple(
                    self._own(name.lower(), name.lower(), metric, statistic, label=name) for name in self._agents
                ),
            )
            for title, metric, statistic in panels
        ]

    def _queue_panels(self, name: str, queue: WorkQueue) -> list[Panel]:
        def line(metric: str, statistic: str, *, dead: bool = False) -> Line:
            chosen = queue.dead_letters.queue if dead else queue.queue
            dimensions = {"QueueName": chosen.queue_name}
            label = "dead letters" if dead else ""
            return Line(namespace="AWS/SQS", metric=metric, dimensions=dimensions, statistic=statistic, label=label)

        waiting, flying = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
        return [
            Panel(
                title=f"{name}: depth",
                lines=(line(waiting, "Maximum"), line(flying, "Maximum"), line(waiting, "Maximum", dead=True)),
            ),
            Panel(
                title=f"{name}: age of the oldest (s)",
                lines=(line("ApproximateAgeOfOldestMessage", "Maximum"),),
                limit=self._settings.alarms.queue_age_seconds,
            ),
            Panel(
                title=f"{name}: throughput",
                lines=(line("NumberOfMessagesSent", "Sum"), line("NumberOfMessagesDeleted", "Sum")),
            ),
        ]

    def _api(self, metric: str, statistic: str) -> Line:
        dimensions = {"ApiName": self._name, "Stage": self._settings.name}
        label = statistic if metric == "Latency" else metric
        return Line(namespace="AWS/ApiGateway", metric=metric, dimensions=dimensions, statistic=statistic, label=label)

    def _own(self, service: str, agent: str, metric: str, statistic: str = "Sum", *, label: str = "") -> Line:
        dimensions = {"Environment": self._settings.name, "Service": service, "Agent": agent}
        return Line(
            namespace=NAMESPACE, metric=metric, dimensions=dimensions, statistic=statistic, label=label or metric
        )


def _rds(cluster: Mapping[str, str], metric: str, statistic: str = "Average") -> Line:
    return Line(namespace="AWS/RDS", metric=metric, dimensions=cluster, statistic=statistic, label=metric)
