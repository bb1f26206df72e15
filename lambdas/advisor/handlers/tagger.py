"""Lambda handler of the tagger: ``{job_id, user_id, instruments: [{symbol, name, instrument_type?}]}``."""

from collections.abc import Mapping
from typing import Any

from advisor.adapters.environment import TaggerEnvironment
from advisor.agents.request import AgentRequest
from advisor.agents.tagger import Tagger, read_instruments
from advisor.handlers.specialist import Specialist, handler_of


def run(wired: Specialist, request: AgentRequest, event: Mapping[str, Any]) -> dict[str, Any]:
    """Classify the instruments of the request."""
    return Tagger(desk=wired.desk, portfolios=wired.portfolios).run(request, read_instruments(event))


handler = handler_of(TaggerEnvironment, run)
