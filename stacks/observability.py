"""What operators look at: dashboards of everything that the stage holds (SYS-11).

Decision: it is handed no lists. It walks the stage's construct tree (`stacks.inventory`) when everything else has been
made, alarms too, so that a new agent, queue or table of any stack appears by itself.
"""

from constructs import Construct

from hardened import Alerts
from hardened.dashboards import Dashboard
from settings import Settings
from stacks.base import PlatformStack
from stacks.dashboards import agent_performance, business, cost, model_usage, optimisation, platform, security
from stacks.dashboards.view import View
from stacks.inventory import inventory


class ObservabilityStack(PlatformStack):
    """Dashboards over everything that was made before in the same stage."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, alerts: Alerts) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: dashboards")
        self._name = f"alex-{settings.name}"
        self._dashboards(alerts, View(settings, inventory(scope, beside=self)))

    def _dashboards(self, alerts: Alerts, view: View) -> None:
        made = {
            "Platform": ("platform", platform.ABOUT, platform.sections(view, beside=self)),
            "AgentPerformance": ("agent-performance", agent_performance.ABOUT, agent_performance.sections(view)),
            "ModelUsage": ("ai-model-usage", model_usage.ABOUT, model_usage.sections(view)),
            "Cost": ("cost", cost.ABOUT, cost.sections(view)),
            "Security": ("security", security.ABOUT, security.sections(view)),
            "Business": ("business", business.ABOUT, business.sections(view)),
            "Optimisation": ("optimisation", optimisation.ABOUT, optimisation.sections(view)),
        }
        for construct_id, (word, about, sections) in made.items():
            if not sections:
                continue
            name = f"{self._name}-{word}"
            hours = cost.HOURS if word == "cost" else 24
            Dashboard(self, construct_id, name=name, about=about, sections=sections, alerts=alerts, hours=hours)
