"""What a month brings: the figures that the cost estimate multiplies by its prices (COST-01).

Decision: these are expectations, not limits, and nothing deployed reads them. Where the sources name a figure it stands
here with its id; where the bench measured one, the text says so; everything else is an assumption that the estimate
prints, and that the first real bill corrects.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.figure import Section, figure

Share = Annotated[float, Field(ge=0, le=1)]


class Runs(Section):
    """How often a function runs and for how long; what runs on a schedule is counted from its rule instead.

    :param times: for each request, analysis or month, as ``per`` says.
    """

    per: Literal["request", "analysis", "month"]
    times: float = Field(ge=0)
    seconds: float = Field(ge=0, le=900)


class Talk(Section):
    """What one agent says to its model in one analysis, and the guardrail's text units for it."""

    tokens_in: int = Field(ge=0)
    tokens_out: int = Field(ge=0)
    guardrail_units: float = Field(0, ge=0)


OTHER = "Other"
"""The entry of `Usage.functions` for every function that has none of its own."""

FUNCTIONS = {
    "Api": Runs(per="request", times=1, seconds=0.15),
    "Authorizer": Runs(per="request", times=0.2, seconds=0.05),
    "Planner": Runs(per="analysis", times=1, seconds=45),
    "Tagger": Runs(per="analysis", times=0.1, seconds=10),
    "Reporter": Runs(per="analysis", times=1, seconds=25),
    "Charter": Runs(per="analysis", times=1, seconds=10),
    "Retirement": Runs(per="analysis", times=1, seconds=15),
    "Archiver": Runs(per="analysis", times=3, seconds=0.5),
    "Review": Runs(per="analysis", times=0.05, seconds=1),
    "Decision": Runs(per="analysis", times=0.05, seconds=1),
    "Migrations": Runs(per="month", times=4, seconds=30),
    "Rotation": Runs(per="month", times=4, seconds=10),
    OTHER: Runs(per="month", times=10_000, seconds=1),
}
TALKS = {
    "Reporter": Talk(tokens_in=3600, tokens_out=1400, guardrail_units=15),
    "Charter": Talk(tokens_in=1500, tokens_out=310, guardrail_units=3),
    "Retirement": Talk(tokens_in=1000, tokens_out=390, guardrail_units=6),
    "Tagger": Talk(tokens_in=300, tokens_out=100),
}


def _with_the_rest(functions: dict[str, Runs]) -> dict[str, Runs]:
    if OTHER not in functions:
        raise ValueError(f"say under {OTHER} how often every other function runs")
    return functions


class Usage(Section):
    """One environment's month. The defaults are production's first year."""

    users: int = figure(500, req="PERF-13", unit="users/month", ge=0, description="Who signs in; the sources' peak")
    requests_per_day: int = figure(10_000, req="PERF-14", unit="requests/day", ge=0)
    response_kb: float = figure(5, req="COST-01", unit="KB", ge=0)
    analyses_per_day: int = figure(400, req="COST-01", unit="analyses/day", ge=0, description="Two for each of 200")
    reviewed_share: Share = figure(0.05, req="COST-01", description="Of the analyses, what waits for a person")
    functions: Annotated[dict[str, Runs], AfterValidator(_with_the_rest)] = figure(
        FUNCTIONS, req="COST-01", description="By the function's name; Other: the rest"
    )
    talks: dict[str, Talk] = figure(
        TALKS, req="COST-01", description="By agent; measured with the simulated analyst on the demo portfolio"
    )
    database_acu: float = figure(2, req="COST-01", unit="ACU", ge=0, description="Of an instance, while it runs")
    database_hours: float = figure(730, req="COST-01", unit="h/month", ge=0, le=744, description="When it may pause")
    database_gb: float = figure(50, req="COST-01", unit="GB", ge=0)
    database_million_io: float = figure(30, req="COST-01", unit="million/month", ge=0)
    table_gb: float = figure(1, req="COST-01", unit="GB/table", ge=0)
    table_calls_per_analysis: float = figure(10, req="COST-01", unit="reads and writes/table", ge=0)
    table_calls_per_request: float = figure(1, req="COST-01", unit="reads and writes/table", ge=0)
    bucket_gb: float = figure(25, req="COST-01", unit="GB/bucket", ge=0, description="All at the price of Standard")
    bucket_requests: int = figure(100_000, req="COST-01", unit="requests/bucket/month", ge=0)
    backup_gb: float = figure(200, req="COST-01", unit="GB/vault", ge=0, description="Recovery points")
    log_gb_per_group: float = figure(1, req="COST-01", unit="GB/group/month", ge=0)
    flow_log_gb: float = figure(10, req="COST-01", unit="GB/month", ge=0)
    months_kept: int = figure(12, req="COST-01", unit="months", ge=0, description="Of logs that have piled up by then")
    metrics_per_function: int = figure(
        10, req="COST-01", unit="custom metrics/function", ge=0, description="Billed by the hour in which it is written"
    )
    alerts: int = figure(200, req="COST-01", unit="messages/topic/month", ge=0)
    queue_messages_per_analysis: float = figure(1, req="COST-01", unit="messages/queue", ge=0)
    key_uses_per_analysis: float = figure(20, req="COST-01", unit="requests/key", ge=0)
    secret_reads: int = figure(20_000, req="COST-01", unit="calls/secret/month", ge=0)
    nat_gb: float = figure(20, req="COST-01", unit="GB/gateway/month", ge=0)
    endpoint_gb: float = figure(5, req="COST-01", unit="GB/endpoint/month", ge=0)
    management_events: int = figure(500_000, req="COST-01", unit="events/month", ge=0)
    data_events: int = figure(500_000, req="COST-01", unit="events/month", ge=0)
    config_items: int = figure(3000, req="COST-01", unit="items/month", ge=0)
    config_evaluations: int = figure(300, req="COST-01", unit="evaluations/rule/month", ge=0)
    security_checks: int = figure(30_000, req="COST-01", unit="checks/standard/month", ge=0)
    scanned_gb: float = figure(5, req="COST-01", unit="GB/month", ge=0, description="Read in search of personal data")
    free_allowances: bool = figure(False, req="COST-01", description="AWS's standing ones, if no one else uses them")
