"""Who is told when an environment costs more than planned (SYS-16).

Decision: a stack of its own. Budgets and monitors are the account's and not a region's, but they tell the environment's
own topics, so that the same people hear of them; the audit baseline could not hold them, since it may live in another
account. What the model costs has a budget of its own: calls on demand carry no tag, so that the environment's budget,
which counts by tag, never sees them.
"""

from constructs import Construct

from hardened import Alerts, acknowledge
from hardened.budgets import INFERENCE, PLATFORM, AnomalyWatch, SpendingBudget
from settings import Settings
from stacks.base import PlatformStack


class CostStack(PlatformStack):
    """The environment's budgets and its anomaly detection."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, alerts: Alerts) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: budgets and cost anomalies")
        cost = settings.cost
        platform = SpendingBudget(
            self,
            "Platform",
            purpose=PLATFORM,
            usd=cost.monthly_budget_usd,
            every="MONTHLY",
            filters={"TagKeyValue": [f"user:Environment${settings.name}"]},
            thresholds_pct=cost.alert_thresholds_pct,
            alerts=alerts,
        )
        if accepted := cost.over_budget:
            acknowledge(
                platform.budget,
                rule="SOC2::SOC2-COST-BUDGET",
                reason=accepted.reason,
                owner=accepted.owner,
                expires=accepted.expires,
                ticket=accepted.ticket,
            )
        SpendingBudget(
            self,
            "Inference",
            purpose=INFERENCE,
            usd=cost.inference_daily_usd,
            every="DAILY",
            filters={"Service": cost.inference_services},
            thresholds_pct=cost.alert_thresholds_pct,
            alerts=alerts,
        )
        AnomalyWatch(
            self,
            "Anomalies",
            name=f"alex-{settings.name}",
            environment=settings.name,
            create_services=settings.singletons.cost_monitor == "create",
            services_arn=cost.services_monitor_arn,
            usd=cost.anomaly_usd,
            alerts=alerts,
        )
