"""Exact arithmetic on money: engines never round; a figure is rounded once, where it is shown.

A price has 4 decimals and a quantity 8, so a product needs more digits than Decimal's default 28 for large holdings:
every product and quotient here is taken in a context of 60 digits.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


def times(left: Decimal, right: Decimal) -> Decimal:
    """Exact product."""
    return EXACT.multiply(left, right)


def over(left: Decimal, right: Decimal) -> Decimal:
    """Quotient to 60 digits; ``right`` must not be 0."""
    return EXACT.divide(left, right)


def total(values: Iterable[Decimal]) -> Decimal:
    """Exact sum, 0 for nothing."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """``part`` of ``whole`` in percent; 0 when there is no whole."""
    return over(times(part, HUNDRED), whole) if whole else ZERO


def as_decimal(value: float | Decimal) -> Decimal:
    """The decimal that a float prints as (33.3 is 33.3, not its binary neighbour)."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def cents(value: Decimal) -> Decimal:
    """USD with 2 places, half up."""
    return rounded(value, 2)


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up at ``places`` decimals; never a negative zero."""
    result = value.quantize(Decimal(1).scaleb(-places), context=EXACT)
    return result if result else abs(result)


def down(value: Decimal, places: int) -> Decimal:
    """Towards zero at ``places`` decimals: what may be bought or sold at most."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN, context=EXACT)


def text(value: Decimal, places: int = 2) -> str:
    """The rounded figure as a plain string, for the facts a model reads and for reports."""
    return format(rounded(value, places), "f")


def number(value: Decimal, places: int = 2) -> float:
    """The rounded figure as a JSON number, for payloads that charts draw."""
    return float(rounded(value, places))


def usd(value: Decimal) -> str:
    """Whole dollars for prose: $1,234 (half up; -$5 for a negative)."""
    whole = value.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return f"{'-' if whole < 0 else ''}${abs(whole):,}"
