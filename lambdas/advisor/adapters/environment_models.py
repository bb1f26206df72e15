"""The part of a function's environment that is about calling models: which ones, on what budget, and when they rest."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, model_validator

Text = Annotated[str, Field(min_length=1)]


class ModelChoice(BaseModel):
    """A model that an agent may ask: prices in USD per million tokens, limits in tokens and bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_id: Text
    tool_choice: Literal["auto", "forced"] = "auto"
    streaming: bool = False
    max_tokens: int = Field(gt=0)
    max_request_bytes: int = Field(gt=0)
    max_answer_bytes: int = Field(gt=0)
    input_usd_per_mtok: Decimal = Field(ge=0)
    output_usd_per_mtok: Decimal = Field(ge=0)


class BudgetEnvironment(BaseModel):
    """Where spending is counted, and what a job may spend (USD)."""

    usage_table: Text = Field(alias="USAGE_TABLE")
    job_budget_usd: Decimal = Field(gt=0, alias="JOB_BUDGET_USD")


class ModelEnvironment(BudgetEnvironment):
    """The models in the order of asking, their guardrail, whether it judges answers and at which price (USD), and
    when a breaker opens (seconds, percent, calls)."""

    models: Annotated[Json[tuple[ModelChoice, ...]], Field(min_length=1)] = Field(alias="MODELS")
    guardrail_id: str | None = Field(default=None, alias="GUARDRAIL_ID")
    guardrail_version: str | None = Field(default=None, alias="GUARDRAIL_VERSION")
    check_output: bool = Field(default=True, alias="CHECK_OUTPUT")
    guardrail_usd_per_1000_units: Decimal = Field(default=Decimal("0.15"), ge=0, alias="GUARDRAIL_USD_PER_1000_UNITS")
    breaker_table: Text = Field(alias="BREAKER_TABLE")
    breaker_window_seconds: float = Field(default=60, gt=0, alias="BREAKER_WINDOW_SECONDS")
    breaker_error_pct: float = Field(default=5, gt=0, alias="BREAKER_ERROR_PCT")
    breaker_latency_seconds: float = Field(default=10, gt=0, alias="BREAKER_LATENCY_SECONDS")
    breaker_min_calls: int = Field(default=20, gt=0, alias="BREAKER_MIN_CALLS")
    breaker_open_seconds: float = Field(default=30, gt=0, alias="BREAKER_OPEN_SECONDS")

    @model_validator(mode="after")
    def _guardrail_is_a_pair(self) -> Self:
        """Half a guardrail would silently be none."""
        if (self.guardrail_id is None) != (self.guardrail_version is None):
            raise ValueError("GUARDRAIL_ID, GUARDRAIL_VERSION: set both or none")
        return self
