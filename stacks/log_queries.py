"""The saved queries over the platform's logs, as a table; a test compares every field with what is written (OBS-02).

``functions`` asks the log groups of all functions, ``agents`` those of the planner and its specialists, ``access`` the
API's access log. Numbers of metrics stand in lists, so that their first is ``.0``.
"""

from collections.abc import Mapping

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.agents import AgentFunction
from hardened.functions import Function
from hardened.saved_queries import SavedQueries, SavedQuery

JOB = "put-the-jobs-id-here"
QUERIES = (
    SavedQuery(
        name="errors-by-function",
        about="functions",
        what="What failed, how often, where.",
        lines=(
            'filter level in ["ERROR", "CRITICAL"]',
            "stats count(*) as errors, max(@timestamp) as last by service, message",
            "sort errors desc",
        ),
    ),
    SavedQuery(
        name="story-of-a-job",
        about="functions",
        what=f"Everything that was logged about one analysis, in order: put its id in place of {JOB}.",
        lines=(
            f'filter job_id = "{JOB}" or details.analysis_job_id = "{JOB}" or details.swept_job_id = "{JOB}"',
            "fields @timestamp, service, agent, event_type, level, details.reason, details.status, trace_id",
            "sort @timestamp asc",
            "limit 1000",
        ),
    ),
    SavedQuery(
        name="agents-that-failed",
        about="agents",
        what="Calls of specialists that failed, and why.",
        lines=(
            'filter event_type = "AGENT_FAILED"',
            "stats count(*) as failures, avg(details.duration_ms) as mean_ms by agent, details.error_type",
            "sort failures desc",
        ),
    ),
    SavedQuery(
        name="fallbacks",
        about="agents",
        what="Answers that were replaced by a fixed text, and why.",
        lines=(
            'filter event_type = "FALLBACK_USED"',
            "stats count(*) as fallbacks by agent, details.reason",
            "sort fallbacks desc",
        ),
    ),
    SavedQuery(
        name="guardrail-blocks",
        about="functions",
        what="What guardrails refused: by agent, where (input, output, managed), and the first rule.",
        lines=(
            'filter event_type = "GUARDRAIL_TRIGGERED"',
            "stats count(*) as blocks by agent, details.stage, coalesce(details.rule.0, details.rule) as rule",
            "sort blocks desc",
        ),
    ),
    SavedQuery(
        name="cost-by-agent",
        about="agents",
        what="What models cost, in USD, and how many tokens they took: by agent and hour.",
        lines=(
            "filter ispresent(LlmCostUsd.0)",
            "stats sum(LlmCostUsd.0) as usd, sum(TokensIn.0) as tokens_in, sum(TokensOut.0) as tokens_out "
            "by Agent, bin(1h)",
            "sort usd desc",
        ),
    ),
    SavedQuery(
        name="cold-starts",
        about="functions",
        what="How often functions had to start, and how long it took.",
        lines=(
            'filter type = "platform.report" and ispresent(record.metrics.initDurationMs)',
            "stats count(*) as starts, avg(record.metrics.initDurationMs) as mean_ms, "
            "pct(record.metrics.initDurationMs, 95) as p95_ms by @log",
            "sort starts desc",
        ),
    ),
    SavedQuery(
        name="review-decisions",
        about="functions",
        what="What people decided on reviews; users by hash.",
        lines=(
            'filter event_type = "REVIEW_DECIDED"',
            "fields @timestamp, job_id, details.decision, details.reason, details.by",
            "sort @timestamp desc",
        ),
    ),
    SavedQuery(
        name="throttled-users",
        about="functions",
        what="Users who were slowed down, by hash.",
        lines=(
            'filter event_type = "REQUEST_THROTTLED"',
            "stats count(*) as refused, max(@timestamp) as last by user_id, details.limit",
            "sort refused desc",
        ),
    ),
    SavedQuery(
        name="slow-requests",
        about="access",
        what="The slowest answers of the API, with their traces.",
        lines=(
            "filter ispresent(latency_ms)",
            "fields @timestamp, method, route, status, latency_ms, integration_ms, request_id, trace_id",
            "sort latency_ms desc",
            "limit 50",
        ),
    ),
    SavedQuery(
        name="server-errors-by-route",
        about="access",
        what="Answers with 5xx: by route, every five minutes.",
        lines=(
            "filter status >= 500",
            "stats count(*) as failures by method, route, status, bin(5m)",
            "sort failures desc",
        ),
    ),
    SavedQuery(
        name="refused-sign-ins",
        about="access",
        what="Calls without a valid token or without the right: by address.",
        lines=(
            "filter status = 401 or status = 403",
            "stats count(*) as refused, max(@timestamp) as last by ip, route, status",
            "sort refused desc",
        ),
    ),
)


def save_queries(
    scope: Construct, *, environment: str, functions: Mapping[str, Function], access_log: logs.ILogGroup
) -> None:
    """Save the queries over the log groups of ``functions`` and the API's."""
    agents = {k: f for k, f in functions.items() if k == "Planner" or isinstance(f, AgentFunction)}
    SavedQueries(
        scope,
        "Queries",
        name=f"alex-{environment}",
        queries=QUERIES,
        groups={
            "functions": [function.log_group for function in functions.values()],
            "agents": [function.log_group for function in agents.values()],
            "access": [access_log],
        },
    )
