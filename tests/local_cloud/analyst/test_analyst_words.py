"""The simulated analyst speaks as the platform does: its words must not contradict the recommendations beside them."""

import re
from typing import Any

import pytest

from advisor.domain.readiness import AIM, URGENT
from local_cloud.analyst import retirement
from local_cloud.analyst.wording import first_upper, words

NUMBERS = {
    "success_rate": "56.5", "paths": 10_000, "retirement_years": 30, "average_years_lasted": "25.1",
    "median_final_value": "1000.00", "percentile_10": "0.0", "percentile_90": "900000.00",
    "expected_value_at_retirement": "2000000.00", "sustainable_income": "80000.00", "target_income": "60000.00",
    "income_gap": "-20000.00", "current_value": "300000.00", "annual_contribution": "10000.00",
    "years_until_retirement": 1, "mean_return": "6.0", "volatility": "15.0", "inflation": "3.0",
    "weights": {"equity": "100.0"},
}  # fmt: skip


def explained(**changed: Any) -> dict[str, Any]:
    return retirement.answer({"numbers": NUMBERS | changed})


def test_its_limits_are_the_platforms() -> None:
    """A rate that the platform calls low must not be "likely" in the next paragraph, nor the reverse."""
    assert float(retirement.LIKELY) == AIM
    assert float(retirement.UNCERTAIN) == URGENT


@pytest.mark.parametrize(
    ("rate", "word"),
    [
        ("80", "likely to last:"),
        ("79.9", "more likely to last than not, but not certain enough:"),
        ("56.5", "about as likely to fail as to last:"),
        ("39.9", "unlikely to last:"),
    ],
)
def test_the_word_fits_the_rate(rate: str, word: str) -> None:
    """Money that lasts in 56% of all futures is not "unlikely to last"."""
    assert f"The plan is {word}" in explained(success_rate=rate)["assessment"]


def test_average_returns_are_not_offered_as_a_comfort() -> None:
    """A covered target beside even odds needs the sentence that joins them."""
    text = explained()["assessment"]
    assert "which covers the target income" in text
    assert "Real returns vary, and that is what the success rate counts." in text
    assert "In the worst tenth nothing is left" in text
    assert "10,000 simulated futures" in text
    assert re.search(r"(?<![.\d])1 years\b", " ".join(map(str, explained().values()))) is None


def test_places_keep_their_capitals() -> None:
    """``north_america`` is not "North america"."""
    assert [first_upper(words(key)) for key in ("north_america", "europe", "middle_east", "fixed_income")] == [
        "North America",
        "Europe",
        "The Middle East",
        "Fixed income",
    ]
