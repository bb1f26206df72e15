"""Which closes are taken: no wrong bar gets into a total, and no symbol is locked out for ever (INT-04)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from advisor.domain.prices import believed

D = Decimal
ON = date(2022, 12, 28)


def judged(build: Any, close: str, known: str | None, *, as_of: date = ON, of: date | None = date(2022, 12, 27)) -> Any:
    """Whether a close is ``taken``, ``refused`` or ``ignored`` for an instrument with that known price."""
    held = {"A": build.instrument("A", known, as_of=of)}
    taken, refused = believed({"A": (D(close), as_of)}, held, on=ON, stale_after=2)
    return "taken" if taken else "refused" if refused else "ignored"


@pytest.mark.parametrize(
    ("close", "known", "verdict"),
    [
        ("101", "100", "taken"),
        ("500", "100", "taken"),  # exactly the limit
        ("500.0001", "100", "refused"),
        ("20", "100", "taken"),
        ("19.9999", "100", "refused"),
        ("0.0001", None, "taken"),  # nothing to compare with
        ("900000", "0", "taken"),
        ("0", "100", "ignored"),
        ("-5", "100", "ignored"),
    ],
)
def test_a_jump_from_a_fresh_price_is_refused(build: Any, close: str, known: str | None, verdict: str) -> None:
    """INT-04: a decimal point in the wrong place must not become an investor's wealth."""
    assert judged(build, close, known) == verdict


def test_a_jump_is_taken_once_the_known_price_is_stale(build: Any) -> None:
    """INT-04: after a real split the new price is the right one; refusing it for ever would be the greater error."""
    assert judged(build, "1000", "100", of=date(2022, 12, 23)) == "refused"
    assert judged(build, "1000", "100", of=date(2022, 12, 22)) == "taken"
    assert judged(build, "1000", "100", of=None) == "taken"


def test_a_close_of_tomorrow_is_no_close(build: Any) -> None:
    """INT-04: a provider's clock or a test's data must not value a portfolio at a price nobody has seen."""
    assert judged(build, "101", "100", as_of=date(2022, 12, 29)) == "ignored"


def test_the_limit_is_a_setting(build: Any) -> None:
    """INT-04: what counts as absurd differs between a bank's book and a small company's share."""
    held = {"A": build.instrument("A", "100", as_of=ON)}
    assert believed({"A": (D(250), ON)}, held, on=ON, stale_after=2, jump=D(2))[1][0].symbol == "A"
    assert believed({"A": (D(250), ON)}, held, on=ON, stale_after=2, jump=D(3))[1] == ()
