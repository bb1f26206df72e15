"""Lambda handler of the review workflow's own steps, and of the function that passes decisions on.

handler          {step: request, job_id, review_id, token} | {step: conclude, job_id}: called by the workflow
decision_handler {job_id}: called after a decision, and again by the sweeper until the workflow has learned it
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from advisor.adapters.audit_table import DynamoAuditLog
from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import load
from advisor.adapters.review_environment import DecisionEnvironment, ReviewEnvironment
from advisor.adapters.review_store import DataApiReviewStore
from advisor.adapters.review_workflow import DynamoTaskTokens, StepFunctionsAnswers, client
from advisor.adapters.reviewers import NotifiedReviewers
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.agents.reviewing import Decisions, ReviewSteps, ReviewTrail
from advisor.domain.errors import BadRequestError, Detail
from advisor.handlers.specialist import INVOCATION, telemetry_of


@lru_cache
def steps() -> tuple[ReviewSteps, PowertoolsTelemetry]:
    """Wire the workflow's steps from the environment (raises ConfigurationError)."""
    env = load(ReviewEnvironment)
    telemetry, dynamodb = telemetry_of(env), client("dynamodb")
    made = ReviewSteps(
        reviews=DataApiReviewStore(DataApi.from_environment(env, remaining=INVOCATION.database_seconds)),
        reviewers=NotifiedReviewers(client("sns"), env.topic_arn, client("sqs"), env.escalation_queue_url),
        tokens=DynamoTaskTokens(dynamodb, env.token_table),
        trail=ReviewTrail(DynamoAuditLog(dynamodb, env.audit_table), telemetry),
        telemetry=telemetry,
    )
    return made, telemetry


@lru_cache
def decisions() -> tuple[Decisions, PowertoolsTelemetry]:
    """Wire the passing on of decisions from the environment (raises ConfigurationError)."""
    env = load(DecisionEnvironment)
    telemetry, dynamodb = telemetry_of(env), client("dynamodb")
    made = Decisions(
        reviews=DataApiReviewStore(DataApi.from_environment(env, remaining=INVOCATION.database_seconds)),
        tokens=DynamoTaskTokens(dynamodb, env.token_table),
        workflow=StepFunctionsAnswers(client("stepfunctions")),
        trail=ReviewTrail(DynamoAuditLog(dynamodb, env.audit_table), telemetry),
        telemetry=telemetry,
    )
    return made, telemetry


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One step; raises what the workflow tries again, or fails with."""
    made, telemetry = steps()
    INVOCATION.context = context
    try:
        job_id = _id(event, "job_id")
        telemetry.logger.append_keys(job_id=str(job_id))
        if event.get("step") == "conclude":
            end = made.conclude(job_id)
            return {"status": end.status.value, "code": end.code}
        if event.get("step") == "request":
            made.request(job_id, _id(event, "review_id"), _token(event))
            return {"asked": True}
        raise BadRequestError([Detail("step", "use request or conclude")])
    except Exception:
        telemetry.logger.exception("the step failed")
        raise
    finally:
        telemetry.flush()
        INVOCATION.context = None


def decision_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Pass on the decisions of a job; raises what Lambda tries again."""
    made, telemetry = decisions()
    INVOCATION.context = context
    try:
        job_id = _id(event, "job_id")
        telemetry.logger.append_keys(job_id=str(job_id))
        return {"delivered": made.deliver(job_id)}
    except Exception:
        telemetry.logger.exception("the decision was not passed on")
        raise
    finally:
        telemetry.flush()
        INVOCATION.context = None


def _token(event: Mapping[str, Any]) -> str:
    token = event.get("token")
    if not isinstance(token, str) or not token:
        raise BadRequestError([Detail("token", "the waiting step's token is needed")])
    return token


def _id(event: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(str(event[name]))
    except (KeyError, ValueError):
        raise BadRequestError([Detail(name, "an id (UUID) is needed")]) from None
