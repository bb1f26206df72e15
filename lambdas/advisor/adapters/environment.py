"""Every function's settings come from its environment through this one module, once, checked.

One model a handler lists what that handler needs. A bad environment is reported whole, so that a deployment is repaired
in one go. Only names of secrets are settings, never secrets (SEC-13), which is why values may be shown in the message.
"""

import os
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, model_validator

from advisor.adapters.environment_models import BudgetEnvironment, ModelEnvironment

MARKET_ZONE = "America/New_York"
"""Whose calendar "today" is: a US trading day."""

KEYS_URL = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?/)[^\s]*$"
"""Public keys come over TLS, or from this machine."""

Text = Annotated[str, Field(min_length=1)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]

E = TypeVar("E", bound="Environment")


class ConfigurationError(Exception):
    """The function's environment is incomplete or wrong; the message names every variable and the reason."""


class Environment(BaseModel):
    """What every function has: the environment's name, its own name, and how it logs and counts."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    environment: Text = Field(alias="ENVIRONMENT")
    service: Text = Field(alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: Text = Field(default="Alex", alias="POWERTOOLS_METRICS_NAMESPACE")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", alias="POWERTOOLS_LOG_LEVEL"
    )


class DatabaseEnvironment(Environment):
    """Where the Data API finds the cluster: two ARNs and the database's name."""

    cluster_arn: Text = Field(alias="DATABASE_CLUSTER_ARN")
    secret_arn: Text = Field(alias="DATABASE_SECRET_ARN")
    database_name: Text = Field(alias="DATABASE_NAME")


class ApiEnvironment(DatabaseEnvironment):
    """The API: queue, who passes decisions on, audit trail, per-user limit (requests a second, burst), input limits."""

    decision_function: Text = Field(alias="DECISION_FUNCTION")
    queue_url: Url = Field(alias="ANALYSIS_QUEUE_URL")
    audit_table: Text = Field(alias="AUDIT_TABLE")
    rate_table: Text = Field(alias="RATE_TABLE")
    user_rate_per_second: float = Field(gt=0, alias="USER_RATE_PER_SECOND")
    user_rate_burst: float = Field(ge=1, alias="USER_RATE_BURST")
    symbol_pattern: Text = Field(default=r"^[A-Z]{1,10}$", alias="SYMBOL_PATTERN")
    allowed_origin: Url = Field(alias="ALLOWED_ORIGIN")
    max_body_bytes: int = Field(default=262_144, gt=0, alias="MAX_BODY_BYTES")


class TrustedIssuer(BaseModel):
    """One identity provider: which claim carries the audience (Cognito ``client_id``, Clerk ``azp``, Okta ``aud``)
    and which the user's id. ``audience`` is one value or several, any of which is accepted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: Url
    jwks_url: Annotated[str, Field(pattern=KEYS_URL)]
    audience: str | tuple[str, ...]
    audience_claim: Literal["aud", "azp", "client_id", "cid"] = "aud"
    user_claim: Text = "sub"

    @property
    def audiences(self) -> frozenset[str]:
        """The accepted audiences; an empty word is never one."""
        several = (self.audience,) if isinstance(self.audience, str) else self.audience
        return frozenset(word for word in several if word)


class AuthorizerEnvironment(Environment):
    """The authorizer: whom it trusts (at least one issuer, each with an audience)."""

    trusted_issuers: Json[tuple[TrustedIssuer, ...]] = Field(alias="TRUSTED_ISSUERS")

    @model_validator(mode="after")
    def _each_has_an_audience(self) -> Self:
        """No issuer, or one without an audience, would let nobody or everybody in."""
        if not self.trusted_issuers:
            raise ValueError("TRUSTED_ISSUERS: names no issuer; nobody could sign in")
        for issuer in self.trusted_issuers:
            if not issuer.audiences:
                raise ValueError(f"TRUSTED_ISSUERS: {issuer.issuer} has no audience; any of its tokens would pass")
        return self


class ValuationEnvironment(DatabaseEnvironment):
    """The day that prices and projections are for; absent means today in New York."""

    valuation_date: date | None = Field(default=None, alias="VALUATION_DATE")

    def valuation_day(self) -> date:
        """The fixed date, or today's in New York."""
        return self.valuation_date or datetime.now(ZoneInfo(MARKET_ZONE)).date()


class PlannerEnvironment(BudgetEnvironment, ValuationEnvironment):
    """The planner: its agents' ARNs, the queue, the idempotency table, the price provider."""

    queue_url: Url = Field(alias="ANALYSIS_QUEUE_URL")
    max_receives: int = Field(default=3, ge=1, alias="ANALYSIS_MAX_RECEIVES")
    idempotency_table: Text = Field(alias="IDEMPOTENCY_TABLE")
    tagger_function: Text = Field(alias="TAGGER_FUNCTION")
    reporter_function: Text = Field(alias="REPORTER_FUNCTION")
    charter_function: Text = Field(alias="CHARTER_FUNCTION")
    retirement_function: Text = Field(alias="RETIREMENT_FUNCTION")
    price_api_url: Url = Field(default="https://api.polygon.io", alias="PRICE_API_URL")
    price_secret_arn: Text = Field(alias="PRICE_SECRET_ARN")
    price_stale_trading_days: int = Field(default=2, ge=0, alias="PRICE_STALE_TRADING_DAYS")
    models_simulated: bool = Field(default=False, alias="MODELS_SIMULATED")

    @property
    def agent_functions(self) -> dict[str, str]:
        """ARN by agent's name."""
        return {
            "tagger": self.tagger_function,
            "reporter": self.reporter_function,
            "charter": self.charter_function,
            "retirement": self.retirement_function,
        }


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


def parse(model: type[E], values: Mapping[str, str]) -> E:
    """The model of ``values`` (empty texts count as absent); raises ConfigurationError naming every bad variable."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        raise ConfigurationError(_explain(model, error.errors(include_url=False), values)) from None


def _explain(model: type[Environment], errors: list[Any], values: Mapping[str, str]) -> str:
    """One line for each variable at fault."""
    lines = []
    for error in errors:
        path = ".".join(str(part) for part in error["loc"])
        reason = str(error["msg"]).removeprefix("Value error, ")
        if not path:
            lines.append(reason)
        elif error["type"] == "missing" and "." not in path:
            lines.append(f"{path}: missing")
        else:
            shown = values.get(path, "")
            lines.append(f"{path}{f'={shown!r}' if shown else ''}: {reason}")
    listed = "\n  ".join(sorted(lines))
    return (
        f"{len(lines)} environment variable(s) of {model.__name__} are wrong; correct the stack's settings:\n  {listed}"
    )


@lru_cache
def _load(model: type[Environment]) -> Environment:
    return parse(model, os.environ)


def load(model: type[E]) -> E:
    """The handler's environment, read once a process (raises ConfigurationError)."""
    loaded = _load(model)
    assert isinstance(loaded, model)
    return loaded


def starting() -> bool:
    """Lambda is starting this process (or keeps it warm) and no request waits yet."""
    return "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ


def forget() -> None:
    """Drop what was read, for tests that change the environment."""
    _load.cache_clear()
