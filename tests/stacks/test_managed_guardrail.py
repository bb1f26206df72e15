"""Every agent is told to have its answers judged, and may do so with the environment's one guardrail (GUARD-06)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.test_agents_stack import AGENTS, function, grants, listed


@pytest.mark.parametrize("name", AGENTS)
def test_an_agents_answers_are_judged_by_the_guardrail_of_its_calls(assembly: Callable[[str], Any], name: str) -> None:
    """GUARD-06: without the right, the guardrail or the switch every analysis would fall back, or go out unjudged."""
    prod = assembly("prod")
    told = function(prod, name)["Environment"]["Variables"]
    assert told["CHECK_OUTPUT"] == "true"
    assert float(told["GUARDRAIL_USD_PER_1000_UNITS"]) > 0
    statements = [s for s in grants(prod, name) if "bedrock:ApplyGuardrail" in listed(s["Action"])]
    assert statements
    named = {json.dumps(s["Resource"]) for s in statements}
    assert all(told["GUARDRAIL_ID"]["Fn::GetAtt"][0] in one for one in named)
