"""What it costs, and what drives the costs (OBS-05).

The bill's own metric has limits that its section tells: AWS publishes it in us-east-1 only, for a whole account, every
few hours, and only after "Receive CloudWatch billing alerts" was switched on in the account's billing preferences.
"""

from hardened.dashboards import Limit, Line, Math, Panel, Section
from stacks.dashboards.view import BILLING_REGION, View, queue_line, ratio, total

ABOUT = "**Cost** - for those who pay: how much so far, which agent spends it, and what drives the rest?"
DAY_S = 86_400


def sections(view: View) -> list[Section]:
    """The dashboard ``cost``."""
    return [_models(view), _bill(view), _drivers(view)]


def charges(view: View, *, width: int = 8) -> Panel:
    """The month's charges of the account against the environment's budget."""
    cost = view.settings.cost
    bill = Line(
        namespace="AWS/Billing",
        metric="EstimatedCharges",
        dimensions={"Currency": "USD"},
        statistic="Maximum",
        label="this month so far",
    )
    return Panel(
        title="Charges of the account",
        unit="USD",
        runbook="budget",
        lines=(bill,),
        limits=tuple(
            Limit(cost.monthly_budget_usd * pct / 100, f"{pct}% of the budget") for pct in cost.alert_thresholds_pct
        ),
        period_s=6 * 3600,
        region=BILLING_REGION,
        width=width,
    )


def model_cost_a_day(view: View, *, width: int = 8) -> Panel:
    """What the models' calls cost each day, by agent."""
    return Panel(
        title="Models' cost a day, by agent",
        unit="USD/day",
        runbook="model-cost",
        lines=view.by_agent("LlmCostUsd"),
        stacked=True,
        period_s=DAY_S,
        width=width,
    )


def _models(view: View) -> Section:
    running = tuple(
        Math(expression="RUNNING_SUM({cost})", of={"cost": line}, label=line.label)
        for line in view.by_agent("LlmCostUsd")
    )
    an_analysis = ratio(view.by_agent("LlmCostUsd"), view.own("JobsStarted", "planner"), "a started analysis")
    budget = view.settings.agents.job_budget_usd
    return Section(
        title="Models",
        about="By the price table in the settings, as the agents count each call. Running sums begin at the left edge.",
        panels=[
            Panel(
                title="Models' cost so far",
                unit="USD",
                runbook="model-cost",
                lines=total(view.by_agent("LlmCostUsd"), "USD"),
                figure=True,
                width=24,
            ),
            Panel(
                title="Models' cost, running sum by agent",
                unit="USD",
                runbook="model-cost",
                lines=running,
                stacked=True,
            ),
            model_cost_a_day(view),
            Panel(
                title="Models' cost of an analysis",
                unit="USD/analysis",
                runbook="model-cost",
                lines=an_analysis,
                limits=(Limit(budget, "most that one may cost"),),
                period_s=3600,
            ),
        ],
    )


def _bill(view: View) -> Section:
    by_service = Math(
        expression="SEARCH('{{AWS/Billing,Currency,ServiceName}} MetricName=\"EstimatedCharges\"', 'Maximum', 21600)",
        label="",
    )
    return Section(
        title="The account's bill",
        about="Of the whole account, not of this environment; AWS updates it every few hours, in us-east-1, once "
        "billing alerts are on.",
        panels=[
            charges(view, width=12),
            Panel(
                title="Charges by service",
                unit="USD",
                runbook="budget",
                lines=(by_service,),
                stacked=True,
                period_s=6 * 3600,
                region=BILLING_REGION,
                width=12,
            ),
        ],
    )


def _drivers(view: View) -> Section:
    tables = (*view.tables("ConsumedReadCapacityUnits"), *view.tables("ConsumedWriteCapacityUnits"))
    sent = (queue_line(queue, "NumberOfMessagesSent", "Sum", name) for name, queue in view.found.queues.items())
    logs = Line(namespace="AWS/Logs", metric="IncomingBytes", label="of the whole account")
    panels = (
        ("Requests of the API a day", "requests/day", view.api("Count", label="requests")),
        ("Invocations a day", "invocations/day", view.by_function("Invocations")),
        ("Run time a day", "ms/day", view.by_function("Duration")),
        ("Database capacity, average", "ACU", view.database("ServerlessDatabaseCapacity")),
        ("Table capacity used a day", "units/day", total(tables, "reads and writes")),
        ("Messages a day", "messages/day", tuple(sent)),
        ("Logs taken in a day", "bytes/day", (logs,)),
    )
    return Section(
        title="What drives the rest",
        about="Days in UTC. What is billed by use; the network's and the keys' fixed prices are in `alex cost`.",
        panels=[
            Panel(title=title, unit=unit, runbook="budget", lines=lines, stacked=True, period_s=DAY_S)
            for title, unit, lines in panels
        ],
    )
