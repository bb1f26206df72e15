"""Every function's settings come from its environment through this one module (`environment_reading` reads it).

One model a handler lists what that handler needs; whatever else Lambda sets is ignored.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from advisor.adapters.environment_models import BudgetEnvironment, ModelEnvironment
from advisor.adapters.environment_reading import ConfigurationError, Environment, Text, forget, load, parse, starting

__all__ = ["ConfigurationError", "Environment", "Text", "forget", "load", "parse", "starting"]

MARKET_ZONE = "America/New_York"
"""Whose calendar "today" is: a US trading day."""

Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class DatabaseEnvironment(Environment):
    """Where the Data API finds the cluster: two ARNs and the database's name."""

    cluster_arn: Text = Field(alias="DATABASE_CLUSTER_ARN")
    secret_arn: Text = Field(alias="DATABASE_SECRET_ARN")
    database_name: Text = Field(alias="DATABASE_NAME")


class ValuationEnvironment(DatabaseEnvironment):
    """The day that prices and projections are for; absent means today in New York."""

    valuation_date: date | None = Field(default=None, alias="VALUATION_DATE")

    def valuation_day(self) -> date:
        """The fixed date, or today's in New York."""
        return self.valuation_date or datetime.now(ZoneInfo(MARKET_ZONE)).date()


class PricedEnvironment(ValuationEnvironment):
    """Who asks the price provider: its address, the secret with its key, and when a price counts as old."""

    price_api_url: Url = Field(default="https://api.polygon.io", alias="PRICE_API_URL")
    price_secret_arn: Text = Field(alias="PRICE_SECRET_ARN")
    price_ageing_trading_days: int = Field(default=1, ge=0, alias="PRICE_AGEING_TRADING_DAYS")
    price_stale_trading_days: int = Field(default=2, ge=0, alias="PRICE_STALE_TRADING_DAYS")


class ApiEnvironment(PricedEnvironment):
    """The API: queue, audit trail, per-user limit (requests a second and burst), input limits (bytes), simulated paths
    of a scenario, whether users may load test data, and who passes decisions on reviews on."""

    decision_function: Text = Field(alias="DECISION_FUNCTION")
    queue_url: Url = Field(alias="ANALYSIS_QUEUE_URL")
    audit_table: Text = Field(alias="AUDIT_TABLE")
    audit_archive: Text = Field(alias="AUDIT_ARCHIVE")
    rate_table: Text = Field(alias="RATE_TABLE")
    user_rate_per_second: float = Field(gt=0, alias="USER_RATE_PER_SECOND")
    user_rate_burst: float = Field(ge=1, alias="USER_RATE_BURST")
    symbol_pattern: Text = Field(default=r"^[A-Z]{1,10}$", alias="SYMBOL_PATTERN")
    allowed_origin: Url = Field(alias="ALLOWED_ORIGIN")
    max_body_bytes: int = Field(default=262_144, gt=0, alias="MAX_BODY_BYTES")
    scenario_paths: int = Field(default=500, ge=100, le=2000, alias="SCENARIO_PATHS")
    test_data: bool = Field(default=False, alias="TEST_DATA")


class PlannerEnvironment(BudgetEnvironment, PricedEnvironment):
    """The planner: its agents' ARNs, the queue, the idempotency table."""

    queue_url: Url = Field(alias="ANALYSIS_QUEUE_URL")
    max_receives: int = Field(default=3, ge=1, alias="ANALYSIS_MAX_RECEIVES")
    idempotency_table: Text = Field(alias="IDEMPOTENCY_TABLE")
    audit_table: Text = Field(alias="AUDIT_TABLE")
    tagger_function: Text = Field(alias="TAGGER_FUNCTION")
    reporter_function: Text = Field(alias="REPORTER_FUNCTION")
    charter_function: Text = Field(alias="CHARTER_FUNCTION")
    retirement_function: Text = Field(alias="RETIREMENT_FUNCTION")
    models_simulated: bool = Field(default=False, alias="MODELS_SIMULATED")
    price_jump_factor: Decimal = Field(default=Decimal(5), gt=1, alias="PRICE_JUMP_FACTOR")

    @property
    def agent_functions(self) -> dict[str, str]:
        """ARN by agent's name."""
        return {name: getattr(self, f"{name}_function") for name in ("tagger", "reporter", "charter", "retirement")}


class AgentEnvironment(ModelEnvironment, ValuationEnvironment):
    """A specialist: its models with their limits, and its own (turns, attempts, characters)."""

    audit_table: Text = Field(alias="AUDIT_TABLE")
    retry_attempts: int = Field(default=3, ge=1, le=10, alias="RETRY_ATTEMPTS")
    max_response_chars: int = Field(default=50_000, gt=0, alias="MAX_RESPONSE_CHARS")
    max_turns: int = Field(default=10, ge=1, alias="MAX_TURNS")


class TaggerEnvironment(AgentEnvironment):
    """The tagger."""


class ReporterEnvironment(AgentEnvironment):
    """The reporter."""


class CharterEnvironment(AgentEnvironment):
    """The charter."""


class RetirementEnvironment(AgentEnvironment):
    """The retirement specialist: also the number of simulated paths."""

    monte_carlo_paths: int = Field(default=10_000, ge=100, le=1_000_000, alias="MONTE_CARLO_PATHS")


class SweeperEnvironment(DatabaseEnvironment):
    """The sweeper: how long (seconds) a job may run, and may wait, before it acts."""

    queue_url: Url = Field(alias="ANALYSIS_QUEUE_URL")
    running_limit_seconds: int = Field(default=960, gt=0, alias="RUNNING_LIMIT_SECONDS")
    pending_limit_seconds: int = Field(default=300, gt=0, alias="PENDING_LIMIT_SECONDS")


class MigrationsEnvironment(DatabaseEnvironment):
    """The migrations."""


class RotationEnvironment(Environment):
    """The rotation: ``require`` encrypts the connection, ``verify`` also checks the server against
    DATABASE_CA_FILE, ``off`` is for a server without TLS."""

    database_tls: Literal["verify", "require", "off"] = Field(default="require", alias="DATABASE_TLS")
    database_ca_file: str | None = Field(default=None, alias="DATABASE_CA_FILE")

    @model_validator(mode="after")
    def _verify_needs_an_authority(self) -> Self:
        if self.database_tls == "verify" and not self.database_ca_file:
            raise ValueError("DATABASE_CA_FILE: missing; DATABASE_TLS=verify needs the authority's certificates")
        return self
