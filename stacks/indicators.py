"""What is measured for each objective: metrics, and the maths that make bad and all events of them (SYS-82).

One definition for two readers: the burn alarms (`objectives`) and `alex slo`, which asks CloudWatch for the same maths.
Plain data, so that the command need not load CDK.

    availability  API requests; good: not answered by a 5xx (PERF-07)
    latency       API requests; good: answered within slo.api_p99_ms (PERF-01)
    quality       analyses; good: nothing fell back, confident, compliant (EVAL-07); one given up is a bad one
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings import Settings

NAMESPACE = "Alex"
"""Of the functions' own metrics; a test compares it with the constructs'."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One metric as CloudWatch names it."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """An objective in percent of events, and how its events are counted.

    :param bad: metric maths over ``series``, zero where nothing happened; ``total`` likewise.
    :param freezes: its budget, at ``slo.freeze_pct``, decides about deployments (CICD-12).
    """

    name: str
    says: str
    pct: float
    bad: str
    total: str
    series: Mapping[str, Series]
    freezes: bool


def indicators(settings: Settings) -> tuple[Indicator, ...]:
    """The objectives of an environment."""
    slo = settings.slo

    def api(metric: str, statistic: str = "Sum") -> Series:
        dimensions = {"ApiName": f"alex-{settings.name}", "Stage": settings.name}
        return Series(namespace="AWS/ApiGateway", metric=metric, dimensions=dimensions, statistic=statistic)

    return (
        Indicator(
            name="availability",
            says="API requests that were not answered by a 5xx",
            pct=slo.availability_pct,
            bad="FILL(failed, 0)",
            total="FILL(requests, 0)",
            series={"requests": api("Count"), "failed": api("5XXError")},
            freezes=True,
        ),
        Indicator(
            name="latency",
            says=f"API requests that were answered within {slo.api_p99_ms} ms",
            pct=slo.latency_pct,
            bad="FILL(answered, 0) - FILL(fast, 0)",
            total="FILL(answered, 0)",
            series={"fast": api("Latency", f"TC(:{slo.api_p99_ms})"), "answered": api("Latency", "SampleCount")},
            freezes=False,
        ),
        Indicator(
            name="quality",
            says="analyses without fallback, confident and compliant",
            pct=slo.quality_pct,
            bad="FILL(judged, 0) - FILL(good, 0) + FILL(lost, 0) + FILL(swept, 0)",
            total="FILL(judged, 0) + FILL(lost, 0) + FILL(swept, 0)",
            series={
                "good": own(settings.name, "planner", "QualityGood"),
                "judged": own(settings.name, "planner", "QualityTotal"),
                "lost": own(settings.name, "planner", "JobsFailed"),
                "swept": own(settings.name, "sweeper", "JobsFailed"),
            },
            freezes=True,
        ),
    )


def own(environment: str, service: str, metric: str, *, agent: str = "") -> Series:
    """A metric that a function writes itself; ``agent`` is whom it speaks of, the service itself when empty."""
    dimensions = {"Environment": environment, "Service": service, "Agent": agent or service}
    return Series(namespace=NAMESPACE, metric=metric, dimensions=dimensions)


def deployment_log(environment: str) -> str:
    """Name of the log of deployments: an interface, `alex deploy` writes to it."""
    return f"/alex/{environment}/deployments"
