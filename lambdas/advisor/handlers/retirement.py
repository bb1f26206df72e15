"""Lambda handler of the retirement agent: ``{job_id, user_id?, portfolio?, valuation_date?}``."""

from collections.abc import Mapping
from typing import Any

from advisor.adapters.environment import RetirementEnvironment
from advisor.agents.request import AgentRequest
from advisor.agents.retirement import Retirement
from advisor.handlers.specialist import Specialist, handler_of, snapshot_of


def run(wired: Specialist, request: AgentRequest, _event: Mapping[str, Any]) -> dict[str, Any]:
    """Run the agent on the request's portfolio."""
    day = request.valuation_date or wired.environment.valuation_day()
    environment = wired.environment
    assert isinstance(environment, RetirementEnvironment)
    agent = Retirement(desk=wired.desk, paths=environment.monte_carlo_paths, limit=environment.max_response_chars)
    return agent.run(request, snapshot_of(wired, request), on=day)


handler = handler_of(RetirementEnvironment, run)
