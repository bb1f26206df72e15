"""Budgets, and the watch for costs that nobody planned (COST-01, COST-04).

Decisions. A budget has no name of its own: CloudFormation cannot change a budget's alerts, it makes a new budget, and
that fails while the old one holds the name; what the budget is for says its tag `PURPOSE`. A day's budget has no
forecast (AWS makes none). Half of a budget is news for working hours; all of it, spent or forecast, wakes somebody.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from aws_cdk import Tags
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_ce as ce
from constructs import Construct

from hardened.topics import Alerts, Severity

PUBLISHERS = ("budgets.amazonaws.com", "costalerts.amazonaws.com")
"""Services that publish costs; the topics of `Alerts` and their key must admit them."""

PURPOSE = "Purpose"
"""The tag that says what a budget is for: `PLATFORM` or `INFERENCE`."""

PLATFORM = "platform"
INFERENCE = "inference"


class SpendingBudget(Construct):
    """What may be spent in a month or a day, and who hears of it.

    :param purpose: what it is for.
    :param usd: the limit.
    :param filters: which costs count, as Budgets names them: ``{"TagKeyValue": ["user:Environment$prod"]}``.
    :param thresholds_pct: of the limit, at which actual costs are told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        purpose: str,
        usd: int,
        every: Literal["MONTHLY", "DAILY"],
        filters: Mapping[str, Sequence[str]],
        thresholds_pct: Sequence[int],
        alerts: Alerts,
    ) -> None:
        super().__init__(scope, construct_id)
        told = [("ACTUAL", percent) for percent in thresholds_pct]
        told += [("FORECASTED", 100)] if every == "MONTHLY" else []
        self.budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit=every,
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters={name: list(values) for name, values in filters.items()},
            ),
            notifications_with_subscribers=[_notification(kind, percent, alerts) for kind, percent in told],
        )
        Tags.of(self.budget).add(PURPOSE, purpose)


def _notification(kind: str, percent: int, alerts: Alerts) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    topic = alerts.topic(Severity.CRITICAL if percent >= 100 else Severity.WARNING)
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            comparison_operator="GREATER_THAN",
            notification_type=kind,
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)],
    )


class AnomalyWatch(Construct):
    """Learns what is usual, and tells at once what is not.

    The environment's resources have a monitor of their own, by tag. Models called on demand carry no tag: the account's
    monitor of services sees them, of which there is one.

    :param name: for people, for example ``alex-prod``.
    :param environment: value of the tag Environment.
    :param create_services: make the account's monitor of services here.
    :param services_arn: the monitor that exists, None when nobody said which.
    :param usd: what an anomaly must cost to be told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        environment: str,
        create_services: bool,
        services_arn: str | None,
        usd: int,
        alerts: Alerts,
    ) -> None:
        super().__init__(scope, construct_id)
        own = ce.CfnAnomalyMonitor(
            self,
            "Environment",
            monitor_name=f"{name}-environment",
            monitor_type="CUSTOM",
            monitor_specification=json.dumps({"Tags": {"Key": "Environment", "Values": [environment]}}),
        )
        monitors = [own.attr_monitor_arn]
        if create_services:
            services = ce.CfnAnomalyMonitor(
                self,
                "Services",
                monitor_name=f"{name}-services",
                monitor_type="DIMENSIONAL",
                monitor_dimension="SERVICE",
            )
            monitors.append(services.attr_monitor_arn)
        elif services_arn:
            monitors.append(services_arn)
        impact = {"Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"]}
        ce.CfnAnomalySubscription(
            self,
            "Subscription",
            subscription_name=f"{name}-anomalies",
            frequency="IMMEDIATE",  # the only one that a topic takes
            monitor_arn_list=monitors,
            subscribers=[
                ce.CfnAnomalySubscription.SubscriberProperty(
                    type="SNS", address=alerts.topic(Severity.WARNING).topic_arn
                )
            ],
            threshold_expression=json.dumps({"Dimensions": {**impact, "Values": [str(usd)]}}),
        )
