"""Are the figures in a text the calculated ones? (GUARD-11, B.4)

Money and percentages are taken from the text with the precision they are printed with. A figure is right when it lies
within half a unit of its last printed digit plus 0.01% of a calculated fact of the same unit. Where the sentence
names facts by their labels, one of exactly those must match; otherwise any fact may. A fact without a label is a
constant (a rate of the assumptions, a limit) that any sentence may state. Years and bare counts are not
judged: they appear in dates, lists and names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Unit = Literal["usd", "percent"]
TOLERANCE = Decimal("0.0001")
_TINY = Decimal("1e-9")
_SCALES = {"": 0, "k": 3, "thousand": 3, "m": 6, "million": 6, "bn": 9, "b": 9, "billion": 9}

_AMOUNT = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_FIGURE = re.compile(
    r"(?P<sign>[-\u2212](?=[\s$]?[\d$]))?(?:\$\s?"
    + _AMOUNT.format("usd")
    + r"(?:\s?(?P<scale>k|thousand|million|billion|bn|m|b)\b)?|"
    + _AMOUNT.format("plain")
    + r"\s?(?P<unit>%|percent\b|USD\b|dollars\b))",
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


def figures(sentence: str) -> Iterator[Figure]:
    """Money and percentages of a sentence, in order."""
    for match in _FIGURE.finditer(sentence):
        digits = (match["usd"] or match["plain"]).replace(",", "")
        scale = _SCALES[(match["scale"] or "").lower()]
        exponent = Decimal(digits).as_tuple().exponent
        half = Decimal(5).scaleb(int(exponent) - 1 + scale)
        unit: Unit = "percent" if match["plain"] and match["unit"].lower() in {"%", "percent"} else "usd"
        # "5-10%" is a range: its dash joins two figures and is no sign.
        joined = bool(match["sign"]) and match.start() > 0 and sentence[match.start() - 1].isalnum()
        signed = bool(match["sign"]) and not joined
        value = Decimal(digits).scaleb(scale) * (-1 if signed else 1)
        yield Figure(match.group().strip(), value, half, unit, signed)


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
