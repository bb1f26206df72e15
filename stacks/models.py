"""Which models an agent may ask, under which guardrail and limits, from the settings (LLM-01, LLM-04, LLM-07)."""

from constructs import Construct

from hardened.bedrock import Guardrail, Model
from settings import Settings

REFUSAL = "This request is outside what Alex may advise on."
# Outside the authorised scope (GUARD-06): allocation and retirement advice is the product and is not denied.
DENIED_TOPICS = {
    "Derivatives-and-leverage": "Strategies with options, futures, contracts for difference, margin loans or other "
    "leverage, or instructions how to trade them.",
    "Tax-and-legal-advice": "Advice on a person's own tax return, tax avoidance, or legal rights and disputes.",
    "Guaranteed-returns": "Promising or guaranteeing a return, a price, or that an investment cannot lose money.",
    "Product-promotion": "Promoting a specific provider's product, token offering or subscription for its own sake.",
}


def make_guardrail(scope: Construct, settings: Settings) -> Guardrail:
    """The one guardrail of an environment, the same for all models."""
    return Guardrail(scope, "Guardrail", name=f"alex-{settings.name}", denied_topics=DENIED_TOPICS, refusal=REFUSAL)


def models_of(settings: Settings, guardrail: Guardrail, *, agent: str) -> tuple[Model, ...]:
    """What an agent may ask: its role's model, and behind the large one the small one that stands in for it."""
    models, roles = settings.models, settings.agents.roles
    role = {
        "tagger": roles.tagger,
        "reporter": roles.reporter,
        "charter": roles.charter,
        "retirement": roles.retirement,
    }[agent]
    return tuple(
        Model(
            model_id=model.model_id,
            regions=model.regions,
            guardrail=guardrail,
            tool_choice=model.tool_choice,
            streaming=model.streaming,
            limits={
                "max_tokens": model.max_tokens,
                "max_request_bytes": model.max_request_bytes,
                "max_answer_bytes": model.max_answer_bytes,
            },
            input_usd_per_mtok=model.input_usd_per_mtok,
            output_usd_per_mtok=model.output_usd_per_mtok,
        )
        for model in ((models.large, models.small) if role == "large" else (models.small,))
    )


def limits_of(settings: Settings) -> dict[str, str]:
    """The limits of all agents as environment variables."""
    agents, breaker = settings.agents, settings.breaker
    return {
        "RETRY_ATTEMPTS": str(agents.retry_attempts),
        "MAX_TURNS": str(agents.max_turns),
        "MAX_RESPONSE_CHARS": str(settings.guardrails.max_response_chars),
        "CHECK_OUTPUT": str(settings.guardrails.check_output).lower(),
        "GUARDRAIL_USD_PER_1000_UNITS": str(settings.guardrails.usd_per_1000_units),
        "JOB_BUDGET_USD": str(agents.job_budget_usd),
        "BREAKER_WINDOW_SECONDS": str(breaker.window_seconds),
        "BREAKER_ERROR_PCT": str(breaker.error_pct),
        "BREAKER_LATENCY_SECONDS": str(breaker.latency_seconds),
        "BREAKER_MIN_CALLS": str(breaker.min_calls),
        "BREAKER_OPEN_SECONDS": str(breaker.open_seconds),
    }
