"""Names that users gave may hold figures ("Brokerage $1,000"): they are names, and must not be judged as figures."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from advisor.domain.models import Portfolio
from advisor.domain.numbers import Fact, figures

NEUTRAL = "(name)"


def given_names(portfolio: Portfolio) -> tuple[str, ...]:
    """Names of accounts and instruments that look as if they stated a figure, longest first."""
    names = {account.account_name for account in portfolio.accounts}
    names |= {instrument.name for instrument in portfolio.instruments.values()}
    return tuple(sorted((name for name in names if any(figures(name))), key=lambda name: (-len(name), name)))


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with each of the names replaced by a neutral word, for the check of figures (GUARD-11)."""
    for name in names:
        text = text.replace(name, NEUTRAL)
    return text


def facts_without_names(facts: Iterable[Fact], names: Sequence[str]) -> list[Fact]:
    """The facts under the same neutral word, so that what a text says of a name is still checked."""
    return [replace(fact, label=without_names(fact.label, names)) for fact in facts]
