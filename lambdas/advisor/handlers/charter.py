"""Lambda handler of the charter agent: ``{job_id, user_id?, portfolio?, valuation_date?}``."""

from collections.abc import Mapping
from typing import Any

from advisor.adapters.environment import CharterEnvironment
from advisor.agents.charter import Charter
from advisor.agents.request import AgentRequest
from advisor.handlers.specialist import Specialist, handler_of, snapshot_of


def run(wired: Specialist, request: AgentRequest, _event: Mapping[str, Any]) -> dict[str, Any]:
    """Run the agent on the request's portfolio."""
    day = request.valuation_date or wired.environment.valuation_day()
    return Charter(desk=wired.desk).run(request, snapshot_of(wired, request), on=day)


handler = handler_of(CharterEnvironment, run)
