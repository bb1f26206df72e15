"""How the settings of tracing become the construct that the analysis' functions use."""

from constructs import Construct

from hardened.tracing import Tracing, TracingPlan
from settings import Settings
from stacks.base import removal_policy


def tracing(scope: Construct, settings: Settings) -> Tracing:
    """Keys, rate and sampling of one environment."""
    plan = TracingPlan(
        environment=settings.name,
        sample_rate=settings.tracing.sample_rate,
        content=settings.tracing.llm_content,
        host=settings.langfuse.host,
        service=f"Langfuse, {settings.langfuse.mode}",
    )
    return Tracing(scope, "Tracing", plan=plan, removal_policy=removal_policy(settings))
