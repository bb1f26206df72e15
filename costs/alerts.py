"""Which of the templates' budgets would tell somebody, and when, if an environment cost so much each day (COST-04).

Decision: the budgets are read from the templates and not from the settings, so that what is simulated is what would be
deployed. As AWS does it, each notification comes once in a period, and compares what was spent in the period so far; a
forecast is that spending continued to the period's end. AWS forecasts only after some five weeks of a budget's life,
and looks at costs a few times a day, some hours late.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from costs.resource import Deployment, Resource, Templates

BUDGET = "AWS::Budgets::Budget"
PURPOSE = "Purpose"
MONTH_DAYS = 30


@dataclass(frozen=True)
class Alert:
    """A notification that goes out at the end of a day, counted from 1.

    :param usd: what was spent, or is forecast, in the period.
    """

    day: int
    purpose: str
    every: str
    kind: str
    threshold_pct: float
    usd: float
    limit: float


def alerts(templates: Templates, daily: Mapping[str, Sequence[float]]) -> list[Alert]:
    """Every notification, in the order of days.

    :param daily: USD of each day, by what they are for.
    """
    budgets = Deployment(templates).of_type(BUDGET)
    found = [alert for budget in budgets for alert in _of(budget, daily)]
    return sorted(found, key=lambda alert: (alert.day, alert.purpose, alert.kind, alert.threshold_pct))


def _of(budget: Resource, daily: Mapping[str, Sequence[float]]) -> Iterator[Alert]:
    purpose = next((tag["Value"] for tag in budget.get("ResourceTags", default=()) if tag["Key"] == PURPOSE), "")
    every = budget.get("Budget", "TimeUnit")
    limit = budget.number("Budget", "BudgetLimit", "Amount", default=0)
    length = 1 if every == "DAILY" else MONTH_DAYS
    told: set[tuple[int, str, float]] = set()
    days = daily.get(purpose, ())
    for index in range(len(days)):
        period, passed = index // length, index % length + 1
        spent = sum(days[period * length : index + 1])
        values = {"ACTUAL": spent, "FORECASTED": spent / passed * length}
        for notification in budget.get("NotificationsWithSubscribers", default=()):
            kind, percent = (notification["Notification"][name] for name in ("NotificationType", "Threshold"))
            if values[kind] > limit * percent / 100 and (period, kind, percent) not in told:
                told.add((period, kind, percent))
                yield Alert(index + 1, purpose, every, kind, percent, values[kind], limit)
