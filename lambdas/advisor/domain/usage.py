"""What calls of a model cost: tokens, seconds, US dollars, and the most that a call can cost before it is made.

A job's spending is bounded by reserving the worst case of each call (see `ports/usage.py`), so the worst case must
never be too low: a tokenizer that works on bytes makes at most one token of each, and an answer has at most as many
tokens as were allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

MILLION = Decimal(1_000_000)
CENT_OF_A_CENT = Decimal("0.000001")

SCAFFOLD_TOKENS = 1000
"""What a provider adds to a request that offers a tool, and bills."""


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens (LLM-04: prices are data, by the million)."""

    input_per_mtok: Decimal
    output_per_mtok: Decimal

    def of(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """Cost of so many tokens in US dollars, 6 places."""
        return self._exact(input_tokens, output_tokens).quantize(CENT_OF_A_CENT)

    def worst(self, *, request_bytes: int, max_tokens: int) -> Decimal:
        """The most that a request of so many bytes can cost when at most ``max_tokens`` are answered."""
        exact = self._exact(request_bytes + SCAFFOLD_TOKENS, max_tokens)
        return exact.quantize(CENT_OF_A_CENT, rounding=ROUND_CEILING)

    def _exact(self, input_tokens: int, output_tokens: int) -> Decimal:
        return (input_tokens * self.input_per_mtok + output_tokens * self.output_per_mtok) / MILLION


@dataclass(frozen=True)
class Usage:
    """Calls and what they used: tokens, seconds, US dollars, and text units of the managed guardrail."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    latency_seconds: float = 0.0
    cost_usd: Decimal = Decimal(0)
    guardrail_units: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.latency_seconds + other.latency_seconds,
            self.cost_usd + other.cost_usd,
            self.guardrail_units + other.guardrail_units,
        )

    def as_dict(self) -> dict[str, Any]:
        """As a job's summary shows it."""
        return {
            "calls": self.calls,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "latency_seconds": round(self.latency_seconds, 3),
            "cost_usd": float(self.cost_usd),
            "guardrail_units": self.guardrail_units,
        }


@dataclass(frozen=True)
class JobUsage:
    """A job's usage by agent."""

    by_agent: Mapping[str, Usage] = field(default_factory=dict)

    @property
    def total(self) -> Usage:
        """Of all agents together."""
        return sum(self.by_agent.values(), Usage())

    def as_dict(self, *, budget_usd: Decimal, simulated: bool) -> dict[str, Any]:
        """``usage`` of a job's summary: the total, the budget, and each agent's; ``simulated`` costs were not paid."""
        agents = {agent: usage.as_dict() for agent, usage in sorted(self.by_agent.items())}
        return {**self.total.as_dict(), "budget_usd": float(budget_usd), "simulated": simulated, "by_agent": agents}
