"""A language model that answers by filling one tool's schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from advisor.domain.usage import Usage

NOTHING = Usage()


class ModelError(Exception):
    """The model gave no usable answer; ``retryable`` tells whether a later try may succeed.

    ``reason`` is one of REASONS, a closed list, so that it can be counted and shown. ``usage`` is what the call cost
    all the same; None where nobody knows, because the answer was lost. ``rules`` name what a guardrail acted on.
    """

    REASONS = (
        "throttled",
        "timeout",
        "unavailable",
        "invalid_request",
        "access_denied",
        "guardrail",
        "not_judged",
        "malformed",
        "truncated",
        "too_large",
        "budget",
        "breaker_open",
    )

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        reason: str,
        usage: Usage | None = NOTHING,
        rules: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.reason = reason
        self.usage = usage
        self.rules = rules


@dataclass(frozen=True)
class ModelAnswer:
    """What the model put into the tool, and what it cost (tokens; seconds of latency; US dollars).

    ``problem`` is what the model did wrong where it did not fill the tool, in words it can act on; ``value`` is empty
    then. ``first_word_seconds`` is the wait for the first part of the answer; None where the answer came whole.
    ``wasted`` is what failed attempts at the same question used; ``guardrail_units`` were billed for judging it.
    """

    value: Mapping[str, Any]
    model_id: str
    input_tokens: int
    output_tokens: int
    latency_seconds: float
    stop_reason: str
    cost_usd: Decimal = Decimal(0)
    problem: str = ""
    first_word_seconds: float | None = None
    wasted: Usage = NOTHING
    guardrail_units: int = 0

    @property
    def usage(self) -> Usage:
        """Of this call and the failed ones before it."""
        mine = Usage(
            1, self.input_tokens, self.output_tokens, self.latency_seconds, self.cost_usd, self.guardrail_units
        )
        return mine + self.wasted


@dataclass(frozen=True)
class Refused:
    """An answer that was not accepted, and why: the model's next turn is to correct it."""

    value: Mapping[str, Any]
    reasons: str


@dataclass(frozen=True)
class Question:
    """System text, instructions and the one tool whose input is the answer (JSON schema).

    ``agent``, ``job_id`` and ``user_id`` say on whose account it is asked; they are not sent.
    """

    system: str
    prompt: str
    tool_name: str
    tool_description: str
    schema: Mapping[str, Any]
    prompt_version: str
    refused: Refused | None = None
    max_tokens: int = 4096
    agent: str = ""
    job_id: str = ""
    user_id: str = ""


class LanguageModel(Protocol):
    """Converse behind a port; raises ModelError."""

    @property
    def model_id(self) -> str:
        """The model (or inference profile) that is asked, for the audit trail."""
        ...

    @property
    def guardrail_version(self) -> str | None:
        """``id:version`` of the managed guardrail in force, for the audit trail; None without one."""
        ...

    def ask(self, question: Question) -> ModelAnswer: ...


class PricedModel(LanguageModel, Protocol):
    """A model whose cost is bounded before it is asked."""

    def worst_cost(self, question: Question) -> Decimal:
        """The most that asking can cost, in US dollars; raises ModelError when the question is too large for it."""
        ...
