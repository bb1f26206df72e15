"""The budgets of a deployed environment: is it there, and what does CloudWatch say.

Reading needs ``cloudformation:DescribeStacks`` on the API's stack and ``cloudwatch:GetMetricData``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alex.agent_logs.cloudwatch import explained
from alex.slo.budget import Budget, Slice, budget
from alex.slo.metrics import NEEDED, CloudWatchMetrics, whole_period
from settings import Settings
from stacks.indicators import Indicator, indicators


@dataclass(frozen=True)
class Measured:
    """An objective's budget; ``freeze`` is the same slices against the freeze's objective, None where none freezes."""

    indicator: Indicator
    budget: Budget
    freeze: Budget | None


def measured(settings: Settings, slices: Mapping[str, list[Slice]], until: datetime) -> tuple[Measured, ...]:
    """The budgets that these slices make; an objective without slices has no events."""
    slo = settings.slo

    def of(indicator: Indicator, pct: float) -> Budget:
        return budget(
            slices.get(indicator.name, []),
            objective_pct=pct,
            window_days=slo.window_days,
            burns=slo.burns,
            until=until,
        )

    return tuple(
        Measured(
            one,
            of(one, one.pct),
            of(one, slo.freeze_pct) if one.freezes and slo.freeze_pct is not None else None,
        )
        for one in indicators(settings)
    )


def session_of(settings: Settings, profile: str | None = None) -> Any:
    """A session in the environment's region."""
    import boto3  # noqa: PLC0415 - a third of a second that a file does not need

    with explained(settings.name, settings.region, needed=NEEDED):
        return boto3.Session(region_name=settings.region, profile_name=profile)


def deployed(session: Any, environment: str) -> bool:
    """Whether the environment's API has been deployed here.

    :raises CommandError: AWS refuses to say.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415

    with explained(environment, session.region_name, needed=NEEDED):
        try:
            session.client("cloudformation").describe_stacks(StackName=f"Alex-{environment}-Api")
        except ClientError as error:
            said = error.response["Error"]
            if said["Code"] == "ValidationError" and "does not exist" in said["Message"]:
                return False
            raise
    return True


def metrics_of(session: Any, settings: Settings) -> CloudWatchMetrics:
    """The metrics of the environment's window, until now."""
    return CloudWatchMetrics(session.client("cloudwatch"), settings.slo.window_days, whole_period(datetime.now(UTC)))


def read(session: Any, settings: Settings) -> tuple[Measured, ...]:
    """The budgets of a deployed environment.

    :raises CommandError: AWS cannot be read.
    """
    metrics = metrics_of(session, settings)
    with explained(settings.name, session.region_name, needed=NEEDED):
        slices = {one.name: metrics.slices(one) for one in indicators(settings)}
    return measured(settings, slices, metrics.until)
