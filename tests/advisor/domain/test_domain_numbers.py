"""An investor never reads a figure that the engines did not calculate (GUARD-11, B.4)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.numbers import Fact, check_numbers, figures

D = Decimal
FACTS = [
    Fact("total value", D("100000"), "usd"),
    Fact("equity", D("62.025"), "percent"),
    Fact("success rate", D("85.0"), "percent"),
    Fact("gap", D("-5000"), "usd"),
    Fact("median", D("1234567.89"), "usd"),
    Fact("", D("4"), "percent"),
]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("The total value is $100,000.", 0),
        ("The total value is $100,009.00.", 0),
        ("The total value is $100,020.00.", 1),
        ("The total value is $99,980.00.", 1),
        ("The total value is about $100k.", 0),
        ("The total value is about $0.1 million.", 0),
        ("The total value is about $0.2M.", 1),
        ("The median is $1.23 million.", 0),
        ("The median is $1.24 million.", 1),
        ("The median is 1,234,567.89 USD.", 0),
        ("The success rate is 85%.", 0),
        ("The success rate is 62%.", 1),
        ("Equity is 62%, in detail 62.03 %.", 0),
        ("Equity is 62.1 percent.", 1),
        ("Equity is 62.025% and follows the 4% rule.", 0),
        ("Something unrelated is 62%.", 0),
        ("Something invented is 61%.", 1),
        ("A surplus of $5,000 remains.", 0),
        ("The gap is -$5,000.", 0),
        ("The gap is \u2212$5,000.", 0),
        ("The total value is -$100,000.", 1),
        ("In 20 years, on 2022-12-28, with 17 positions.", 0),
        ("The total value is $100,000. The success rate is 84%.", 1),
        ("The total value is one hundred thousand dollars.", 0),
        ("The total value is two million dollars.", 1),
        ("The success rate is eighty-five percent.", 0),
        ("The success rate is ninety percent.", 1),
        ("The success rate is eighty five per cent.", 0),
        ("The total value is half a million dollars.", 1),
        ("The total value is 0.1 million dollars.", 0),
        ("The total value is 1.2 million dollars.", 1),
        ("The total value is USD 100,000.", 0),
        ("The total value is USD 200,000.", 1),
        ("The total value is US$200,000.", 1),
        ("The total value is 200,000 US dollars.", 1),
        ("The total value is 90,000 bucks.", 1),
        ("The total value is €100,000.", 1),
        ("The total value is 100,000 EUR.", 1),
        ("The total value is £100,000, that is $100,000.", 1),
        ("The total value is $1,00,000.", 1),
        ("The total value is $1.000.000.", 1),
        ("The total value is $100.000.", 1),
        ("The total value is $0M.", 1),
        ("The median is $1M.", 1),
        ("The median is $1 trillion.", 1),
        ("The median is \uff04\uff11,\uff12\uff13\uff14,\uff15\uff16\uff18.", 0),
        ("The success rate is 85\uff05.", 0),
        ("The success rate is 95\uff05.", 1),
        ("The success rate is 8,500 basis points.", 0),
        ("The success rate is 9000 bps.", 1),
        ("The success rate is 12 percentage points.", 1),
        ("The success rate is 80-90%.", 2),
        ("The success rate is 85 to 90 percent.", 1),
        ("The gap is +$5,000.", 1),
        ("The total value is 84%.", 1),
        ("The success rate is $85.", 1),
        ("The total value is $100,000 to $120,000.", 1),
    ],
)
def test_figures_in_text_equal_the_calculation(text: str, faults: int) -> None:
    """An investor never reads a figure the engines did not calculate; 0.02% off is caught, 0.009% passes (GUARD-11)."""
    assert len(check_numbers(text, FACTS).faults) == faults


def test_a_wrong_figure_is_named_with_the_right_one() -> None:
    """The regeneration prompt tells the model which figure is wrong and what it should be."""
    (fault,) = check_numbers("Your success rate is 90%.", FACTS).faults
    assert fault == "90% does not agree with success rate 85"


def test_a_label_is_a_whole_word() -> None:
    """'equity' is not found inside 'inequity', so that sentence may state any calculated figure."""
    assert check_numbers("Inequity aside, 85% it is.", FACTS).ok


@given(value=st.decimals(D("0.01"), D("10000000"), places=2), shift=st.sampled_from([D("0.00009"), D("0.0002")]))
def test_tolerance_is_one_hundredth_of_a_percent(value: Decimal, shift: Decimal) -> None:
    """Printed in full cents, 0.009% passes for any amount and 0.02% fails unless the half cent covers it."""
    moved = (value * (1 + shift)).quantize(D("0.01"))
    ok = check_numbers(f"It is ${moved:,}.", [Fact("x", value, "usd")]).ok
    assert ok == (abs(moved - value) - D("0.005") <= value * D("0.0001"))
    if shift < D("0.0001"):
        assert ok


def test_figures_are_read_as_printed() -> None:
    """Sign, scale, unit and precision of each figure are understood; a range's dash is no sign."""
    read = [(f.value, f.half_unit, f.unit) for f in figures("-$1,200.50, 5-10%, $3bn and 7.25 dollars")]
    assert read == [
        (D("-1200.50"), D("0.005"), "usd"),
        (D("5"), D("0.5"), "percent"),
        (D("10"), D("0.5"), "percent"),
        (D("3000000000"), D("150000000"), "usd"),
        (D("7.25"), D("0.005"), "usd"),
    ]
