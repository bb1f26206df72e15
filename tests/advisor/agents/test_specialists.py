"""What every specialist does with an answer: used, corrected, or honestly replaced (AGENT-07..09, GUARD-05, XAI-04)."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from advisor.agents.charter import Charter
from advisor.agents.prompts import prompt
from advisor.agents.reporter import Reporter
from advisor.agents.request import AgentRequest
from advisor.agents.retirement import Retirement
from advisor.domain.audit import verify_chain
from advisor.domain.models import Portfolio

DAY = date(2022, 12, 28)
REQUEST = AgentRequest(job_id=UUID(int=42), user_id="user-1")

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text())
REPORT: dict[str, Any] = ANSWERS["report"]
CHARTS: dict[str, Any] = ANSWERS["charts"]
EXPLAINED: dict[str, Any] = ANSWERS["explained"]


def run_reporter(office: Any, portfolio: Portfolio, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        json.dumps(Reporter(desk=office.desk(), **options).run(REQUEST, portfolio, on=DAY))
    )
    return answer


def run_charter(office: Any, portfolio: Portfolio) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json.dumps(Charter(desk=office.desk()).run(REQUEST, portfolio, on=DAY)))
    return answer


def run_retirement(office: Any, portfolio: Portfolio) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        json.dumps(Retirement(desk=office.desk(), paths=500).run(REQUEST, portfolio, on=DAY))
    )
    return answer


RUNS: list[tuple[Callable[[Any, Portfolio], dict[str, Any]], dict[str, Any]]] = [
    (run_reporter, REPORT),
    (run_charter, CHARTS),
    (run_retirement, EXPLAINED),
]
each_agent = pytest.mark.parametrize(("run", "good"), RUNS, ids=["reporter", "charter", "retirement"])


@each_agent
def test_a_good_answer_is_used_and_audited_as_passed(
    run: Any, good: dict[str, Any], scripted: Any, portfolio: Portfolio
) -> None:
    """XAI-04: one decision, one entry, with the real verdict, cost and tokens."""
    office = scripted(good)
    answer = run(office, portfolio)
    assert (answer["success"], answer["fallback"]) == (True, False)
    (entry,) = office.audit.stored
    assert (entry.compliance_check, entry.job_id, entry.model) == ("PASS", str(UUID(int=42)), "scripted-model")
    assert entry.prompt_version == prompt(entry.agent).version_and_checksum
    assert entry.tokens == {"in": 100, "out": 10}
    assert entry.output_summary["fallback"] is False
    assert "user-1" not in entry.model_dump_json()
    assert "AI_DECISION" in office.told.names()


@each_agent
def test_a_malformed_answer_gets_one_repair_turn(
    run: Any, good: dict[str, Any], scripted: Any, portfolio: Portfolio
) -> None:
    """GUARD-14: a slip of form costs a turn, not the answer; the model hears what was wrong."""
    office = scripted({"rationale": "x", "surprise": 1}, good)
    assert run(office, portfolio)["fallback"] is False
    repair = office.model.questions[1].refused
    assert repair is not None
    assert "surprise" in repair.reasons
    assert office.audit.stored[0].tokens == {"in": 200, "out": 20}


@each_agent
def test_metrics_tell_time_calls_tools_and_tokens_by_agent(
    run: Any, good: dict[str, Any], scripted: Any, portfolio: Portfolio
) -> None:
    """OBS-24: without them nobody sees which agent has become slow, dear or clumsy with its tool."""
    office = scripted({"rationale": "x", "surprise": 1}, good)
    run(office, portfolio)
    (entry,) = office.audit.stored
    told = {name: value for name, agent, value in office.told.metrics if agent == entry.agent}
    assert (told["LlmCalls"], told["ToolCalls"], told["TokensIn"], told["TokensOut"]) == (2, 2, 200, 20)
    assert told.keys() >= {"AgentDurationMs", "LlmLatencyMs", "LlmCostUsd"}


@each_agent
def test_rubbish_twice_falls_back_honestly(run: Any, good: dict[str, Any], scripted: Any, portfolio: Portfolio) -> None:
    """AGENT-23: the user gets the engines' figures, flagged; nothing is passed off as the model's."""
    office = scripted({}, {"rationale": 3})
    answer = run(office, portfolio)
    assert answer["fallback"] is True
    assert office.told.details("FALLBACK_USED") == [{"reason": "malformed"}]
    (entry,) = office.audit.stored
    assert (entry.compliance_check, entry.output_summary["fallback"]) == ("NOT_EVALUATED", True)


@each_agent
@pytest.mark.parametrize("reason", ["throttled", "timeout", "guardrail", "truncated", "unavailable"])
def test_a_model_that_fails_leaves_a_fallback(  # noqa: PLR0917 (parameters and fixtures)
    run: Any, good: dict[str, Any], reason: str, scripted: Any, portfolio: Portfolio, model_error: Any
) -> None:
    """A model's outage must not cost the analysis, and is named."""
    office = scripted(model_error(reason))
    assert run(office, portfolio)["fallback"] is True
    assert office.told.details("FALLBACK_USED") == [{"reason": reason}]


@each_agent
def test_the_simulated_analyst_satisfies_every_rule(
    run: Any, good: dict[str, Any], analyst: Any, portfolio: Portfolio
) -> None:
    """The laptop's analysis goes through the same checks as a real model's, without a second turn."""
    office = analyst()
    answer = run(office, portfolio)
    assert answer["fallback"] is False, office.told.events
    assert office.audit.stored[0].output_summary["turns"] == 1
    assert "simulated analyst" in json.dumps(answer).lower()


@each_agent
@pytest.mark.parametrize("fault", ["throttle", "timeout", "guardrail", "rubbish", "loop", "prose", "huge"])
def test_every_planned_fault_of_the_analyst_ends_in_a_fallback(
    run: Any, good: dict[str, Any], fault: str, analyst: Any, portfolio: Portfolio
) -> None:
    """The local cloud can show each failure of a real model end to end."""
    office = analyst({"fault": fault, "times": 9})
    assert run(office, portfolio)["fallback"] is True


@each_agent
@pytest.mark.parametrize(
    ("fault", "told"), [("prose", "did not call"), ("loop", "You called another_tool; call"), ("rubbish", "unexpected")]
)
def test_a_model_that_goes_astray_is_told_how_once(  # noqa: PLR0917 (parameters and fixtures)
    run: Any, good: dict[str, Any], fault: str, told: str, analyst: Any, portfolio: Portfolio
) -> None:
    """GUARD-14: one slip costs a turn; a model that repeats it is left after the second, never asked for ever."""
    office = analyst({"fault": fault, "times": 1})
    assert run(office, portfolio)["fallback"] is False
    asked = office.model.models[0].client.requests
    assert told in asked[1]["messages"][0]["content"][1]["text"]
    office = analyst({"fault": fault, "times": 99})
    assert run(office, portfolio)["fallback"] is True
    assert len(office.model.models[0].client.requests) == 2
    assert office.told.details("FALLBACK_USED") == [{"reason": "malformed"}]


@each_agent
def test_two_throttles_are_waited_out(run: Any, good: dict[str, Any], analyst: Any, portfolio: Portfolio) -> None:
    """AGENT-12: three attempts in all."""
    assert run(analyst({"fault": "throttle", "times": 2}), portfolio)["fallback"] is False


def test_a_decision_that_cannot_be_recorded_is_not_given(scripted: Any, portfolio: Portfolio) -> None:
    """Advice without an audit entry must not reach anybody."""
    from advisor.domain.errors import UnavailableError

    class Closed:
        def append(self, entry: Any) -> Any:
            raise UnavailableError()

    office = scripted(REPORT)
    office.audit = Closed()
    with pytest.raises(UnavailableError):
        run_reporter(office, portfolio)


def test_turns_and_time_are_limited(scripted: Any, portfolio: Portfolio) -> None:
    """Neither a setting of one turn nor an ending invocation may start another question."""
    office = scripted({}, REPORT)
    assert Reporter(desk=office.desk(max_turns=1)).run(REQUEST, portfolio, on=DAY)["fallback"] is True
    office = scripted(REPORT)
    assert Reporter(desk=office.desk(time_left=lambda: 5.0)).run(REQUEST, portfolio, on=DAY)["fallback"] is True
    assert office.model.questions == []


def test_entries_of_several_agents_form_one_chain(scripted: Any, portfolio: Portfolio) -> None:
    """WEB-11 shows a job's decisions as one verifiable list."""
    office = scripted(REPORT, CHARTS, EXPLAINED)
    for run, _good in RUNS:
        run(office, portfolio)
    entries = office.audit.entries(str(UUID(int=42)))
    assert [entry.agent for entry in entries] == ["reporter", "charter", "retirement"]
    assert verify_chain(entries).ok


@each_agent
def test_a_missing_right_to_the_model_is_counted_apart(
    run: Any, good: dict[str, Any], scripted: Any, portfolio: Portfolio, model_error: Any
) -> None:
    """A throttle passes; a refused permission makes every analysis fall back until somebody grants it."""
    for reason, counted in (("access_denied", 1), ("throttled", 0)):
        office = scripted(model_error(reason))
        assert run(office, portfolio)["fallback"] is True
        assert [name for name, _agent, _value in office.told.metrics].count("ModelAccessDenied") == counted
        assert office.told.details("FALLBACK_USED")[0]["reason"] == reason
