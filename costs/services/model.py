"""Prices of the models, which are settings: they change with the model (LLM-04)."""

from datetime import date
from math import inf

from costs.prices import Price
from settings import Settings

PAGE = "https://aws.amazon.com/bedrock/pricing/"
CHECKED = date(2026, 11, 21)


def prices(settings: Settings) -> dict[str, Price]:
    """The models' tokens by role, and the guardrail's text units; nobody looked them up here."""
    models = settings.models
    found = {
        "large_input": ("token", models.large.input_usd_per_mtok / 1e6),
        "large_output": ("token", models.large.output_usd_per_mtok / 1e6),
        "small_input": ("token", models.small.input_usd_per_mtok / 1e6),
        "small_output": ("token", models.small.output_usd_per_mtok / 1e6),
        "guardrail": ("text unit", settings.guardrails.usd_per_1000_units / 1000),
    }
    return {
        f"bedrock.{name}": Price(
            key=f"bedrock.{name}",
            service="Bedrock",
            unit=unit,
            tiers=((inf, usd),),
            free=0,
            page=PAGE,
            checked=CHECKED,
            confirmed=False,
        )
        for name, (unit, usd) in found.items()
    }
