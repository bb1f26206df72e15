"""How an analysis comes to its confidence, term by term, so that a reader can add it up (domain 9.4, WEB-05).

    1 - share of the positions without a price
      - 0.5 x share of the value that stands on an old or doubtful price
      - 0.5 x share of the value without an allocation somebody stands for
      - 0.1 x agents replaced by a fallback,      never below 0, then times the judge's score where there is one

Each term is rounded to 4 places before the sum, so that the printed points add up to the printed confidence exactly.
The value of a position without a price is unknown, so that term counts positions; the others are shares of the total.
A datum that gets worse (an older price, a lost allocation, another fallback, a lost price of a sound holding) never
raises the result.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisor.domain.money import ZERO, as_decimal, over

ONE = Decimal(1)
PLACES = Decimal("0.0001")
WEIGHTS = {
    "missing_prices": ONE,
    "old_prices": Decimal("0.5"),
    "allocations": Decimal("0.5"),
    "fallbacks": Decimal("0.1"),
}


@dataclass(frozen=True)
class Term:
    """One step: ``share`` (0 to 1, or a count of fallbacks) times ``weight`` gives ``points``, signed, 4 places."""

    name: str
    points: Decimal
    text: str
    share: Decimal | None = None
    weight: Decimal | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the quality payload."""
        return {
            "term": self.name,
            "share": None if self.share is None else float(self.share.quantize(PLACES)),
            "weight": None if self.weight is None else float(self.weight),
            "points": float(self.points),
            "text": self.text,
        }


def derive(
    *,
    positions: int,
    unpriced: int,
    old: Decimal,
    unclassified: Decimal,
    fallbacks: int,
    stale_after: int,
    judge: float | None = None,
) -> tuple[Term, ...]:
    """The terms, whose points add up to the confidence; ``old`` and ``unclassified`` are shares of the value (0 to 1).

    Every rule is listed, also where it costs nothing: a reader sees what was looked at.
    """
    missing = over(Decimal(unpriced), Decimal(positions)) if positions else ZERO
    terms = [
        Term("start", ONE, "Complete, fresh and classified data count 1.00."),
        _minus("missing_prices", missing, f"{_counted(unpriced, positions)}; what they are worth is in no total."),
        _minus(
            "old_prices",
            old,
            f"{_percent(old)} of the value stands on doubtful prices or on ones older than {stale_after} trading days.",
        ),
        _minus(
            "allocations",
            unclassified,
            f"{_percent(unclassified)} of the value has no classification that anybody stands for.",
        ),
        _minus("fallbacks", Decimal(fallbacks), _replaced(fallbacks)),
    ]
    so_far = confidence_of(terms)
    if so_far < 0:
        terms.append(Term("floor", -so_far, "The confidence never falls below 0."))
        so_far = ZERO
    if judge is not None:
        score = as_decimal(judge)
        terms.append(
            Term(
                "judge",
                (so_far * score).quantize(PLACES) - so_far,
                f"The reviewing model's score of {score:.2f} multiplies the rest.",
                score,
            )
        )
    return tuple(terms)


def confidence_of(terms: Iterable[Term]) -> Decimal:
    """The sum of the points, 4 places."""
    return sum((term.points for term in terms), ZERO).quantize(PLACES)


def _minus(name: str, share: Decimal, text: str) -> Term:
    weight = WEIGHTS[name]
    # A zero would print as -0.0: subtract from zero instead of negating.
    return Term(name, ZERO - (weight * share).quantize(PLACES), text, share, weight)


def _counted(unpriced: int, positions: int) -> str:
    return f"{unpriced} of {positions} position{'' if positions == 1 else 's'} without a price"


def _replaced(fallbacks: int) -> str:
    if not fallbacks:
        return "No agent was replaced by a fallback."
    return f"{fallbacks} agent{' was' if fallbacks == 1 else 's were'} replaced by a fallback."


def _percent(share: Decimal) -> str:
    return f"{100 * share:.2f}%"
