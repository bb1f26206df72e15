"""The models of an agent in the order in which they are asked, each call within the job's budget and its breaker.

    for each model, large before small:   breaker closed? -> money reserved? -> ask -> settle -> tell the breaker
                                                `----------------`--------------- `-- tried again where it may help

The next model is asked where this one cannot be: its breaker is open, the budget does not hold its worst case, it fails
for good or is not allowed. Not after a guardrail's verdict or an answer that was too long: another model must not be
tried until one slips through. After the last one the agent answers without a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from advisor.adapters.patience import Patience
from advisor.domain.breaker import Outcome
from advisor.domain.usage import Usage
from advisor.ports.model import ModelAnswer, ModelError, PricedModel, Question
from advisor.ports.telemetry import Silent, Telemetry
from advisor.ports.usage import CircuitBreakers, MeterUnavailableError, Reservation, UsageMeter

ENDPOINT_FAULTS = frozenset({"throttled", "timeout", "unavailable"})
NEXT_MODEL = ENDPOINT_FAULTS | {"budget", "breaker_open", "access_denied", "invalid_request"}


@dataclass(frozen=True)
class ModelChain:
    """LanguageModel over several; the first is the one that the agent is meant to use."""

    models: Sequence[PricedModel]
    meter: UsageMeter
    breakers: CircuitBreakers
    telemetry: Telemetry = field(default_factory=Silent)
    patience: Patience = field(default_factory=Patience)

    @property
    def model_id(self) -> str:
        """The first model's."""
        return self.models[0].model_id

    @property
    def guardrail_version(self) -> str | None:
        """The same for all."""
        return self.models[0].guardrail_version

    def ask(self, question: Question) -> ModelAnswer:
        """The first model's answer that can be had; raises the last one's ModelError with all that was used."""
        used: list[Usage] = []
        for model, after in zip(self.models, (*self.models[1:], None), strict=True):
            try:
                answer = self._patiently(model, question, used)
                return replace(answer, wasted=sum(used, Usage()))
            except ModelError as error:
                goes_on = after is not None and error.reason in NEXT_MODEL
                if after is None or not goes_on or self.patience.time_left() <= self.patience.enough_seconds:
                    error.usage = sum(used, Usage())
                    raise
                self._event("MODEL_DOWNGRADED", question, model=model.model_id, to=after.model_id, reason=error.reason)
                self.telemetry.metric("ModelDowngrades", 1, agent=question.agent)
        raise ValueError("a chain needs a model")

    def _patiently(self, model: PricedModel, question: Question, used: list[Usage]) -> ModelAnswer:
        return self.patience.run(
            lambda: self._once(model, question, used),
            retryable=lambda error: isinstance(error, ModelError) and error.retryable,
        )

    def _once(self, model: PricedModel, question: Question, used: list[Usage]) -> ModelAnswer:
        worst = model.worst_cost(question)
        permit = self.breakers.permit(model.model_id)
        if permit.blind:
            self._event("BREAKER_UNAVAILABLE", question, model=model.model_id)
        if not permit.allowed:
            raise ModelError("the model rests after failures", retryable=False, reason="breaker_open")
        outcome: Outcome | None = None
        try:
            with_money = self._reserve(question, worst)
            try:
                answer = model.ask(question)
            except ModelError as error:
                outcome = Outcome(failed=error.reason in ENDPOINT_FAULTS)
                # What nobody knows is taken for the worst, so that the budget holds.
                spent = Usage(calls=1, cost_usd=worst) if error.usage is None else error.usage
                used.append(spent)
                self._settle(with_money, spent, question)
                self._told_failure(error, question)
                raise
            outcome = Outcome(failed=False, latency=answer.first_word_seconds)
            self._settle(with_money, answer.usage, question)
            return answer
        finally:
            if outcome is not None or permit.probe is not None:
                change = self.breakers.report(model.model_id, permit, outcome)
                if change is not None:
                    self._event(f"BREAKER_{change.upper()}", question, model=model.model_id)
                if change == "opened":
                    self.telemetry.metric("BreakerOpened", 1, agent=question.agent)

    def _reserve(self, question: Question, worst: Decimal) -> Reservation:
        try:
            reservation = self.meter.reserve(question.job_id, worst)
        except MeterUnavailableError as error:
            self._event("BUDGET_UNKNOWN", question, error_type=str(error))
            raise ModelError("nobody knows what the job has spent", retryable=False, reason="budget") from error
        if reservation is None:
            self._event("BUDGET_REFUSED", question, worst_usd=str(worst))
            raise ModelError("the job's budget is used up", retryable=False, reason="budget")
        return reservation

    def _settle(self, reservation: Reservation, usage: Usage, question: Question) -> None:
        try:
            self.meter.settle(reservation, usage, agent=question.agent, user_id=question.user_id)
        except MeterUnavailableError as error:
            self._event("USAGE_NOT_COUNTED", question, error_type=str(error))

    def _told_failure(self, error: ModelError, question: Question) -> None:
        if error.reason == "throttled":
            self.telemetry.metric("Throttled", 1, agent=question.agent)

    def _event(self, event_type: str, question: Question, **details: str) -> None:
        self.telemetry.event(event_type, agent=question.agent, warning=event_type != "BREAKER_CLOSED", **details)
