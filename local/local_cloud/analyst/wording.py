"""Figures as texts: dollars, percentages and words, printed exactly as the data gives them or rounded for reading."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

LABEL = "This text was worded by a simulated analyst that follows fixed rules; no language model was asked."

_PLACES = {
    "north_america": "North America", "latin_america": "Latin America", "middle_east": "the Middle East",
    "europe": "Europe", "asia": "Asia", "africa": "Africa", "oceania": "Oceania",
}  # fmt: skip


def usd(value: Any) -> str:
    """``$1,234.50``; a negative amount as ``-$5.00``."""
    amount = Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def percent(value: Any) -> str:
    """``12.34%`` with the digits of the data."""
    return f"{value}%"


def about(value: Any) -> str:
    """``12.35%``: two digits are enough for what is itself an assumption."""
    return f"{Decimal(str(value)).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}%"


def counted(number: int, noun: str) -> str:
    """``1 account``, ``3 accounts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def words(key: str) -> str:
    """``fixed_income`` as a reader writes it: fixed income; continents keep their capitals."""
    return _PLACES.get(key, key.replace("_", " "))


def first_upper(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def listed(items: Iterable[str]) -> str:
    """``a, b and c``."""
    parts = list(items)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "none"
