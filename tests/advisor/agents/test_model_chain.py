"""Which model is asked, on whose money, and what happens when it cannot be (LLM-07, COST-05, AGENT-12, AGENT-23)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from advisor.adapters.model_chain import ModelChain
from advisor.adapters.patience import Patience
from advisor.domain.breaker import Outcome
from advisor.domain.usage import Usage
from advisor.ports.model import ModelAnswer, ModelError, Question
from advisor.ports.usage import MeterUnavailableError, Permit
from tests.advisor.agents.fakes import Purse, Unbroken

QUESTION = Question(
    system="s", prompt="p", tool_name="t", tool_description="d", schema={}, prompt_version="p-1", agent="reporter",
    job_id="job", user_id="user-1",
)  # fmt: skip


class Model:
    """A model that follows a script of reasons; ``None`` is an answer of 1 cent. Its worst case is in US dollars."""

    guardrail_version = None

    def __init__(self, model_id: str, *script: str | None, worst: str = "0.1") -> None:
        self.model_id, self.script, self.worst, self.asked = model_id, list(script), Decimal(worst), 0

    def worst_cost(self, _question: Question) -> Decimal:
        return self.worst

    def ask(self, _question: Question) -> ModelAnswer:
        self.asked += 1
        reason = self.script.pop(0)
        if reason is not None:
            lost = reason == "timeout"
            usage = None if lost else Usage(calls=1)
            raise ModelError("planned", retryable=reason in {"throttled", "timeout"}, reason=reason, usage=usage)
        return ModelAnswer({}, self.model_id, 10, 5, 1.0, "tool_use", Decimal("0.01"), first_word_seconds=0.5)


Build = Callable[..., Any]


@pytest.fixture
def chain(scripted: Any) -> Build:
    """A chain of models with a purse, breakers, telemetry and a clock that counts waits."""

    def build(*models: Model, budget: str = "100", resting: tuple[str, ...] = (), left: float = 300.0) -> Any:
        return ModelChain(
            models,
            meter=Purse(budget),
            breakers=Unbroken(*resting),
            telemetry=scripted().told,
            patience=Patience(sleep=lambda _s: None, time_left=lambda: left, enough_seconds=150.0),
        )

    return build


def test_the_first_model_answers_and_is_paid(chain: Build) -> None:
    """COST-05: what was set aside and not used is free for the next call."""
    office = chain(Model("large", None), Model("small"))
    assert office.ask(QUESTION).model_id == "large"
    assert office.meter.committed == Decimal("0.01")
    assert office.meter.settled == [("reporter", "user-1", Usage(1, 10, 5, 1.0, Decimal("0.01")))]
    assert office.breakers.reports == [("large", Outcome(False, 0.5))]


@pytest.mark.parametrize(
    ("reason", "asked"),
    [("throttled", 3), ("timeout", 3), ("unavailable", 1), ("access_denied", 1), ("invalid_request", 1)],
)
def test_the_small_model_stands_in_for_a_large_one_that_cannot_answer(reason: str, asked: int, chain: Build) -> None:
    """LLM-07, AGENT-12: tried again where that may help, then the next model; the report is the model's, not a
    template's."""
    large, small = Model("large", *[reason] * 3), Model("small", None)
    office = chain(large, small)
    answer = office.ask(QUESTION)
    assert (answer.model_id, large.asked, answer.usage.calls) == ("small", asked, asked + 1)
    assert office.telemetry.details("MODEL_DOWNGRADED") == [{"model": "large", "to": "small", "reason": reason}]
    assert [outcome.failed for model, outcome in office.breakers.reports if model == "large"] == [
        reason in {"throttled", "timeout", "unavailable"}
    ] * asked


def test_an_open_breaker_costs_no_call_and_no_wait(chain: Build) -> None:
    """LLM-07: large, small, template: an outage of the large model is not waited for by every analysis."""
    large, small = Model("large", None), Model("small", None)
    assert chain(large, small, resting=("large",)).ask(QUESTION).model_id == "small"
    assert large.asked == 0
    with pytest.raises(ModelError) as error:
        chain(large, small, resting=("large", "small")).ask(QUESTION)
    assert (error.value.reason, large.asked) == ("breaker_open", 0)


def test_what_the_budget_does_not_hold_is_asked_of_the_cheaper_model(chain: Build) -> None:
    """COST-05: the job goes on with the small model, then without one, and says why."""
    large, small = Model("large", None, worst="5"), Model("small", None, worst="0.5")
    assert chain(large, small, budget="1").ask(QUESTION).model_id == "small"
    office = chain(large, small, budget="0.4")
    with pytest.raises(ModelError) as error:
        office.ask(QUESTION)
    assert (error.value.reason, large.asked) == ("budget", 0)
    assert office.telemetry.names().count("BUDGET_REFUSED") == 2
    assert office.breakers.reports == [], "a call that was not made says nothing about the model"


def test_an_answer_that_got_lost_is_counted_at_its_worst(chain: Build) -> None:
    """COST-05: three time-outs that were billed in full must not let the job overspend."""
    office = chain(Model("large", "timeout", "timeout", None, worst="0.3"))
    answer = office.ask(QUESTION)
    assert answer.usage.cost_usd == Decimal("0.61") == office.meter.committed
    with pytest.raises(ModelError) as error:
        chain(Model("large", "timeout", "timeout", "timeout", worst="0.4"), budget="1").ask(QUESTION)
    assert (error.value.reason, error.value.usage) == ("budget", Usage(2, cost_usd=Decimal("0.8")))


@pytest.mark.parametrize("reason", ["guardrail", "truncated", "too_large"])
def test_another_model_is_not_tried_until_one_slips_through(reason: str, chain: Build) -> None:
    """GUARD-06: a guardrail's verdict is final, whichever model would have been next."""
    small = Model("small", None)
    with pytest.raises(ModelError) as error:
        chain(Model("large", reason), small).ask(QUESTION)
    assert (error.value.reason, small.asked) == (reason, 0)


def test_no_other_model_is_begun_when_the_invocation_is_almost_over(chain: Build) -> None:
    """AGENT-23: the fallback needs what time is left."""
    small = Model("small", None)
    with pytest.raises(ModelError):
        chain(Model("large", "unavailable"), small, left=100.0).ask(QUESTION)
    assert small.asked == 0


def test_a_meter_that_is_away_stops_spending_and_one_that_fails_later_does_not(
    chain: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COST-05: nobody spends what nobody counts; an answer that is already paid for is used."""

    def away(*_args: Any, **_kwargs: Any) -> Any:
        raise MeterUnavailableError("ClientError")

    office = chain(Model("large", None))
    monkeypatch.setattr(office.meter, "settle", away)
    assert office.ask(QUESTION).model_id == "large"
    assert office.telemetry.names() == ["USAGE_NOT_COUNTED"]
    monkeypatch.setattr(office.meter, "reserve", away)
    with pytest.raises(ModelError) as error:
        office.ask(QUESTION)
    assert error.value.reason == "budget"
    assert "BUDGET_UNKNOWN" in office.telemetry.names()


def test_changes_of_a_breaker_and_its_absence_are_told(chain: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM-07: BREAKER_OPENED and BREAKER_CLOSED are what operations looks for; calls without one are said to be."""
    office = chain(Model("large", None, None))
    for change in ("opened", "closed"):
        monkeypatch.setattr(office.breakers, "report", lambda *_a, change=change: change)
        monkeypatch.setattr(office.breakers, "permit", lambda _m: Permit(True, blind=True))
        office.ask(QUESTION)
    told = [name for name, _agent, _details in office.telemetry.events]
    assert told == ["BREAKER_UNAVAILABLE", "BREAKER_OPENED", "BREAKER_UNAVAILABLE", "BREAKER_CLOSED"]
    assert office.telemetry.details("BREAKER_OPENED") == [{"model": "large"}]
    assert ("BreakerOpened", "reporter", 1) in office.telemetry.metrics


def test_a_try_that_the_budget_refuses_is_given_back(chain: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """LLM-07: a half-open breaker whose one try was not made would keep everybody waiting."""
    office = chain(Model("large", None, worst="5"), budget="1")
    monkeypatch.setattr(office.breakers, "permit", lambda _m: Permit(True, probe=7.0))
    with pytest.raises(ModelError):
        office.ask(QUESTION)
    assert office.breakers.reports == [("large", None)]
