"""The report of investors who hold little: it must not draw zeros nor call an empty portfolio well balanced."""

from collections.abc import Callable
from typing import Any

from alex import report
from alex.result import Analysis


def test_a_portfolio_of_nothing_is_no_drawing_of_zeros(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """AGENT-09: a new user must not read that an empty portfolio lies within 5 points of its targets."""
    job = answers["job"]
    answers["accounts"] = []
    job["charts_payload"] = None
    job["summary_payload"] |= {"total_value": 0, "cash": 0, "allocations": {}}
    numbers = job["retirement_payload"]["numbers"]
    numbers |= {"success_rate": 0.0, "percentile_10": 0, "median_final_value": 0, "percentile_90": 0}
    text = report.render(read(answers), simulated=True)
    assert "nothing to divide" in text
    assert 'id="rebalancing"' not in text
    assert "None in at least nine of ten futures" in text
    numbers["years_until_retirement"] = 0
    assert "which begins now." in report.render(read(answers), simulated=True)
