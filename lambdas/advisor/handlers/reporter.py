"""Lambda handler of the reporter agent: ``{job_id, user_id?, portfolio?, valuation_date?}``."""

from collections.abc import Mapping
from typing import Any

from advisor.adapters.environment import ReporterEnvironment
from advisor.agents.reporter import Reporter
from advisor.agents.request import AgentRequest
from advisor.handlers.specialist import Specialist, handler_of, snapshot_of


def run(wired: Specialist, request: AgentRequest, _event: Mapping[str, Any]) -> dict[str, Any]:
    """Run the agent on the request's portfolio."""
    day = request.valuation_date or wired.environment.valuation_day()
    return Reporter(desk=wired.desk, limit=wired.environment.max_response_chars).run(
        request, snapshot_of(wired, request), on=day
    )


handler = handler_of(ReporterEnvironment, run)
