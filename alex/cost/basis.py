"""What an estimate rests on, and what it is compared with."""

from dataclasses import dataclass
from typing import Any

from alex.settings_table import said
from costs import INFERENCE, PLATFORM, Estimate
from costs.month import DAYS
from settings import Settings

BASIS = (
    "public prices on demand in USD, before tax, support, discounts and Savings Plans",
    "as if alone in its account: tiers and shares of an allowance are not split with other environments",
    "standing allowances are deducted only where usage.free_allowances says that nobody else uses them; trials never",
    "the database does not scale beyond usage.database_acu, and no reader is added",
    "storage is priced as it is written: moves to Glacier and Intelligent-Tiering would only make it cheaper",
    "keys are in their first year: each of the first two rotations adds one dollar a month",
    "tokens are those of the simulated analyst; a model that thinks aloud, or is asked again, uses more",
    "what is switched on by hand is in no template and so not here",
)


@dataclass(frozen=True)
class Budget:
    """What is expected against what may be spent in the same time."""

    purpose: str
    every: str
    expected: float
    limit: float

    @property
    def over(self) -> bool:
        """More is expected than may be spent."""
        return self.expected > self.limit


def budgets(made: Estimate, settings: Settings) -> tuple[Budget, Budget]:
    """The environment's two budgets."""
    cost = settings.cost
    return (
        Budget(PLATFORM, "month", made.total(PLATFORM), cost.monthly_budget_usd),
        Budget(INFERENCE, "day", made.total(INFERENCE) / DAYS, cost.inference_daily_usd),
    )


def assumptions(settings: Settings) -> list[tuple[str, str, str]]:
    """(setting, value with its unit, what it means) of the usage profile."""
    rows = []
    for name, field in type(settings.usage).model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = getattr(settings.usage, name)
        shown = (
            ", ".join(f"{key} {_short(part)}" for key, part in value.items())
            if isinstance(value, dict)
            else said(value)
        )
        rows.append((f"usage.{name}", f"{shown} {extra.get('unit') or ''}".strip(), field.description or ""))
    return rows


def _short(part: Any) -> str:
    values = part.model_dump()
    if "per" in values:
        return f"{values['times']:g}/{values['per']} x {values['seconds']:g} s"
    return f"{values['tokens_in']} in + {values['tokens_out']} out"
