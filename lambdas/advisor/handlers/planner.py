"""Lambda handler of the planner: the analysis queue's messages, or ``{job_id}`` directly.

A message that fails is reported to SQS and comes again; a batch that fails whole raises, which also counts as an error
of the function. Powertools' idempotency keeps a repeated message of a finished job from waking the database; the
conditional claim of the job decides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from advisor.adapters import agent_caller
from advisor.adapters.audit_table import DynamoAuditLog
from advisor.adapters.data_api import DataApi
from advisor.adapters.delivery import DirectCall, SqsDelivery
from advisor.adapters.environment import PlannerEnvironment, load
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.patience import Patience
from advisor.adapters.polygon import PolygonPrices, SecretKey
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.review_environment import ProposalEnvironment
from advisor.adapters.review_store import DataApiReviewStore
from advisor.adapters.review_workflow import StepFunctionsWorkflow, client
from advisor.adapters.telemetry import PowertoolsTelemetry, trace_id
from advisor.adapters.usage_table import DynamoUsageMeter
from advisor.agents.approval import Approvals
from advisor.agents.attempt import Attempts
from advisor.agents.planner import AGENTS_SECONDS, NAME, Planner
from advisor.agents.traced import TracedTelemetry
from advisor.domain.errors import BadRequestError, Detail
from advisor.handlers.specialist import INVOCATION, QUICK, telemetry_of
from advisor.handlers.tracing import tracer_of
from advisor.ports.tracing import NoTracing, Tracer
from advisor.ports.usage import MeterUnavailableError
from advisor.ports.work import Delivery

REMEMBERED_SECONDS = 3600
"""How long a finished job's message is recognised without asking the database: far longer than SQS repeats one."""

processor = BatchProcessor(event_type=EventType.SQS)


class _DuplicateError(Exception):
    """Raised inside the idempotent part so that a duplicate leaves no record of a finished job."""


@dataclass(frozen=True)
class Wiring:
    """What the planner's handler needs."""

    attempts: Attempts
    telemetry: PowertoolsTelemetry
    queue: Any
    queue_url: str
    idempotency: DynamoDBPersistenceLayer
    tracer: Tracer = field(default_factory=NoTracing)


@lru_cache
def wiring() -> Wiring:
    """Wire the planner from its environment (raises ConfigurationError)."""
    env = load(PlannerEnvironment)
    telemetry = telemetry_of(env)
    database = DataApi.from_environment(env, remaining=INVOCATION.database_seconds, timed=telemetry.query_took)
    tracer = tracer_of(telemetry)
    told = TracedTelemetry(telemetry, tracer)
    jobs = DataApiJobStore(database)
    dynamodb = boto3.client("dynamodb", config=QUICK)
    meter = DynamoUsageMeter(dynamodb, env.usage_table, budget=env.job_budget_usd)
    secret = SecretKey(boto3.client("secretsmanager", config=QUICK), env.price_secret_arn)
    planner = Planner(
        jobs=jobs,
        portfolios=DataApiPortfolioStore(database),
        prices=PolygonPrices(env.price_api_url, secret),
        agents=agent_caller.LambdaAgentCaller(
            agent_caller.client(),
            env.agent_functions,
            Patience(time_left=INVOCATION.seconds_left, enough_seconds=AGENTS_SECONDS),
            carried=tracer.carried,
        ),
        audit=DynamoAuditLog(dynamodb, env.audit_table),
        approvals=_approvals(database, telemetry),
        day=env.valuation_day,
        telemetry=told,
        tracer=tracer,
        ageing_after=env.price_ageing_trading_days,
        stale_after=env.price_stale_trading_days,
        used=lambda job_id: _used(job_id, meter, env, telemetry),
        jump=env.price_jump_factor,
        time_left=INVOCATION.seconds_left,
        trace_id=trace_id,
    )
    return Wiring(
        attempts=Attempts(jobs=jobs, planner=planner, max_receives=env.max_receives, telemetry=told),
        telemetry=telemetry,
        tracer=tracer,
        queue=boto3.client("sqs", config=QUICK),
        queue_url=env.queue_url,
        idempotency=DynamoDBPersistenceLayer(table_name=env.idempotency_table, boto3_client=dynamodb),
    )


def _used(
    job_id: UUID, meter: DynamoUsageMeter, env: PlannerEnvironment, telemetry: PowertoolsTelemetry
) -> dict[str, Any] | None:
    """What the job's model calls have used; None when the meter does not say: no reason to lose the analysis."""
    try:
        usage = meter.of_job(str(job_id))
    except MeterUnavailableError as error:
        telemetry.event("USAGE_UNKNOWN", agent=NAME, warning=True, error_type=str(error))
        return None
    return usage.as_dict(budget_usd=env.job_budget_usd, simulated=env.models_simulated)


def _approvals(database: DataApi, telemetry: PowertoolsTelemetry) -> Approvals:
    env = load(ProposalEnvironment)
    workflow = StepFunctionsWorkflow(states=client("stepfunctions"), state_machine=env.workflow_arn)
    return Approvals(DataApiReviewStore(database), workflow, env.rules, telemetry)


def handler(event: Mapping[str, Any], context: Any) -> Any:
    """SQS event -> ``{"batchItemFailures": [...]}``; ``{job_id}`` -> ``{success, job_id, outcome}``; or raises."""
    INVOCATION.context = context
    wired = wiring()
    try:
        if "Records" in event:
            return process_partial_response(
                event=dict(event), record_handler=_record, processor=processor, context=context
            )
        job_id, user_id = _job_of(event)
        outcome = _once(job_id, user_id, DirectCall())
        return {"success": True, "message": f"analysis {outcome}", "job_id": str(job_id), "outcome": outcome}
    finally:
        wired.telemetry.flush()
        INVOCATION.context = None


def _record(record: SQSRecord) -> str:
    """One message; raises what makes SQS deliver it again."""
    wired = wiring()
    delivery = SqsDelivery(
        client=wired.queue,
        queue_url=wired.queue_url,
        receipt_handle=record.receipt_handle,
        receives=int(record.attributes.approximate_receive_count),
        warn=wired.telemetry.logger.warning,
    )
    try:
        job_id, user_id = _job_of(_parsed(record.body))
        return _once(job_id, user_id, delivery)
    except BadRequestError:
        # It will never be readable: to the DLQ without further delay.
        delivery.return_after(0)
        wired.telemetry.logger.exception("the message names no job")
        raise
    except Exception:
        wired.telemetry.logger.exception("the attempt failed")
        raise


def _once(job_id: UUID, user_id: str | None, delivery: Delivery) -> str:
    """Handle the delivery unless the same job was finished a moment ago or is being worked on."""
    wired = wiring()

    def attempt(*, job_id: str) -> dict[str, str]:
        with wired.tracer.observe(job_id):
            outcome = wired.attempts.handle(UUID(job_id), delivery=delivery, user_id=user_id)
        if outcome == "duplicate":
            raise _DuplicateError
        return {"outcome": outcome}

    config = IdempotencyConfig(expires_after_seconds=REMEMBERED_SECONDS)
    if INVOCATION.context is not None:
        config.register_lambda_context(INVOCATION.context)
    once = idempotent_function(
        attempt,
        data_keyword_argument="job_id",
        persistence_store=wired.idempotency,
        config=config,
        key_prefix="analysis",
    )
    try:
        return str(once(job_id=str(job_id))["outcome"])
    except (_DuplicateError, IdempotencyAlreadyInProgressError):
        return "duplicate"


def _parsed(body: str) -> Any:
    """The message's JSON, or its bare text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.strip()


def _job_of(message: Any) -> tuple[UUID, str | None]:
    """Job and (when it says so) user of a message: an object with ``job_id``, or a bare job id."""
    named: Mapping[str, Any] = message if isinstance(message, Mapping) else {"job_id": message}
    try:
        job_id = UUID(str(named["job_id"]))
    except (KeyError, ValueError):
        raise BadRequestError([Detail(field="job_id", reason="a job's id (UUID) is needed")]) from None
    user_id = named.get("user_id")
    return job_id, None if user_id is None else str(user_id)
