"""Numbers as people read them; one place, so that the terminal and the report print the same figures."""

from decimal import ROUND_HALF_UP, Decimal

Number = float | int | Decimal

_WORDS = {
    "401k": "401(k)",
    "roth_ira": "Roth IRA",
    "traditional_ira": "Traditional IRA",
    "hsa": "HSA",
    "etf": "ETF",
    "reit": "REIT",
    "529": "529 plan",
}


def money(value: Number, *, cents: bool = False) -> str:
    """``$1,234`` or ``$1,234.50``; negative amounts as ``-$5``."""
    exact = Decimal(str(value)).quantize(Decimal("0.01") if cents else Decimal(1), rounding=ROUND_HALF_UP)
    sign = "-" if exact < 0 else ""
    return f"{sign}${abs(exact):,}"


def compact(value: Number) -> str:
    """``$950``, ``$12.5k``, ``$1.2M``, ``$3B``: for axes."""
    amount = float(value)
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    for limit, divisor, suffix in ((999.5e6, 1e9, "B"), (999.5e3, 1e6, "M"), (999.5, 1e3, "k")):
        if amount >= limit:
            scaled = amount / divisor
            digits = f"{scaled:.0f}" if scaled >= 99.5 else f"{scaled:.1f}".removesuffix(".0")
            return f"{sign}${digits}{suffix}"
    return f"{sign}${amount:.0f}"


def percent(value: Number, *, places: int = 1) -> str:
    """``42.0%``; the value is already 0 to 100."""
    return f"{float(value):.{places}f}%"


def points(value: Number) -> str:
    """Signed points of a confidence, 4 places: ``+1.0000``, ``-0.1250``, and ``0.0000`` without a sign."""
    return f"{Decimal(str(value)):+.4f}" if value else "0.0000"


def counted(number: int, noun: str) -> str:
    """``1 year``, ``20 years``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def quantity(value: Number) -> str:
    """Without trailing zeros: ``12``, ``0.125``."""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def words(key: str) -> str:
    """A vocabulary word for people: ``fixed_income`` -> ``Fixed income``."""
    if key in _WORDS:
        return _WORDS[key]
    text = key.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def size(count: int) -> str:
    """Bytes as ``1.2 GB`` (10^9), ``12.3 MB`` or ``4 kB``."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
