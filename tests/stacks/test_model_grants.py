"""Which models an agent may call, and who counts what that costs."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from settings import load
from tests.stacks.test_agents_stack import AGENTS, CALL, ENVIRONMENTS, function, grants, listed


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_may_call_the_models_it_is_told_and_no_other(assembly: Callable[[str], Any], name: str) -> None:
    """LLM-04: the tagger never reaches the large model; whoever asks the large one may fall back to the small one."""
    prod = assembly("prod")
    told = json.loads(function(prod, name)["Environment"]["Variables"]["MODELS"])
    models = load("prod").models
    wanted = [models.small] if name == "Tagger" else [models.large, models.small]
    assert [one["model_id"] for one in told] == [model.model_id for model in wanted]
    may_call = json.dumps([s["Resource"] for s in grants(prod, name) if CALL in listed(s["Action"])])
    for model in (models.large, models.small):
        assert (f"inference-profile/{model.model_id}" in may_call) is (model in wanted)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_spending_is_counted_by_agents_and_read_by_the_planner(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """COST-05: an agent can add to what a job has spent and cannot delete it; the planner only reads it."""
    deployed = assembly(environment)
    for name in (*AGENTS, "Planner"):
        expected = {"dynamodb:GetItem" if name == "Planner" else "dynamodb:UpdateItem"}
        found = [s for s in grants(deployed, name) if "Usage" in json.dumps(s["Resource"])]
        actions = {action for s in found for action in listed(s["Action"]) if action.startswith("dynamodb:")}
        assert actions == expected, name
        breakers = [s for s in grants(deployed, name) if "Breaker" in json.dumps(s["Resource"])]
        assert {a for s in breakers for a in listed(s["Action"])} == (
            set() if name == "Planner" else {"dynamodb:GetItem", "dynamodb:PutItem"}
        )
