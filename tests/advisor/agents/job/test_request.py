"""Whose portfolio an agent works on: the planner's snapshot, or the job's owner's from the database (defect 2)."""

from typing import Any
from uuid import uuid4

import pytest

from advisor.agents.request import AgentRequest, portfolio_of, read_request
from advisor.domain.errors import NotFoundError, NotPermittedError


def test_called_without_a_snapshot_an_agent_loads_the_owners_portfolio(world: Any) -> None:
    """The earlier retirement agent read a field nobody filled, and analysed nothing."""
    request = read_request({"job_id": str(world.job_id)})
    found = portfolio_of(request, jobs=world.jobs, portfolios=world.portfolios)
    assert found == world.portfolios.portfolio("alice")
    assert len(found.positions) == 6


def test_a_direct_call_runs_the_whole_agent(world: Any) -> None:
    """An operator may repeat one agent by hand."""
    world.portfolios.save_prices({s: (p.close, p.as_of) for s, p in world.shop.closes(["AAPL"], on=None).items()})
    answer = world.staff.call("retirement", {"job_id": str(world.job_id)})
    assert answer["payload"]["numbers"]["current_value"] == pytest.approx(6260.40)


def test_an_unknown_job_or_a_job_of_somebody_else_is_refused(world: Any) -> None:
    """No portfolio may be read under another user's name."""
    with pytest.raises(NotFoundError):
        portfolio_of(AgentRequest(job_id=uuid4()), jobs=world.jobs, portfolios=world.portfolios)
    foreign = AgentRequest(job_id=world.job_id, user_id="mallory")
    with pytest.raises(NotPermittedError):
        portfolio_of(foreign, jobs=world.jobs, portfolios=world.portfolios)


def test_a_snapshot_of_somebody_else_is_refused(world: Any, portfolio: Any) -> None:
    """The snapshot's owner and the request's user must agree."""
    request = AgentRequest(job_id=world.job_id, user_id="alice", portfolio=portfolio)
    with pytest.raises(NotPermittedError):
        portfolio_of(request, jobs=world.jobs, portfolios=world.portfolios)
