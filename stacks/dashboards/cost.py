"""What it costs, and what drives the costs (OBS-05).

The bill's own metric has limits that its section tells: AWS publishes it in us-east-1 only, for a whole account, every
few hours, and only after "Receive CloudWatch billing alerts" was switched on in the account's billing preferences.
"""

from hardened.dashboards import Limit, Line, Math, Panel, Section
from stacks.dashboards.view import BILLING_REGION, View, queue_line, ratio, scaled, total

ABOUT = "**Cost** - for those who pay: how much so far, which agent spends it, and what drives the rest?"
HOURS = 14 * 24
HOUR_S, DAY_S = 3600, 86_400
MS_A_MINUTE = 60_000


def sections(view: View) -> list[Section]:
    """The dashboard ``cost``."""
    return [_glance(view), _models(view), _bill(view), _drivers(view)]


def charges(view: View) -> Panel:
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
        runbook="budgets",
        lines=(bill,),
        limits=tuple(
            Limit(cost.monthly_budget_usd * pct / 100, f"{pct}% of the budget") for pct in cost.alert_thresholds_pct
        ),
        period_s=6 * 3600,
        region=BILLING_REGION,
    )


def model_cost_an_hour(view: View) -> Panel:
    """What the models' calls cost, by agent."""
    alarms = view.settings.alarms
    return Panel(
        title="Models' cost an hour, by agent",
        unit="USD/hour",
        runbook="inference-cost",
        lines=view.by_agent("LlmCostUsd"),
        limits=(Limit(view.settings.cost.inference_daily_usd * alarms.inference_hourly_pct / 100, "alarm"),),
        stacked=True,
        period_s=HOUR_S,
    )


def _glance(view: View) -> Section:
    spent, started = view.spent("LlmCostUsd"), view.own("JobsStarted", "planner")
    panels = (
        ("Models' cost", "USD", "inference-cost", spent),
        (
            "Models' cost of an analysis",
            "USD",
            "inference-cost",
            ratio(spent, view.own("JobsStarted", "planner"), "USD"),
        ),
        ("Analyses started", "analyses", "budgets", started),
        ("Requests of the API", "requests", "budgets", total(view.api("Count"), "requests")),
    )
    return Section(
        title="At a glance",
        about="Over the whole time shown, two weeks when the page opens.",
        panels=[
            Panel(title=title, unit=unit, runbook=runbook, lines=lines, figure=True, period_s=HOUR_S)
            for title, unit, runbook, lines in panels
        ],
    )


def _models(view: View) -> Section:
    spent = view.by_agent("LlmCostUsd")
    budget = view.settings.agents.job_budget_usd
    return Section(
        title="Models",
        about="By the price table in the settings, as the agents count each call. Running sums begin at the left edge.",
        panels=[
            Panel(
                title="Models' cost, running sum by agent",
                unit="USD",
                runbook="inference-cost",
                lines=tuple(Math(expression="RUNNING_SUM({a})", of={"a": line}, label=line.label) for line in spent),
                stacked=True,
                period_s=HOUR_S,
            ),
            Panel(
                title="Models' cost a day, by agent",
                unit="USD/day",
                runbook="inference-cost",
                lines=spent,
                limits=(Limit(view.settings.cost.inference_daily_usd, "alarm"),),
                stacked=True,
                period_s=DAY_S,
            ),
            Panel(
                title="Models' cost of an analysis, by hour",
                unit="USD/analysis",
                runbook="inference-cost",
                lines=ratio(spent, view.own("JobsStarted", "planner"), "a started analysis"),
                limits=(Limit(budget, "most that one may cost"),),
                period_s=HOUR_S,
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
            charges(view),
            Panel(
                title="Charges by service",
                unit="USD",
                runbook="budgets",
                lines=(by_service,),
                stacked=True,
                period_s=6 * 3600,
                region=BILLING_REGION,
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
        ("Run time a day", "min/day", scaled(view.by_function("Duration"), MS_A_MINUTE)),
        ("Database capacity, average", "ACU", view.database("ServerlessDatabaseCapacity")),
        ("Table capacity used a day", "units/day", total(tables, "reads and writes")),
        ("Messages a day", "messages/day", tuple(sent)),
        ("Logs taken in a day", "bytes/day", (logs,)),
    )
    return Section(
        title="What drives the rest",
        about="Days in UTC. What is billed by use; the network's and the keys' fixed prices are in `alex cost`.",
        panels=[
            Panel(title=title, unit=unit, runbook="budgets", lines=lines, stacked=True, period_s=DAY_S)
            for title, unit, lines in panels
        ],
    )
