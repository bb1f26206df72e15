"""Settings of alarms: who is told, and from which figure on. Defaults are production's."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from settings.figure import Section, figure

if TYPE_CHECKING:
    from settings.model import Settings

EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")
ENDPOINT = re.compile(r"https://[^\s/:@]+\.[^\s/:@]+(:\d+)?(/\S*)?")
ROOT = re.compile(r"(^|[.+_-])root([.+_-]|$)", re.IGNORECASE)


def _reachable(address: str) -> str:
    if ENDPOINT.fullmatch(address):
        return address
    if not EMAIL.fullmatch(address):
        raise ValueError("an e-mail address or an https address of an on-call service is wanted")
    if ROOT.search(address.partition("@")[0]):
        raise ValueError("alarms go to people on call, never to an account's root user")
    return address


def _once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(addresses)) < len(addresses):
        raise ValueError("an address stands there twice")
    return addresses


Addresses = Annotated[tuple[Annotated[str, AfterValidator(_reachable)], ...], AfterValidator(_once)]


class Subscribers(Section):
    """Who is told, by severity: e-mail addresses, which confirm their subscription, and https addresses.

    Nobody at all is a choice that the report shows; a severity that nobody hears beside others that somebody does is a
    mistake, which `rules` refuses.
    """

    critical: Addresses = figure((), req="OBS-17", description="Woken: one message an incident")
    warning: Addresses = figure((), req="OBS-17", description="Told in working hours: what an incident consists of too")
    security: Addresses = figure((), req="SEC-21", description="Told of findings and violations, all severities")


class Endpoint(Section):
    """A SageMaker endpoint of this account that the platform's people watch."""

    variant: str = Field("AllTraffic", min_length=1, max_length=63)
    latency_ms: int = Field(ge=1)
    requests_per_minute: int = Field(ge=1)


EndpointName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-?[a-zA-Z0-9]){0,62}$")]


class Alarms(Section):
    """Thresholds; the strictest figure of the sources is production's."""

    lambda_error_rate_pct: float = figure(1, req="OBS-08", unit="%", gt=0, le=100)
    lambda_errors: int = figure(5, req="OBS-08", unit="errors/5 min", ge=1)
    lambda_p95_timeout_pct: float = figure(80, req="OBS-09", unit="% of the timeout", gt=0, le=100)
    lambda_p99_timeout_pct: float = figure(95, req="OBS-09", unit="% of the timeout", gt=0, le=100)
    concurrency_pct: float = figure(80, req="OBS-09", unit="%", gt=0, le=100)
    account_concurrency: int = figure(
        1000, req="OBS-09", unit="executions", ge=10, description="Lambda's quota of the account and region"
    )
    api_5xx_rate_pct: float = figure(1, req="OBS-11", unit="%", gt=0, le=100)
    api_4xx_rate_pct: float = figure(25, req="OBS-11", unit="% of a hundred or more", gt=0, le=100)
    api_p95_ms: int = figure(3000, req="OBS-11", unit="ms", ge=100)
    queue_age_seconds: int = figure(300, req="OBS-10", unit="s", ge=60)
    database_cpu_pct: float = figure(80, req="OBS-12", unit="%", gt=0, le=100)
    database_acu_pct: float = figure(90, req="OBS-12", unit="% of the maximum", gt=0, le=100)
    database_connections_pct: float = figure(80, req="OBS-12", unit="% of what the capacity allows", gt=0, le=100)
    model_quota_pct: float = figure(80, req="LLM-03", unit="%", gt=0, le=100)
    model_failures_pct: float = figure(50, req="LLM-03", unit="% of ten or more calls", gt=0, le=100)
    endpoints: dict[EndpointName, Endpoint] = figure({}, req="ML-07", description="SageMaker endpoints by name")
    inference_hourly_pct: float = figure(25, req="COST-04", unit="% of the day's limit in an hour", gt=0, le=100)
    token_band: float = figure(3, req="COST-04", unit="standard deviations", ge=1, le=10)
    certificate_days: int = figure(30, req="NET-11", unit="days", ge=1, le=45, description="ACM tells from 45 on")
    backup_silence_days: int = figure(2, req="DR-02", unit="days", ge=1, le=7)
    violations: int = figure(0, req="COMP-07", unit="violations/5 min", ge=0)
    runbooks_url: str = figure(
        "docs/runbooks", req="OBS-17", min_length=1, max_length=200, description="Where the runbooks are published"
    )
    subscribers: Subscribers = Field(default_factory=Subscribers)


ALARM_RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "alarms.subscribers",
        "somebody is told of one severity and nobody of another: name somebody for each, or nobody at all",
        "OBS-17",
        lambda s: len({bool(told) for _, told in s.alarms.subscribers}) == 1,
    ),
    (
        "alarms.lambda_error_rate_pct",
        "production is told of more than 1 % of failing runs",
        "OBS-08",
        lambda s: not s.is_production or s.alarms.lambda_error_rate_pct <= 1,
    ),
    (
        "cost.inference_daily_usd",
        "production looks into more than 8,000 USD of inference a day",
        "COST-04",
        lambda s: not s.is_production or s.cost.inference_daily_usd <= 8000,
    ),
)
"""As in `settings.rules`."""
