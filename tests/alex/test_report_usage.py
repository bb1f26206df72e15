"""What the models cost, in the report."""

from collections.abc import Callable
from typing import Any

from alex.result import Analysis
from tests.alex.test_report_html import page


def test_the_report_says_what_the_models_cost_and_that_nobody_was_charged(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """COST-05: a simulated cost must not be taken for a bill; an older job, which counted nothing, has no such line."""
    assert "model calls" not in " ".join(page(read(answers))[1].words)
    answers["job"]["summary_payload"]["usage"] = {
        "calls": 3, "tokens_in": 5000, "tokens_out": 2001, "cost_usd": 0.03084, "budget_usd": 2.0, "simulated": True,
    }  # fmt: skip
    words = " ".join(page(read(answers))[1].words)
    assert "3 model calls, 7,001 tokens, $0.0308 of the $2.00" in words
    assert "(simulated: nothing was charged)" in words
