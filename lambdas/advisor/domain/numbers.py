"""Are the figures in a text the calculated ones? (GUARD-11, B.4)

Money and percentages are taken from the text with the precision they are printed with. A figure is right when it lies
within half a unit of its last printed digit plus 0.01% of a calculated fact of the same unit. Where the sentence
names facts by their labels, one of exactly those must match; otherwise any fact may. A fact without a label is a
constant (a rate of the assumptions, a limit) that any sentence may state. Numbers in words, both ends of a range, basis
points and percentage points are read; another currency is always wrong, since every fact is in US dollars. Years and
bare counts are not judged: they appear in dates, lists and names.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from advisor.domain.number_words import with_digits

Unit = Literal["usd", "percent"]
TOLERANCE = Decimal("0.0001")
_TINY = Decimal("1e-9")
_SCALES = {"": 0, "k": 3, "thousand": 3, "m": 6, "million": 6, "bn": 9, "b": 9, "billion": 9, "trillion": 12}
_LARGEST_ROUNDING = Decimal("0.05")
"""Of an amount in thousands or more: "$1M" must not stand for $600,000."""

_AMOUNT = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"k|thousand|million|billion|trillion|bn|m|b"
_FIGURE = re.compile(
    r"(?P<sign>[-+\u2212](?=[\s$]?[\d$]))?(?:(?:(?:USD|US)\s?(?=\$|\d)\$?|\$)\s?"
    + _AMOUNT.format("usd")
    + rf"(?:[\s-]?(?P<scale>{_SCALE})\b)?|"
    + _AMOUNT.format("plain")
    + rf"(?:[\s-]?(?P<plainscale>{_SCALE})\b)?"
    + r"\s?(?P<unit>%|percent\b|per cent\b|percentage points?\b|pp\b|basis points?\b|bps?\b|(?:US )?dollars?\b|"
    r"USD\b|bucks\b))",
    re.I,
)
_RANGE = re.compile(
    r"(?<![\w.,])(\d+(?:\.\d+)?)(?=\s?(?:-|\u2013|to|and)\s?\d+(?:\.\d+)?\s?(%|percent\b|"
    r"dollars\b))",
    re.I,
)
_FOREIGN = re.compile(
    r"(?:[\u20ac\u00a3\u00a5\u20b9]\s?\d[\d.,]*|\b(?:EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY)\s?\d[\d.,]*|"
    r"\b\d[\d.,]*\s?(?:[\u20ac\u00a3\u00a5\u20b9]|(?:EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY|euros?|pounds sterling|yen|"
    r"francs)\b))",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True)
class Fact:
    """A calculated figure in USD or percent (0 to 100); ``label`` is how texts name it, empty for a constant."""

    label: str
    value: Decimal
    unit: Unit


@dataclass(frozen=True)
class Figure:
    """A figure as printed: ``half_unit`` is half a unit of the last printed digit."""

    printed: str
    value: Decimal
    half_unit: Decimal
    unit: Unit
    signed: bool


@dataclass(frozen=True)
class NumberReport:
    """How many figures were checked, and what is wrong with which."""

    checked: int
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """No figure is wrong or unknown."""
        return not self.faults


def _unit(word: str | None) -> tuple[Unit, int]:
    """Unit and power of ten of a word behind a number: basis points are hundredths of a percent."""
    plain = (word or "").lower()
    if plain.startswith(("basis", "bp")):
        return "percent", -2
    return ("percent" if plain.startswith(("%", "p")) else "usd"), 0


def figures(text: str) -> Iterator[Figure]:
    """Money and percentages of a sentence, in order; both ends of a range; numbers in words as if in digits."""
    sentence = with_digits(unicodedata.normalize("NFKC", text))
    sentence = _RANGE.sub(lambda match: f"{match[1]}{match[2]}", sentence)
    for match in _FIGURE.finditer(sentence):
        digits = (match["usd"] or match["plain"]).replace(",", "")
        unit, power = _unit(None if match["usd"] else match["unit"])
        scale = _SCALES[(match["scale"] or match["plainscale"] or "").lower()] + power
        exponent = int(Decimal(digits).as_tuple().exponent)
        half = Decimal(5).scaleb(exponent - 1 + scale)
        # "5-10%" is a range: its dash joins two figures and is no sign.
        before = sentence[match.start() - 1] if match.start() else " "
        signed = bool(match["sign"]) and not (before.isalnum() or before in "%$")
        value = Decimal(digits).scaleb(scale)
        if unit == "usd" and scale:
            half = min(half, value * _LARGEST_ROUNDING)
        yield Figure(match.group().strip(), -value if signed and match["sign"] != "+" else value, half, unit, signed)


def agrees(figure: Figure, fact: Fact) -> bool:
    """Equal but for the printed rounding and 0.01%; a figure without a sign may word a negative fact as an amount."""
    if figure.unit != fact.unit:
        return False
    right = fact.value if figure.signed or fact.value >= 0 else -fact.value
    beyond = max(abs(figure.value - right) - figure.half_unit, Decimal(0))
    return beyond / max(abs(right), _TINY) <= TOLERANCE


def _names(sentence: str, label: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label.lower())}(?!\w)", sentence) is not None


def check_numbers(text: str, facts: Sequence[Fact]) -> NumberReport:
    """Compare every money amount and percentage of ``text`` with the facts, sentence by sentence."""
    constants = [fact for fact in facts if not fact.label]
    checked = 0
    faults: list[str] = []
    for sentence in _SENTENCE.split(text):
        lower = sentence.lower()
        found = list(figures(sentence))
        faults += [f"{match.group().strip()} is not in US dollars" for match in _FOREIGN.finditer(sentence)]
        named = [fact for fact in facts if fact.label and _names(lower, fact.label)] if found else []
        for figure in found:
            checked += 1
            same_unit = [fact for fact in named if fact.unit == figure.unit]
            allowed = [*same_unit, *constants] if same_unit else facts
            if any(agrees(figure, fact) for fact in allowed):
                continue
            if same_unit:
                expected = " or ".join(f"{fact.label} {fact.value.normalize():f}" for fact in same_unit[:3])
                faults.append(f"{figure.printed} does not agree with {expected}")
            else:
                faults.append(f"{figure.printed} is not among the calculated figures")
    return NumberReport(checked, tuple(dict.fromkeys(faults)))
