"""Settings of the application: functions, queue, agents, API, identity, prices, models. Defaults are production's."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from settings.figure import Section, figure

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]


class Functions(Section):
    """What all functions share."""

    python: Literal["3.12", "3.13"] = figure("3.13", req="CONF-10")
    architecture: Literal["arm64", "x86_64"] = figure("arm64", req="CONF-11")
    in_vpc: bool = figure(True, req="NET-10")
    provisioned_concurrency_critical: int = figure(5, req="AGENT-22", ge=0, le=100)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = figure("INFO", req="OBS-01")


class Planner(Section):
    """The orchestrating function."""

    memory_mb: int = figure(10240, req="AGENT-03", unit="MB", ge=512, le=10240)
    timeout_s: int = figure(900, req="AGENT-03", unit="s", ge=660, le=900, description="Twice an agent's, and a margin")
    reserved_concurrency: int | None = figure(100, req="AGENT-03", ge=1, le=900)
    promised_seconds: int = figure(180, req="PERF-02", unit="s", ge=10, le=900, description="What an analysis may take")


class Queue(Section):
    """The analysis queue."""

    visibility_seconds: int = figure(5400, req="AGENT-01", unit="s", ge=60, le=43200)
    max_receives: int = figure(3, req="AGENT-01", ge=1, le=10)
    running_limit_seconds: int = figure(960, req="AGENT-05", unit="s", ge=60)
    pending_limit_seconds: int = figure(300, req="AGENT-05", unit="s", ge=60)


ModelRole = Literal["large", "small"]


class AgentRoles(Section):
    """Which model an agent asks first; one that asks the large model falls back to the small one."""

    tagger: ModelRole = figure("small", req="LLM-04")
    reporter: ModelRole = figure("large", req="LLM-04")
    charter: ModelRole = figure("large", req="LLM-04")
    retirement: ModelRole = figure("large", req="LLM-04")


class Agents(Section):
    """The specialists."""

    memory_mb: int = figure(1024, req="AGENT-06", unit="MB", ge=256, le=10240)
    timeout_s: int = figure(300, req="AGENT-06", unit="s", ge=10, le=300)
    retry_attempts: int = figure(3, req="AGENT-12", ge=1, le=10)
    max_turns: int = figure(10, req="AGENT-08", ge=1, le=50)
    monte_carlo_paths: int = figure(10000, req="AGENT-09", ge=500, le=100000)
    job_budget_usd: float = figure(
        2.0, req="COST-05", unit="USD", gt=0, le=100, description="What a job's model calls may cost, worst case"
    )
    roles: AgentRoles = Field(default_factory=AgentRoles)


class Guardrails(Section):
    """Limits on what a model says, and what judges it."""

    max_response_chars: int = figure(50000, req="GUARD-04", unit="characters", ge=1000, le=200000)
    check_output: bool = figure(True, req="GUARD-06", description="The managed guardrail judges every answer too")
    usd_per_1000_units: float = figure(
        0.15, req="GUARD-06", unit="USD", ge=0, le=10, description="Of 1,000 text units, the dearest policy's price"
    )


class HumanApproval(Section):
    """When a person must approve."""

    approval_threshold_usd: int = figure(1_000_000, req="HITL-01", unit="USD", ge=1, description="Strictly more waits")
    approval_basis: Literal["trade_value", "portfolio_value"] = figure("trade_value", req="HITL-01")
    risk_score_above: int = figure(7, req="HITL-02", ge=1, le=10, description="Strictly more is escalated")
    least_confidence: float = figure(0.80, req="HITL-03", ge=0, le=1, description="Strictly less goes to an expert")
    business_days: int = figure(1, req="HITL-01", unit="NYSE trading days", ge=1, le=10)
    expires_seconds: int | None = figure(
        None, req="HITL-01", unit="s", ge=1, description="A fixed time in place of business days, for rehearsals"
    )
    expiry_warning_seconds: int = figure(7200, req="HITL-01", unit="s", ge=300, le=86400)
    escalation_age_seconds: int = figure(86400, req="HITL-02", unit="s", ge=300)
    reviewers_email: str | None = figure(None, req="HITL-01", pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


class LargeModel(Section):
    """The model of the large role; prices are data, in USD per million tokens (LLM-04)."""

    model_id: str = figure("us.anthropic.claude-sonnet-5-5", req="LLM-01", pattern=r"^[a-z0-9.:_-]+$")
    regions: tuple[str, ...] = figure(("us-east-1", "us-east-2", "us-west-2"), req="LLM-01", min_length=1)
    tool_choice: Literal["auto", "forced"] = figure(
        "auto", req="LLM-01", description="Claude's 5.5 generation refuses a forced tool; older models obey it best"
    )
    streaming: bool = figure(True, req="LLM-07", description="Read answers as they are made: bounded, with a latency")
    max_tokens: int = figure(16000, req="GUARD-04", unit="tokens", ge=256, le=128000, description="Thoughts and answer")
    max_request_bytes: int = figure(400_000, req="GUARD-04", unit="bytes", ge=10_000)
    max_answer_bytes: int = figure(1_000_000, req="GUARD-04", unit="bytes", ge=10_000)
    requests_per_minute: int = figure(200, req="LLM-03", unit="requests/min", ge=1, description="The account's quota")
    tokens_per_minute: int = figure(200_000, req="LLM-03", unit="tokens/min", ge=1, description="The account's quota")
    input_usd_per_mtok: float = figure(2.0, req="LLM-04", unit="USD/1M tokens", ge=0)
    output_usd_per_mtok: float = figure(10.0, req="LLM-04", unit="USD/1M tokens", ge=0)


class SmallModel(LargeModel):
    """The model of the small role. Above 100,000 tokens its price is five times as high: no request is that long."""

    model_id: str = figure("us.anthropic.claude-haiku-5-5", req="LLM-01", pattern=r"^[a-z0-9.:_-]+$")
    max_request_bytes: int = figure(95_000, req="LLM-04", unit="bytes", ge=10_000)
    input_usd_per_mtok: float = figure(0.1, req="LLM-04", unit="USD/1M tokens", ge=0)
    output_usd_per_mtok: float = figure(0.5, req="LLM-04", unit="USD/1M tokens", ge=0)


class Models(Section):
    """The models by role; ``simulated`` where the local analyst answers, whose costs nobody pays."""

    large: LargeModel = Field(default_factory=LargeModel)
    small: SmallModel = Field(default_factory=SmallModel)
    simulated: bool = figure(False, req="LLM-01")


class Breaker(Section):
    """When calls of a model are stopped for a while."""

    window_seconds: float = figure(60, req="LLM-07", unit="s", ge=6)
    error_pct: float = figure(5, req="LLM-07", unit="%", gt=0, lt=100)
    latency_seconds: float = figure(10, req="LLM-07", unit="s", gt=0, description="To the first word, on average")
    min_calls: int = figure(20, req="LLM-07", unit="calls", ge=1)
    open_seconds: float = figure(30, req="LLM-07", unit="s", ge=1)


class Api(Section):
    """The REST API."""

    rate_per_second: int = figure(10000, req="API-02", unit="requests/s", ge=1)
    burst: int = figure(5000, req="API-02", unit="requests", ge=1)
    user_rate_per_second: float = figure(10, req="API-03", unit="requests/s", gt=0)
    user_burst: int = figure(200, req="API-03", unit="requests", ge=1)
    cache_ttl_seconds: int = figure(300, req="API-05", unit="s", ge=0, le=3600)
    max_body_bytes: int = figure(262144, req="API-06", unit="bytes", ge=1024, le=6_000_000)
    allowed_origin: Url = figure("https://app.alex.example", req="API-12")
    scenario_paths: int = figure(500, req="AGENT-09", unit="paths", ge=100, le=2000)
    test_data: bool = figure(False, req="DATA-18", description="Users may load and remove test accounts")


class Validation(Section):
    """Input patterns."""

    symbol_pattern: Literal["^[A-Z]{1,10}$", "^[A-Z]{1,10}([.-][A-Z]{1,2})?$"] = figure("^[A-Z]{1,10}$", req="SEC-18")


ISSUERS_BYTES = 2500
"""What the trusted issuers may fill of a function's environment, which holds 4 KB."""

Role = Literal["investor", "advisor", "senior_advisor", "compliance", "operator", "data_scientist"]
"""What somebody may be here besides owner or adviser of a record; the first two allow nothing by themselves."""


class Issuer(Section):
    """A trusted OIDC issuer; ``audience_claim`` differs: Cognito client_id, Clerk azp, Okta aud.

    ``roles`` maps the firm's own groups, as ``role_claim`` lists them, to our roles; any other group gives nothing.
    ``user_prefix`` goes before the users' ids, so that two issuers' users are never taken for each other.
    """

    issuer: Url
    jwks_url: Url
    audience: str = Field(min_length=1)
    audience_claim: Literal["aud", "client_id", "azp", "cid"] = "aud"
    user_claim: Literal["sub", "uid"] = "sub"
    user_prefix: str = Field(default="", pattern=r"^([a-z0-9-]{1,20}:)?$")
    role_claim: str = Field(default="groups", min_length=1, max_length=100)
    roles: dict[Annotated[str, StringConstraints(min_length=1, max_length=256)], Role] = Field(default_factory=dict)


class Auth(Section):
    """Who may sign in. Cognito is always deployed and trusted; further issuers are added here."""

    provider: Literal["cognito", "cognito+okta-federation"] = figure(
        "cognito+okta-federation", req="AUTH-05", system="SYS-61"
    )
    mfa: Literal["optional", "required"] = figure("required", req="AUTH-05")
    threat_protection: bool = figure(
        True, req="AUTH-05", description="Cognito's Plus plan: notices guessed and leaked passwords; billed by user"
    )
    social_login: bool = figure(False, req="AUTH-05", system="SYS-41")
    access_token_seconds: int = figure(
        3600, req="AUTH-03", unit="s", ge=300, le=86400, description="Longer tokens are refused, whoever issued them"
    )
    trusted_issuers: tuple[Issuer, ...] = figure((), req="AUTH-05")

    @field_validator("trusted_issuers")
    @classmethod
    def _issuers_are_told_apart(cls, issuers: tuple[Issuer, ...]) -> tuple[Issuer, ...]:
        """Refuse what would leave open whose rules count for a token, and what no function could be told."""
        names = [issuer.issuer for issuer in issuers]
        prefixes = [issuer.user_prefix for issuer in issuers if issuer.user_prefix]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{name} is named twice: give an issuer one entry")
        for prefix in sorted({prefix for prefix in prefixes if prefixes.count(prefix) > 1}):
            raise ValueError(f"user_prefix {prefix!r} is used twice: two issuers' users would be taken for each other")
        size = sum(len(issuer.model_dump_json().encode()) for issuer in issuers)
        if size > ISSUERS_BYTES:
            raise ValueError(f"fills {size} bytes, at most {ISSUERS_BYTES} fit a function: map fewer groups")
        return issuers


class Prices(Section):
    """The price provider; its key is the secret that an operator sets after the first deployment."""

    api_url: Url = figure("https://api.polygon.io", req="INT-04")
    valuation_date: date | None = figure(None, req="INT-04", description="Fixed day for recorded prices; None: today")
    ageing_trading_days: int = figure(1, req="WEB-05", unit="trading days", ge=0, le=30, description="Older is amber")
    stale_trading_days: int = figure(2, req="WEB-05", unit="trading days", ge=1, le=30, description="Older is red")
    jump_factor: float = figure(
        5, req="INT-04", unit="times", gt=1, le=100, description="A close that far from a fresh one is not believed"
    )


class Tracing(Section):
    """Request and model tracing: the share of jobs and requests, and how much of prompts and answers leaves."""

    sample_rate: float = figure(0.1, req="OBS-18", ge=0, le=1)
    llm_content: Literal["full", "redacted", "hash"] = figure("redacted", req="OBS-23")


class Langfuse(Section):
    """Where model traces go, once an operator has set the keys; a self-hosted server is not part of these stacks."""

    mode: Literal["cloud", "self_hosted"] = figure("self_hosted", req="OBS-20")
    host: Url = figure("https://langfuse.alex.example", req="OBS-20")
