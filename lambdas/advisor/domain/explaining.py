"""Why something was decided, in a sentence (XAI-06): no personal data, no prompts, no amounts of money.

Symbols, counts, shares and rules' names say enough to follow a decision; whose it was stays a hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from advisor.domain.vocabulary import counted

MOST_SYMBOLS = 40
"""So many are named; a longer list ends with how many more there are."""

_REVIEWS = {
    "value_over_limit": "the value of the suggested orders is over the limit",
    "risk_over_7": "the risk score is over the limit",
    "confidence_under_80": "the confidence is under the limit",
}
_RULES = (
    ("disclosure missing", "disclosures"),
    ("promises a return", "promised_return"),
    ("recommendation ", "recommendation_parts"),
    ("expected 1 to", "recommendation_count"),
    ("chart ", "chart_schema"),
    ("invalid json", "chart_schema"),
)
_IN_THE_MIDDLE = (("does not agree with", "numbers"), ("is not among the calculated figures", "numbers"))


def rule_names(reasons: Iterable[str]) -> tuple[str, ...]:
    """The guardrails behind the reasons of a review, by name: the reasons themselves quote what was refused."""
    return tuple(dict.fromkeys(map(_rule, reasons)))


def _rule(reason: str) -> str:
    plain = reason.lower()
    starts = (name for start, name in _RULES if plain.startswith(start))
    return next(starts, None) or next((name for part, name in _IN_THE_MIDDLE if part in plain), "content")


def listed(symbols: Sequence[str]) -> str:
    """``ARKK, SOFI``."""
    more = len(symbols) - MOST_SYMBOLS
    return ", ".join(symbols[:MOST_SYMBOLS]) + (f" and {more} more" if more > 0 else "")


def unclassified(symbols: Sequence[str]) -> str:
    """Why the tagger is called."""
    return f"{counted(len(symbols), 'held instrument')} without a classification: {listed(symbols)}"


def priced(found: int, wanted: int, day: date) -> str:
    """What came of asking for prices."""
    return f"The provider gave a close for {found} of {counted(wanted, 'instrument')} as of {day.isoformat()}."


def answered(*, turns: int, reason: str | None, rules: Sequence[str]) -> str:
    """How a model's answer came to be used, or why it was not."""
    objected = f" The guardrails had objected to: {', '.join(rules)}." if rules else ""
    if reason is not None:
        return f"The model's answer could not be used ({reason}); a deterministic one stands in.{objected}"
    tries = "at once" if turns == 1 else f"after {counted(turns, 'turn')}"
    return f"The model's answer passed its schema and the guardrails {tries}.{objected}"


def confidence(quality: Mapping[str, Any]) -> str:
    """How the confidence of a quality payload was derived."""
    lost = [term for term in quality["derivation"] if term["points"] < 0]
    taken = "; ".join(f"{-term['points']:.4f} because {term['text'].rstrip('.')}" for term in lost)
    why = f"1 less {taken}" if taken else "nothing was missing, old or assumed"
    return f"Confidence {quality['confidence']} of 1 ({quality['cue']}): {why}."


def transition(state: str, reason: str) -> str:
    """What became of a review."""
    return f"A review is {state}, which was asked for because {_REVIEWS.get(reason, reason)}."


def reviewed(reasons: Sequence[str]) -> str:
    """Which reviews the advice needs."""
    if not reasons:
        return "No limit was passed: nobody has to review the advice."
    return f"A person must review the advice: {'; '.join(_REVIEWS.get(reason, reason) for reason in reasons)}."
