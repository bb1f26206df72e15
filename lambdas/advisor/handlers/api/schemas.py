"""What the API takes (`answers` has what it gives); both are the contract, the OpenAPI document is generated from them.

Decisions: unknown fields are refused; a change names only the fields to change, and null is never a value; texts have
no control characters; money and quantities are exact numbers with the database's digits. Money is USD,
``cash_interest`` a fraction a year, percentages 0 to 100, times UTC.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from advisor.domain.models import AssetClassAllocation, RegionAllocation
from advisor.domain.vocabulary import AccountType

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _readable(text: str) -> str:
    """Refuse what PostgreSQL cannot store or a reader cannot see."""
    if _CONTROL.search(text):
        raise ValueError("Control characters are not allowed")
    return text


def _symbol(symbol: str, info: ValidationInfo) -> str:
    """The environment decides the pattern (SEC-18)."""
    pattern: str = (info.context or {})["symbol_pattern"]
    if not re.fullmatch(pattern, symbol):
        raise ValueError("Invalid symbol format")
    return symbol


def _number(value: Any) -> Any:
    """Numbers only: a text that looks like one, or true for 1, is the client's fault and must not be guessed at."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("Input should be a number")
    return value


def _numbers(parts: Any) -> Any:
    """The same for each part of an allocation."""
    if isinstance(parts, dict):
        for part in parts.values():
            _number(part)
    return parts


Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Number = BeforeValidator(_number)
Numbers = BeforeValidator(_numbers)
ClassShares = Annotated[AssetClassAllocation, Numbers]
RegionShares = Annotated[RegionAllocation, Numbers]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_readable)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_readable)]
Symbol = Annotated[
    str,
    Field(min_length=1, max_length=20, description="Ticker in capital letters, like VTI"),
    AfterValidator(_symbol),
]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2), Number]
Interest = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4, description="Fraction a year: 0.045 is 4.5%"), Number]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=20, decimal_places=8), Number]


class Request(BaseModel):
    """A body: unknown fields are refused, texts are trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, hide_input_in_errors=True)


def partial(least: int, *keep: str) -> Callable[[dict[str, Any]], None]:
    """For bodies whose absent fields are not their defaults: the document states none but ``keep``, and how many
    fields there must be.
    """

    def without_defaults(schema: dict[str, Any]) -> None:
        for name, field in schema.get("properties", {}).items():
            if name not in keep:
                field.pop("default", None)
        if least:
            schema["minProperties"] = least

    return without_defaults


class Change(Request):
    """Some fields of a record; at least one. The defaults below are never used (see ``changes``)."""

    model_config = ConfigDict(json_schema_extra=partial(1))

    @model_validator(mode="after")
    def _something(self) -> "Change":
        if not self.model_fields_set:
            raise ValueError(f"Name at least one field to change: {', '.join(type(self).model_fields)}")
        return self

    def changes(self) -> dict[str, Any]:
        """The named fields."""
        return self.model_dump(exclude_unset=True)


class ProfileChange(Change):
    """PUT /api/user."""

    display_name: Name = ""
    years_until_retirement: Whole = Field(default=0, ge=0, le=100)
    target_retirement_income: Money = Decimal(0)
    current_age: Whole = Field(default=0, ge=0, le=130)
    annual_contribution: Money = Decimal(0)
    asset_class_targets: ClassShares = {}
    region_targets: RegionShares = {}
    retirement_goals: Text = ""


class AdviserChoice(Request):
    """PUT /api/user/advisor: a user's id, or null for nobody."""

    advisor_id: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_readable)] | None


class AccountCreation(Request):
    """POST /api/accounts."""

    account_name: Name
    account_type: AccountType = AccountType.OTHER
    account_purpose: Text = ""
    cash_balance: Money = Decimal(0)
    cash_interest: Interest = Decimal(0)


class AccountChange(Change):
    """PUT /api/accounts/{account_id}."""

    account_name: Name = ""
    account_type: AccountType = AccountType.OTHER
    account_purpose: Text = ""
    cash_balance: Money = Decimal(0)
    cash_interest: Interest = Decimal(0)


class PositionCreation(Request):
    """POST /api/positions: what the account holds of the symbol from now on."""

    account_id: UUID
    symbol: Symbol
    quantity: Quantity


class PositionChange(Request):
    """PUT /api/positions/{position_id}."""

    quantity: Quantity


class TestDataRequest(Request):
    """POST /api/populate-test-data: nothing to choose."""


class AnalysisOptions(Request):
    """What the analysis shall look at besides the portfolio."""

    include_research: Flag = False
    question: Text = ""


class AnalysisRequest(Request):
    """POST /api/analyze."""

    analysis_type: Literal["portfolio"] = "portfolio"
    options: AnalysisOptions = AnalysisOptions()
