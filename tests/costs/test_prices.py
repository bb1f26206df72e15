"""The price table: dated, sourced, and refused when it says something that cannot be."""

from datetime import date
from pathlib import Path

import pytest

from costs import PriceError, load
from costs.prices import FILE
from costs.services import model
from settings import ENVIRONMENTS
from settings import load as settings_of

ENTRY = """
[regions]
us-east-1 = "here"
[sqs]
name = "SQS"
page = "https://aws.amazon.com/sqs/pricing/"
checked = 2026-11-21
request = {{ unit = "request", {price}, confirmed = true }}
"""


def test_every_price_has_a_page_and_a_day() -> None:
    """COST-01: a figure without a source and a date cannot be corrected when AWS changes it."""
    prices = [*load().prices.values(), *model.prices(settings_of("prod")).values()]
    assert len(prices) > 80
    assert all(price.page.startswith("https://aws.amazon.com/") for price in prices)
    assert all(date(2026, 1, 1) <= price.checked <= date(2100, 1, 1) for price in prices)


def test_every_environments_region_has_prices() -> None:
    """COST-01: an environment in a region without prices could not be synthesised."""
    assert {settings_of(name).region for name in ENVIRONMENTS} <= load().regions.keys()


@pytest.mark.parametrize(
    ("quantity", "free", "usd"),
    [
        (0, False, 0),
        (100, False, 0.10),
        (100_000, False, 100),
        (100_001, False, 100.0008),
        (600_000, False, 100 + 320 + 50),
    ],
)
def test_tiers_charge_only_what_lies_in_them(quantity: float, free: bool, usd: float) -> None:
    """COST-01: the second tier's price is not the price of the first hundred thousand."""
    assert load()["config.evaluation"].charge(quantity, free=free) == pytest.approx(usd)


def test_an_allowance_is_deducted_once_and_never_below_zero() -> None:
    """COST-01: nobody gets money back for unused requests."""
    request = load()["sqs.request"]
    assert request.charge(999_999, free=True) == 0
    assert request.charge(2_000_000, free=True) == pytest.approx(0.40)


@pytest.mark.parametrize("quantity", [-1.0, float("inf"), float("nan")])
def test_an_impossible_quantity_is_refused(quantity: float) -> None:
    """COST-01: an endless or negative month would make every total meaningless."""
    with pytest.raises(ValueError, match=r"sqs\.request: .* cannot be charged"):
        load()["sqs.request"].charge(quantity)


@pytest.mark.parametrize(
    "price", ["usd = -1", "tiers = [[10, 1.0]]", "tiers = [[10, 1.0], [5, 1.0], [inf, 1.0]]", "free = 3"]
)
def test_a_broken_price_is_refused(tmp_path: Path, price: str) -> None:
    """COST-01: tiers that do not reach the end would charge nothing beyond it."""
    file = tmp_path / "prices.toml"
    file.write_text(ENTRY.format(price=price))
    with pytest.raises(PriceError, match=r"sqs\.request: give usd, or tiers"):
        load(file)


def test_a_price_from_anywhere_is_refused(tmp_path: Path) -> None:
    """COST-01: only AWS's own page says what AWS charges."""
    file = tmp_path / "prices.toml"
    file.write_text(ENTRY.format(price="usd = 1").replace("aws.amazon.com", "example.com"))
    with pytest.raises(PriceError, match="name AWS's pricing page"):
        load(file)


def test_a_missing_price_says_where_to_add_it() -> None:
    """COST-01: the message must name the file."""
    with pytest.raises(PriceError, match=rf"no price 'sqs\.nothing': add it to {FILE.name}"):
        load()["sqs.nothing"]
