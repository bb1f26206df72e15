"""What an agent is asked (the invocation's payload) and what it answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advisor.domain.errors import BadRequestError, Detail, NotFoundError, NotPermittedError
from advisor.domain.guardrails import MAX_INPUT_CHARS
from advisor.domain.models import Portfolio
from advisor.domain.quality import STALE_AFTER
from advisor.ports.store import JobStore, PortfolioStore


class AgentRequest(BaseModel):
    """One invocation.

    The planner sends its snapshot of the portfolio, so that all agents of a job speak of the same figures; without one
    the agent loads the job's owner's portfolio itself. It never analyses an empty stand-in.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    job_id: UUID
    user_id: str | None = None
    correlation_id: str | None = None
    valuation_date: date | None = None
    portfolio: Portfolio | None = None
    question: str | None = Field(default=None, max_length=MAX_INPUT_CHARS)
    stale_after: int = Field(default=STALE_AFTER, ge=0, description="trading days after which a price is old")


def read_request(event: Mapping[str, Any]) -> AgentRequest:
    """The request of an invocation; raises BadRequestError naming the fields at fault."""
    try:
        return AgentRequest.model_validate(event)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        details = [Detail(field=".".join(map(str, e["loc"])), reason=e["msg"]) for e in found]
        raise BadRequestError(details) from None


def portfolio_of(request: AgentRequest, *, jobs: JobStore, portfolios: PortfolioStore) -> Portfolio:
    """The request's snapshot, or the portfolio of the job's owner; NotFoundError, NotPermittedError."""
    if request.portfolio is not None:
        if request.user_id not in {None, request.portfolio.user.user_id}:
            raise NotPermittedError([Detail(field="portfolio", reason="belongs to another user than user_id")])
        return request.portfolio
    job = jobs.get(request.job_id)
    if job is None:
        raise NotFoundError([Detail(field="job_id", reason="no such job")])
    if request.user_id not in {None, job.user_id}:
        raise NotPermittedError([Detail(field="job_id", reason="belongs to another user than user_id")])
    portfolio = portfolios.portfolio(job.user_id)
    if portfolio is None:
        raise NotFoundError([Detail(field="user_id", reason="has no portfolio")])
    return portfolio


def answer(agent: str, message: str, *, fallback: bool, **more: Any) -> dict[str, Any]:
    """The answer of a direct invocation: success, message, whether a fallback stands in, and the agent's product."""
    return {"success": True, "agent": agent, "message": message, "fallback": fallback, **more}
