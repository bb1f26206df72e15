"""Which day would tell whom: the budgets of templates against costs of each day."""

from typing import Any

from costs import alerts
from tests.costs.bench import resource, template


def budget(every: str, limit: float, *told: tuple[str, float]) -> dict[str, Any]:
    """A stack with one budget for inference and its notifications."""
    notifications = [{"Notification": {"NotificationType": kind, "Threshold": percent}} for kind, percent in told]
    found = resource(
        "Budgets::Budget",
        Budget={"TimeUnit": every, "BudgetLimit": {"Amount": limit, "Unit": "USD"}},
        NotificationsWithSubscribers=notifications,
        ResourceTags=[{"Key": "Purpose", "Value": "inference"}],
    )
    return {"Cost": template(Budget=found)}


def days(every: str, limit: float, daily: list[float], *told: tuple[str, float]) -> list[tuple[int, str, float]]:
    found = alerts(budget(every, limit, *told), {"inference": daily, "other": [1e9] * len(daily)})
    return [(alert.day, alert.kind, alert.threshold_pct) for alert in found]


def test_a_days_budget_starts_anew_each_day() -> None:
    """COST-04: two quiet days do not add up to a loud one, and each loud day is told."""
    assert days("DAILY", 8000, [7999, 7999, 8001, 100, 9000], ("ACTUAL", 100)) == [
        (3, "ACTUAL", 100),
        (5, "ACTUAL", 100),
    ]


def test_exactly_the_limit_is_no_alert() -> None:
    """COST-04: the sources say above, and so does the notification's operator."""
    assert days("DAILY", 8000, [8000.0], ("ACTUAL", 100)) == []


def test_a_months_budget_adds_up_tells_once_and_starts_anew() -> None:
    """COST-01: half on the sixteenth day, all on the thirty-first of a 31 USD day; not every day after that again."""
    assert days("MONTHLY", 300, [10.0] * 60, ("ACTUAL", 50), ("ACTUAL", 99)) == [
        (16, "ACTUAL", 50), (30, "ACTUAL", 99), (46, "ACTUAL", 50), (60, "ACTUAL", 99),
    ]  # fmt: skip


def test_a_forecast_comes_before_the_money_is_spent() -> None:
    """COST-01: twice the planned rate is told on the first day of it, not in the middle of the month."""
    found = days("MONTHLY", 300, [10.0] * 5 + [70.0] * 5, ("FORECASTED", 100), ("ACTUAL", 100))
    assert found == [(6, "FORECASTED", 100), (9, "ACTUAL", 100)]
