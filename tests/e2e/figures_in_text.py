"""Every figure of a text, and whether anything that was calculated stands behind it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.e2e.independent import Sums

_NUMBER = re.compile(r"(?<![\w.-])(?P<usd>\$)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<percent>%)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEADING = re.compile(r"^#+ \d+\. ", re.MULTILINE)
_NAMED = re.compile(r"\b(?:401k|529)\b")


def figures(text: str) -> Iterator[tuple[str, Decimal, Decimal]]:
    """(as printed, value, half a unit of its last digit) of each number that is no date, heading or account's name."""
    for pattern in (_DATE, _HEADING, _NAMED):
        text = pattern.sub(" ", text)
    for match in _NUMBER.finditer(text):
        digits = match["digits"].replace(",", "")
        places = len(digits.partition(".")[2])
        yield match.group(), Decimal(digits), Decimal(5).scaleb(-places - 1)


def values_of(found: Any) -> Iterator[Decimal]:
    """Every number in a payload, those inside its texts included."""
    if isinstance(found, Mapping):
        for value in found.values():
            yield from values_of(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from values_of(value)
    elif isinstance(found, bool) or found is None:
        return
    elif isinstance(found, int | float | Decimal):
        yield abs(Decimal(str(found)))
    elif isinstance(found, str):
        try:
            yield abs(Decimal(found))
        except ArithmeticError:
            yield from (value for _, value, _ in figures(found))


def unexplained(text: str, known: Iterable[Decimal]) -> list[str]:
    """Figures of the text that equal no known value within their printed rounding."""
    values = sorted(set(known))
    return [
        printed
        for printed, value, half in figures(text)
        if not any(abs(value - right) <= half + right * Decimal("0.0000001") for right in values)
    ]


def known_values(sums: Sums, job: Mapping[str, Any]) -> list[Decimal]:
    """Values that a text may state: computed here, or in the job's figures (its texts excepted)."""
    summary, numbers = job["summary_payload"], job["retirement_payload"]["numbers"]
    own: list[Any] = [*sums.by_symbol.values(), *sums.by_account.values(), sums.total, sums.invested, sums.cash]
    own += [100 * value / sums.total for value in (*sums.by_symbol.values(), *sums.by_account.values())]
    for name in ("asset_class", "region", "sector"):
        own += [*sums.dimension(name).values(), *sums.shares(name).values()]
    targets = sums.profile["asset_class_targets"]
    drifts = [sums.shares("asset_class").get(key, Decimal(0)) - Decimal(str(share)) for key, share in targets.items()]
    drifts += [share for key, share in sums.shares("asset_class").items() if key not in targets]
    america = sums.shares("region").get("north_america", Decimal(0))
    own += [abs(drift) for drift in drifts] + [abs(america - 50), 50]
    own += [100 * sum((value for _, value in sums.top), Decimal(0)) / sums.total]
    own += [1 / sums.herfindahl, (sums.mean * 100), sums.volatility * 100, sums.risk_score, 10]
    if sums.volatility > 1e-9:
        own.append(abs(sums.mean - 0.02) / sums.volatility)
    own += [len(sums.wanted.accounts), sums.wanted.positions, len(sums.unpriced)]
    own += [max(sums.top[0][1] - sums.total / 10, Decimal(0))] if sums.top else []  # what is above a tenth
    gap = numbers["income_gap"]
    years = sums.profile["years_until_retirement"]
    if gap > 0 and years:
        own.append(gap / 0.04 / sum((1 + sums.mean) ** year for year in range(years)))
    figures = {key: summary[key] for key in ("allocations", "risk", "rebalancing")}
    trades = summary["rebalancing"]["trades"]
    own += [len(trades), sum(1 for trade in trades if trade["quantity"] is None)]
    limits = [10, 20, 30, 4, 3, 80, 60, 5, 100]  # stated limits and rates: holdings, cash, inflation, aims, the band
    return [*map(abs, values_of([own, figures, numbers, sums.profile, summary["assumptions"], limits]))]
