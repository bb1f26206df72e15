"""What the API's operations work with, made once a process from the environment; tests install their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from advisor.adapters.audit_archive import S3AuditArchive
from advisor.adapters.audit_table import DynamoAuditLog
from advisor.adapters.clients import Clients
from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import ApiEnvironment, load
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.kept_answers import KeptAnswers
from advisor.adapters.late_client import late_client
from advisor.adapters.polygon import PolygonPrices, SecretKey
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.queue import SqsJobQueue
from advisor.adapters.rate_table import RateTable
from advisor.adapters.recommendation_store import Recommendations
from advisor.adapters.records import Records
from advisor.adapters.review_desk import ReviewDesk
from advisor.adapters.review_workflow import StepFunctionsWorkflow
from advisor.adapters.sample_portfolio import SamplePortfolio
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.domain.guardrails import screen
from advisor.ports.market import PriceHistory
from advisor.ports.reviews import Workflow
from advisor.ports.store import AuditArchive, AuditLog, PortfolioStore
from advisor.ports.work import JobQueue

GATEWAY_SECONDS = 27.0
"""API Gateway answers 504 by itself after 29 seconds; ours comes before."""
QUICK = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=2)
"""Counting a request must never take longer than the request."""


class Deadline:
    """How long the current request may still take."""

    def __init__(self) -> None:
        self._context: Any = None

    def start(self, context: Any) -> None:
        """A request begins under this Lambda context."""
        self._context = context

    def remaining(self) -> float:
        """Seconds."""
        left = getattr(self._context, "get_remaining_time_in_millis", None)
        return min(GATEWAY_SECONDS, left() / 1000) if left else GATEWAY_SECONDS


@dataclass(frozen=True)
class Services:
    """Stores, queue, limiter, audit trail and telemetry of the API."""

    env: ApiEnvironment
    records: Records
    clients: Clients
    jobs: DataApiJobStore
    reviews: ReviewDesk
    recommendations: Recommendations
    workflow: Workflow
    queue: JobQueue
    rate: RateTable
    audit: AuditLog
    archive: AuditArchive
    telemetry: PowertoolsTelemetry
    deadline: Deadline
    portfolios: PortfolioStore
    prices: PriceHistory
    kept_answers: KeptAnswers
    samples: SamplePortfolio

    def notice(self, values: Mapping[str, Any], *names: str) -> None:
        """Tell the log when one of the named free texts reads like instructions to a model (GUARD-03).

        The text is kept as it was written: it is its owner's, and what reaches a prompt is screened there.
        """
        for name in names:
            result = screen(str(values.get(name) or ""))
            if result.rule is not None:
                self.telemetry.event(
                    "GUARDRAIL_TRIGGERED",
                    agent="api",
                    warning=True,
                    rule=result.rule,
                    stage="input",
                    reading=result.stage,
                    field=name,
                )


def build(env: ApiEnvironment, *, rds_data: Any = None) -> Services:
    """Services of an environment; ``rds_data`` replaces the Data API's client."""
    deadline = Deadline()
    dynamodb = boto3.client("dynamodb", config=QUICK)
    telemetry = PowertoolsTelemetry(
        service=env.service, environment=env.environment, namespace=env.metrics_namespace, level=env.log_level
    )
    if rds_data is None:
        database = DataApi.from_environment(env, remaining=deadline.remaining, timed=telemetry.query_took)
    else:
        database = DataApi(
            client=rds_data,
            cluster_arn=env.cluster_arn,
            secret_arn=env.secret_arn,
            database=env.database_name,
            remaining=deadline.remaining,
            timed=telemetry.query_took,
        )
    return Services(
        env=env,
        records=Records(database),
        clients=Clients(database),
        jobs=DataApiJobStore(database),
        reviews=ReviewDesk(database),
        recommendations=Recommendations(database),
        workflow=StepFunctionsWorkflow(
            functions=late_client("lambda", config=QUICK), decision_function=env.decision_function
        ),
        queue=SqsJobQueue(queue_url=env.queue_url),
        rate=RateTable(table=env.rate_table, rate=env.user_rate_per_second, burst=env.user_rate_burst, client=dynamodb),
        audit=DynamoAuditLog(client=dynamodb, table=env.audit_table),
        archive=S3AuditArchive(late_client("s3", config=QUICK), env.audit_archive),
        telemetry=telemetry,
        deadline=deadline,
        portfolios=DataApiPortfolioStore(database),
        prices=PolygonPrices(env.price_api_url, SecretKey(late_client("secretsmanager"), env.price_secret_arn)),
        kept_answers=KeptAnswers(database),
        samples=SamplePortfolio(database),
    )


_installed: list[Services] = []


def services() -> Services:
    """The process's services, made at the first request (raises ConfigurationError)."""
    if not _installed:
        _installed.append(build(load(ApiEnvironment)))
    return _installed[0]


def install(made: Services | None) -> None:
    """Use these from now on, or make new ones at the next request (None)."""
    _installed.clear()
    if made is not None:
        _installed.append(made)
