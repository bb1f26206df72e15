"""The managed guardrail's verdict on what an answer would bring to a reader.

Bedrock judges the text of a Converse answer and never a tool's input, and all our answers are tool inputs: without
this the guardrail that goes with every call would guard the question only (GUARD-06). So every string of the input is
sent to ApplyGuardrail, source OUTPUT, as a reader would get it: without the identifiers that our own rules take out.

Decisions. An answer that was not judged does not leave: when the service stays away, the answer is lost. That says
nothing against the model, so no breaker counts it, and no other model is asked and paid, whose answer would be lost
too. What the guardrail would mask is refused like what it blocks: its masked text comes without saying which string of
the JSON it belongs to, and a mark in the place of a figure is no report; it is rare, since our own redaction ran
before. One verdict needs one request for every 20,000 characters; only that request is tried again, not the model's
call, which costs far more.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from advisor.adapters.converse_wire import REASONS, rules_of
from advisor.adapters.patience import Patience
from advisor.domain.personal import redacted
from advisor.domain.usage import CENT_OF_A_CENT
from advisor.ports.model import ModelAnswer, ModelError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

CONNECT_SECONDS, VERDICT_SECONDS = 2, 10
REQUEST_CHARACTERS, MOST_CHARACTERS = 20_000, 200_000
"""A request takes 25 text units of 1,000 characters (a quota of the account; the rest is a margin). No answer may be
longer than the most that a response limit can be set to."""

UNIT_CHARACTERS = 1000
PAID = ("topicPolicyUnits", "contentPolicyUnits", "sensitiveInformationPolicyUnits")
"""Policies of our guardrail that are billed by the text unit; words are free."""

LOST = (BotoCoreError, ResponseParserError, UnicodeDecodeError)
"""No answer, or none that can be read."""

# As much as fits and ends at a space; where there is none, a cut within the word.
_PIECE = re.compile(rf"(?s).{{1,{REQUEST_CHARACTERS - 1}}}(?:\s|\Z)|.{{1,{REQUEST_CHARACTERS}}}")


@dataclass(frozen=True)
class Guardrail:
    """A managed guardrail and its version."""

    guardrail_id: str
    version: str


def client() -> "BedrockRuntimeClient":
    """A client that asks once; `OutputCheck` decides about another time."""
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=VERDICT_SECONDS, retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", config=config)


@dataclass(frozen=True)
class OutputCheck:
    """Judges answers by a guardrail; ``usd_per_1000_units`` is the dearest policy's price and taken for each."""

    client: "BedrockRuntimeClient"
    guardrail: Guardrail
    usd_per_1000_units: Decimal
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.monotonic

    @property
    def worst_cost(self) -> Decimal:
        """The most that judging one answer costs, US dollars."""
        return self._cost(_units_of(MOST_CHARACTERS))

    def passed(self, answer: ModelAnswer) -> ModelAnswer:
        """The answer with the verdict's units, cost and seconds; raises ModelError where it may not be used."""
        text = redacted("\n".join(strings(answer.value)))
        started, units = self.clock(), 0
        if len(text) > MOST_CHARACTERS:
            message = f"the answer has {len(text)} characters, the guardrail judges {MOST_CHARACTERS}"
            raise ModelError(message, retryable=False, reason="too_large", usage=answer.usage)
        for piece in _PIECE.findall(text):
            try:
                verdict = self._verdict(piece)
            except (ClientError, *LOST) as error:
                # What got lost is taken as billed, so that the budget holds.
                lost = 0 if isinstance(error, ClientError) else _units_of(len(piece))
                used = self._with(answer, units + lost, started)
                _refuse(f"the answer could not be judged: {_name(error)}", "not_judged", used, cause=error)
            units += sum(int((verdict.get("usage") or {}).get(policy, 0)) for policy in PAID)
            used = self._with(answer, units, started)
            if verdict.get("action") == "GUARDRAIL_INTERVENED":
                rules = rules_of(verdict.get("assessments") or [])
                _refuse("the managed guardrail refused the answer", "guardrail", used, rules=rules)
            if verdict.get("action") != "NONE":
                _refuse("the guardrail gave no verdict", "not_judged", used)
        return self._with(answer, units, started)

    def _verdict(self, text: str) -> Mapping[str, Any]:
        def asked() -> Mapping[str, Any]:
            return self.client.apply_guardrail(
                guardrailIdentifier=self.guardrail.guardrail_id,
                guardrailVersion=self.guardrail.version,
                source="OUTPUT",
                content=[{"text": {"text": text}}],
            )

        return self.patience.run(asked, retryable=_passing)

    def _with(self, answer: ModelAnswer, units: int, started: float) -> ModelAnswer:
        return replace(
            answer,
            guardrail_units=units,
            cost_usd=answer.cost_usd + self._cost(units),
            latency_seconds=answer.latency_seconds + self.clock() - started,
        )

    def _cost(self, units: int) -> Decimal:
        return (units * self.usd_per_1000_units / 1000).quantize(CENT_OF_A_CENT, rounding=ROUND_CEILING)


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, in order; names of fields are the schema's and no text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def _units_of(characters: int) -> int:
    return len(PAID) * -(-characters // UNIT_CHARACTERS)


def _name(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def _passing(error: Exception) -> bool:
    return isinstance(error, LOST) or REASONS.get(_name(error), ("", False))[1]


def _refuse(
    message: str, reason: str, used: ModelAnswer, *, rules: tuple[str, ...] = (), cause: Exception | None = None
) -> NoReturn:
    raise ModelError(message, retryable=False, reason=reason, usage=used.usage, rules=rules) from cause
