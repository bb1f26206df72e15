"""What the specialists' handlers share: settings, ports and the frame, made once a process and only when first needed.

Importing a handler makes no client and reads no environment, so that it costs little and tests can import it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from advisor.adapters import bedrock, managed_guardrail
from advisor.adapters.audit_table import DynamoAuditLog
from advisor.adapters.breaker_table import DynamoBreakers
from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import AgentEnvironment, Environment, load
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.model_chain import ModelChain
from advisor.adapters.patience import Patience
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.telemetry import PowertoolsTelemetry, trace_id
from advisor.adapters.usage_table import DynamoUsageMeter
from advisor.agents.answering import TURN_SECONDS, Desk
from advisor.agents.request import AgentRequest, portfolio_of, read_request
from advisor.agents.traced import TracedModel, TracedTelemetry, agent_span, result_of
from advisor.domain.breaker import Rules
from advisor.domain.models import Portfolio
from advisor.domain.retry import RetryPolicy
from advisor.domain.usage import Price
from advisor.handlers.tracing import counted_wait, tracer_of
from advisor.ports.telemetry import Telemetry
from advisor.ports.tracing import NoTracing, Tracer

QUICK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
"""For DynamoDB and SQS: small calls that answer in milliseconds or are tried again."""

DATABASE_PATIENCE_SECONDS = 60.0
"""How long an agent waits for a resuming database, unless less is left of the invocation."""


class Invocation:
    """The running invocation's context, for those who must know how much time is left."""

    context: Any = None

    def seconds_left(self) -> float:
        """Seconds until the function's time-out; unlimited outside of Lambda."""
        return self.context.get_remaining_time_in_millis() / 1000 if self.context is not None else float("inf")

    def database_seconds(self) -> float:
        """How long a database call may wait."""
        return min(self.seconds_left(), DATABASE_PATIENCE_SECONDS)


INVOCATION = Invocation()


def telemetry_of(environment: Environment) -> PowertoolsTelemetry:
    """Telemetry under the function's own name."""
    return PowertoolsTelemetry(
        service=environment.service,
        environment=environment.environment,
        namespace=environment.metrics_namespace,
        level=environment.log_level,
    )


@dataclass(frozen=True)
class Specialist:
    """What an agent's code needs."""

    environment: AgentEnvironment
    desk: Desk
    telemetry: PowertoolsTelemetry
    jobs: DataApiJobStore
    portfolios: DataApiPortfolioStore
    tracer: Tracer = field(default_factory=NoTracing)


@lru_cache
def specialist(model: type[AgentEnvironment]) -> Specialist:
    """Wire one agent from its environment (raises ConfigurationError)."""
    environment = load(model)
    telemetry = telemetry_of(environment)
    database = DataApi.from_environment(environment, remaining=INVOCATION.database_seconds, timed=telemetry.query_took)
    tracer = tracer_of(telemetry)
    told = TracedTelemetry(telemetry, tracer)
    dynamodb = boto3.client("dynamodb", config=QUICK)
    desk = Desk(
        model=_chain(environment, dynamodb, told, tracer),
        audit=DynamoAuditLog(dynamodb, environment.audit_table),
        telemetry=told,
        max_turns=environment.max_turns,
        time_left=INVOCATION.seconds_left,
        trace_id=trace_id,
    )
    return Specialist(
        environment=environment,
        desk=desk,
        telemetry=telemetry,
        jobs=DataApiJobStore(database),
        portfolios=DataApiPortfolioStore(database),
        tracer=tracer,
    )


def _chain(environment: AgentEnvironment, dynamodb: Any, telemetry: Telemetry, tracer: Tracer) -> ModelChain:
    """The agent's models, the job's budget and the breakers."""
    guardrail, check = None, None
    if environment.guardrail_id and environment.guardrail_version:
        guardrail = managed_guardrail.Guardrail(environment.guardrail_id, environment.guardrail_version)
    if guardrail and environment.check_output:
        check = managed_guardrail.OutputCheck(
            client=managed_guardrail.client(),
            guardrail=guardrail,
            usd_per_1000_units=environment.guardrail_usd_per_1000_units,
            patience=Patience(
                RetryPolicy(attempts=environment.retry_attempts),
                time_left=INVOCATION.seconds_left,
                sleep=counted_wait(tracer),
            ),
        )
    clients = {way: bedrock.client(streaming=way) for way in {choice.streaming for choice in environment.models}}
    models = tuple(
        bedrock.BedrockModel(
            client=clients[choice.streaming],
            model_id=choice.model_id,
            price=Price(choice.input_usd_per_mtok, choice.output_usd_per_mtok),
            tool_choice=choice.tool_choice,
            guardrail=guardrail,
            check=check,
            streaming=choice.streaming,
            limits=bedrock.ModelLimits(
                request_bytes=choice.max_request_bytes,
                answer_bytes=choice.max_answer_bytes,
                max_tokens=choice.max_tokens,
            ),
        )
        for choice in environment.models
    )
    rules = Rules(
        window=environment.breaker_window_seconds,
        error_pct=environment.breaker_error_pct,
        latency=environment.breaker_latency_seconds,
        min_calls=environment.breaker_min_calls,
        open_for=environment.breaker_open_seconds,
    )
    return ModelChain(
        models=[TracedModel(model, tracer) for model in models],
        meter=DynamoUsageMeter(dynamodb, environment.usage_table, budget=environment.job_budget_usd),
        breakers=DynamoBreakers(dynamodb, environment.breaker_table, rules),
        telemetry=telemetry,
        patience=Patience(
            RetryPolicy(attempts=environment.retry_attempts),
            time_left=INVOCATION.seconds_left,
            sleep=counted_wait(tracer),
            enough_seconds=TURN_SECONDS,
        ),
    )


Run = Callable[[Specialist, AgentRequest, Mapping[str, Any]], dict[str, Any]]


def handler_of(model: type[AgentEnvironment], run: Run) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of an agent: reads the request, runs, tells; what goes wrong raises to the planner."""

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        INVOCATION.context = context
        wired = specialist(model)
        try:
            request = read_request(event)
            wired.telemetry.about(
                job_id=str(request.job_id), user_id=request.user_id or "", correlation_id=request.correlation_id
            )
            job_id, agent, trace = str(request.job_id), wired.environment.service, wired.tracer
            with trace.observe(job_id, event.get("traceparent")), agent_span(trace, agent, job_id) as span:
                answer = run(wired, request, event)
                span.set(**result_of(answer))
            return answer
        except Exception:
            wired.telemetry.logger.exception("the agent failed")
            raise
        finally:
            wired.telemetry.flush()
            INVOCATION.context = None

    return handler


def snapshot_of(wired: Specialist, request: AgentRequest) -> Portfolio:
    """The portfolio that a request is about."""
    return portfolio_of(request, jobs=wired.jobs, portfolios=wired.portfolios)
